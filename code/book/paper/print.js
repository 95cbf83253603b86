// In the document that is printed (code/book/paper/pdf.py): makes smaller what is too wide for the paper, before Chromium prints, which is when
// the page has loaded, fonts and all.

// Smaller by what is lacking and a hair more, since paddings stay; but not below `least`.
function fit(element, needed, room, least) {
  const size = parseFloat(getComputedStyle(element).fontSize);
  if (needed > room) element.style.fontSize = `${size * Math.max(least, 0.99 * room / needed)}px`;
}

addEventListener("load", () => {
  // Whoever listens to the PDF hears the source of a formula: its glyphs, read one by one, say less.
  for (const formula of document.querySelectorAll(".math")) {
    const set = formula.querySelector("math");
    set.setAttribute("role", "img");
    set.setAttribute("aria-label", formula.dataset.tex);
    for (const part of set.children) part.setAttribute("aria-hidden", "true"); // each letter an entry would double the file
  }

  for (const formula of document.querySelectorAll("div.math"))
    fit(formula, formula.scrollWidth, formula.clientWidth, 0.5);
  for (const table of document.querySelectorAll("table"))
    for (let times = 0; times < 3; times++) // the padding of its cells does not become smaller
      fit(table, table.scrollWidth, table.parentElement.clientWidth, 0.5);
  for (const code of document.querySelectorAll("pre")) {
    code.style.whiteSpace = "pre";
    fit(code, code.scrollWidth, code.clientWidth, 0.8);
    code.style.whiteSpace = ""; // what is still too wide is wrapped
  }

  document.title = document.querySelector("h1").textContent; // now it is finished
});
