// What a run shows: values, mathematics, text that writes over itself.

// A progress bar returns to the start of its line and writes over it.
const overwritten = (line) => line.split("\r").findLast((part) => part.trim()) ?? "";

function rendered(bundle) {
  const html = bundle["text/html"] ?? bundle["image/svg+xml"];
  if (html) {
    const node = make("div", { className: "output text_html", innerHTML: html });
    if (bundle.label) node.querySelector("svg")?.setAttribute("aria-label", bundle.label);
    return node;
  }
  if (bundle["text/latex"]) return make("div", { className: "output text_latex" }, ...maths(bundle["text/latex"]));
  const pre = make("pre", { textContent: bundle["text/plain"] });
  return make("div", { className: "output text_plain" }, make("div", { className: "highlight" }, pre));
}

// $$…$$ and $…$ become what MathJax looks for.
const maths = (text) => text.split(/(\$\$[^]*?\$\$|\$[^$]+\$)/).filter((part) => part.trim()).map((part) => {
  const [, inner] = part.match(/^\$+([^]*?)\$+$/) ?? [];
  if (inner === undefined) return part;
  return part.startsWith("$$") || inner.startsWith("\\displaystyle")
    ? make("div", { className: "math notranslate nohighlight", textContent: `\\[${inner}\\]` })
    : make("span", { className: "math notranslate nohighlight", textContent: `\\(${inner}\\)` });
});

function typeset(node) {
  if (!node.querySelector(".math") && !node.matches(".math")) return;
  window.setMaths?.(node);  // theme/maths.js
}
