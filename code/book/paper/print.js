// In the document that is printed (code/book/pdf.py): sets all mathematics before the page counts as loaded, which is when Chromium prints it,
// and makes smaller what is too wide for the paper.

window.MathJax = {
  startup: { typeset: false },
  chtml: { matchFontHeight: false },
  options: { enableMenu: false, processHtmlClass: "math", menuOptions: { settings: { assistiveMml: false } } },
};

// Smaller by what is lacking and a hair more, since paddings stay; but not below `least`.
function fit(element, needed, room, least) {
  const size = parseFloat(getComputedStyle(element).fontSize);
  if (needed > room) element.style.fontSize = `${size * Math.max(least, 0.99 * room / needed)}px`;
}

addEventListener("DOMContentLoaded", () => {
  MathJax.typeset();

  // Whoever listens to the PDF hears the source of a formula: its glyphs, read one by one, say less.
  for (const { typesetRoot, math } of MathJax.startup.document.math) {
    typesetRoot.setAttribute("role", "img");
    typesetRoot.setAttribute("aria-label", math.trim());
  }

  // A line does not begin with the comma behind a formula, nor end with the bracket before it.
  for (const formula of document.querySelectorAll("span.math")) {
    const [before] = formula.previousSibling?.data?.match(/[([“]$/) ?? [""];
    const [after] = formula.nextSibling?.data?.match(/^[-.,:;?!)\]”’]+/) ?? [""];
    if (!before && !after) continue;
    const together = document.createElement("span");
    together.style.whiteSpace = "nowrap";
    if (before) formula.previousSibling.data = formula.previousSibling.data.slice(0, -1);
    if (after) formula.nextSibling.data = formula.nextSibling.data.slice(after.length);
    formula.replaceWith(together);
    together.append(before, formula, after);
  }

  for (const formula of document.querySelectorAll("mjx-container[display]")) {
    const number = formula.parentElement.querySelector(".eqno");
    fit(formula, formula.scrollWidth, formula.clientWidth - 2 * (number?.offsetWidth ?? 0), 0.5);
  }
  for (const table of document.querySelectorAll("table"))
    fit(table, table.scrollWidth, table.parentElement.clientWidth, 0.5);
  for (const code of document.querySelectorAll("pre")) {
    code.style.whiteSpace = "pre";
    fit(code, code.scrollWidth, code.clientWidth, 0.8);
    code.style.whiteSpace = ""; // what is still too wide is wrapped
  }

  document.title = document.querySelector("h1").textContent; // now it is finished
});
