// What a run shows: values, mathematics, text that writes over itself.

// A progress bar returns to the start of its line and writes over it.
const overwritten = (line) => line.split("\r").findLast((part) => part.trim()) ?? "";

function rendered(bundle) {
  const html = bundle["text/html"] ?? bundle["image/svg+xml"];
  if (html) {
    const node = make("div", { className: "output text_html", innerHTML: html });
    if (bundle.label) node.querySelector("svg")?.setAttribute("aria-label", bundle.label);
    for (const report of node.querySelectorAll(".exercise-report")) {
      for (const p of report.querySelectorAll("p")) leading(p);
      hinting(report);
    }
    return node;
  }
  if (bundle["text/markdown"]) return make("div", { className: "output text_markdown" }, ...markdown(bundle["text/markdown"]));
  if (bundle["text/latex"]) return make("div", { className: "output text_latex" }, ...maths(bundle["text/latex"]));
  const pre = make("pre", { textContent: bundle["text/plain"] });
  return make("div", { className: "output text_plain" }, make("div", { className: "highlight" }, pre));
}

// $$…$$ and $…$ become what stands in a page before it is finished.
const maths = (text) => text.split(/(\$\$[^]*?\$\$|\$[^$]+\$)/).filter((part) => part.trim()).map((part) => {
  const [, inner] = part.match(/^\$+([^]*?)\$+$/) ?? [];
  if (inner === undefined) return part;
  return part.startsWith("$$") || inner.startsWith("\\displaystyle")
    ? make("div", { className: "math", textContent: `\\[${inner}\\]` })
    : make("span", { className: "math", textContent: `\\(${inner}\\)` });
});

// As much of Markdown as hints and solutions are written in: paragraphs, code, formulas, emphasis.
function markdown(text) {
  return text.split(/^```\w*\n([^]*?)\n```$/m).flatMap((part, place) => place % 2
    ? [make("div", { className: "highlight" }, make("pre", { textContent: part, tabIndex: 0 }))]
    : part.split(/\n{2,}/).filter((one) => one.trim()).map((one) => make("p", {}, ...inline(one.trim()))));
}
const INLINE = /(\$\$[^]*?\$\$|\$[^$]+\$|`[^`]+`|\*\*[^*]+\*\*|\*[^*\s][^*]*\*)/;
const inline = (text) => text.split(INLINE).flatMap((part, place) => {
  if (place % 2 === 0) return [part];
  if (part[0] === "$") return maths(part);
  const marks = part.startsWith("**") ? 2 : 1;
  const tag = part[0] === "`" ? "code" : marks === 2 ? "strong" : "em";
  return [make(tag, { textContent: part.slice(marks, -marks) })];
});

// "Read again" leads there.
function leading(p) {
  for (const node of [...p.childNodes].filter((one) => one.nodeType === Node.TEXT_NODE)) {
    const parts = node.data.split(/("[^"]+" in the chapter \w+)/);
    node.replaceWith(...parts.map((part, place) => {
      if (place % 2 === 0) return part;
      const [, section, chapter] = part.match(/"([^"]+)" in the chapter (\w+)/);
      const id = section.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "");
      return make("a", { href: new URL(`chapters/${chapter}.html#${id}`, base), textContent: part });
    }));
  }
}

const temmlScript = script("temml/temml.min.js", "what sets formulas could not be loaded");

// What can't be set, or not now, stays as it was written: TeX is better than nothing.
async function typeset(node) {
  const formulas = [...node.querySelectorAll(".math")];
  if (!formulas.length || !await temmlScript().catch(() => null)) return;
  for (const formula of formulas) {
    try { formula.innerHTML = mathml(formula.textContent.trim().slice(2, -2), formula.tagName === "DIV"); }
    catch (error) { formula.title = error.message; }
  }
}

// The page has the hints of its exercises, folded. A hint under an answer is not shown a second time: its place is taken
// by a button that unfolds the next of these. From another page's exercise it stays.
function hinting(report) {
  const written = report.querySelector("details.next-hint"), folds = hintsOf(report.dataset.exercise);
  if (!written || !folds.length) return;
  const next = button("", "", () => {
    const fold = folds.find((one) => !one.open) ?? folds.at(-1);
    fold.open = true;
    fold.firstElementChild.focus();
    fold.scrollIntoView({ block: "nearest" });
  });
  const name = () => {
    const place = folds.findIndex((one) => !one.open) + 1;
    next.textContent = place ? `Show hint ${place} of ${folds.length}` : "To the hints";
  };
  for (const fold of folds) fold.addEventListener("toggle", name);
  name();
  written.replaceWith(next);
}

// They follow their exercise, before the next one.
function hintsOf(exercise) {
  const hints = [];
  let node = document.getElementById(`ex-${exercise}`.replace(/[._]/g, "-"))?.nextElementSibling;
  for (; node && !node.matches(".exercise"); node = node.nextElementSibling)
    if (node.matches("details") && node.textContent.trim().startsWith("Hint")) hints.push(node);
  return hints;
}
