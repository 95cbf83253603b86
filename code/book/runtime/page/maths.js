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

// A derivation is a table: left side, relation and right side, nothing, reason. On a telephone the reason goes below its
// line (theme/maths.css), for which the cells get names.
const CELLS = ["line-left", "line-right", "line-gap", "line-reason"];
const isLine = (node) => node.type === "mtr" && node.children.length === CELLS.length;

function derived(node) {
  if (node.classes?.includes("tml-jot") && node.children.every(isLine)) {
    node.classes.push("lines");
    node.children.forEach(lay);
    return true;
  }
  const around = node.children?.some(derived);
  if (around && node.type === "mtable") {
    for (const row of node.children) {
      row.classes.push("lines-row");
      if (!row.children[0].holds) spoken(row); // what is below the lines
    }
  }
  if (around) node.holds = node.type === "mtd";
  return around;
}

function lay(line) {
  line.children.forEach((cell, place) => cell.classes.push(CELLS[place]));
  breakable(line.children[1].children[0]);
  spoken(line.children.at(-1));
}

// Words are wrapped, and a formula between them stays in one piece.
function spoken(node) {
  if (!node.children?.some((child) => child.type === "mtext")) return node.children?.forEach(spoken);
  node.classes.push("prose");
  const parts = [];
  for (const child of node.children) {
    if (child.type === "mtext") {
      child.children[0].text = child.children[0].text.replace(/(?<=\S)\u00a0(?=\S)/g, " ");
      parts.push(child);
    } else if (parts.at(-1)?.type === "mrow") parts.at(-1).children.push(child);
    else parts.push(new node.constructor("mrow", [child]));
  }
  node.children = parts;
}

// Where a display may go on in the next row on a telephone: before a relation, a sum's sign, and where TeX has set it apart.
const BREAKS = /^[=≈≤≥<>→←⟺⟹∝∼+−-]$/;
const between = (row, place) => place > 0 && row[place].type === "mo" && BREAKS.test(row[place].children[0].text) && row[place - 1].type !== "mo";
const apart = (node) => node.type === "mspace" && parseFloat(node.attributes.width) >= 1;

function breakable(row) {
  const places = row?.type === "mrow" ? row.children.map((child, place) => place).filter((place) => apart(row.children[place]) || between(row.children, place)) : [];
  if (!places.length) return;
  for (const place of places) if (row.children[place].type === "mo") row.children[place].attributes.form = "infix"; // also where it comes first
  const pieces = [0, ...places].map((from, nth) => row.children.slice(from, places[nth]));
  row.children = pieces.filter((piece) => piece.length).map((piece) => {
    const made = new row.constructor("mrow", piece);
    made.classes.push("piece");
    return made;
  });
  row.classes.push("pieces");
}

function mathml(tex, display) {
  const tree = temml.__renderToMathMLTree(tex, { displayMode: display, throwOnError: true });
  if (derived(tree)) tree.classes.push("derivation");
  mend(tree);
  if (display) breakable(tree.children[0].children?.[0]);
  return tree.toMarkup();
}
