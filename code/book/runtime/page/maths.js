// Sets a formula: `mathml(tex, display)` is its MathML, as text. Temml does it, when the book is built (book.website.maths)
// and, for what a cell shows, in the page (run.js). Two habits of TeX are missing in what browsers make of MathML, and mended:
// an operator in an index or a limit is set tight, and what follows a letter that leans over its own width keeps clear of it.

const BASED = new Set(["msub", "msup", "msubsup", "munder", "mover", "munderover"]); // their first child is no index
const LEANING = { Y: "leaning-far", V: "leaning-far" };
for (const letter of "FJMNPTUW\u03c4") LEANING[letter] = "leaning";

function mend(node, index, based) {
  const leaning = LEANING[node.children?.[0]?.text];
  if (node.type === "mi" && leaning && !based) node.classes.push(leaning);
  if (node.type === "mo" && index) Object.assign(node.attributes, { lspace: "0", rspace: "0" });
  const scripts = BASED.has(node.type);
  node.children?.forEach((child, place) => mend(child, index || scripts && place > 0, scripts && place === 0));
}

function mathml(tex, display) {
  const tree = temml.__renderToMathMLTree(tex, { displayMode: display, throwOnError: true });
  mend(tree);
  return tree.toMarkup();
}
