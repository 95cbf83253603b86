// A blank cell at the end of the page, and what is the reader's own: how much it is, taking it along, putting it away.

const BLANK = "# A blank cell: all that this page defines is at hand.";

function blankCell(place) {
  const pre = make("pre", { textContent: BLANK });
  const input = make("div", { className: "cell_input docutils container" },
    make("div", { className: "highlight-ipython3 notranslate" }, make("div", { className: "highlight" }, pre)));
  const cell = new Cell(make("div", { className: "cell docutils container run-blank" }, input), place);
  cell.plan = { code: BLANK, defines: [], needs: [], files: [], solution: false, raises: false };
  return cell;
}

const OURS = /^(edits:|cell:|last:)|^(progress|solved|mode)$/;
const ours = () => { try { return Object.keys(localStorage).filter((key) => OURS.test(key)); } catch { return []; } };
const several = (count, one, more = `${one}s`) => `${count} ${count === 1 ? one : more}`;

// What this browser keeps of the book, in words.
function inventory() {
  const pages = ours().filter((key) => key.startsWith("edits:"));
  const cells = pages.reduce((sum, key) => sum + recall(key, []).length, 0);
  const lines = [];
  if (cells) lines.push(`your text in ${several(cells, "cell")} on ${several(pages.length, "page")}`);
  const solved = Object.keys(progress.deeds).length;
  if (solved) lines.push(`which ${several(solved, "exercise")} you have solved, and when`);
  if (progress.seed) lines.push("the seed of your drills");
  const left = ours().filter((key) => key.startsWith("last:")).length;
  if (left) lines.push(`the cell that you ran last, on ${several(left, "page")}`);
  if (ours().includes("mode")) lines.push("whether you read in light or dark");
  return [...lines, "Python as it has started, so that it starts sooner"];
}

function takeAlong() {
  const kept = Object.fromEntries(ours().map((key) => [key, localStorage.getItem(key)]));
  const file = new Blob([JSON.stringify({ book: "gradients-by-hand", kept }, null, 1)], { type: "application/json" });
  const link = make("a", { href: URL.createObjectURL(file), download: "gradients-by-hand-my-work.json" });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

// Nothing that stands here is lost: where both have an edit of a cell, that of the file is offered beside it.
async function bring(file) {
  const { book, kept } = JSON.parse(await file.text());
  if (book !== "gradients-by-hand" || typeof kept !== "object") throw new Error();
  for (const [key, text] of Object.entries(kept).filter(([key]) => OURS.test(key))) {
    const [here, there] = [recall(key, null), key === "mode" ? text : JSON.parse(text)];
    if (key.startsWith("edits:")) {
      const known = new Set((here ?? []).map((edit) => JSON.stringify([edit.original, edit.text])));
      remember(key, [...here ?? [], ...there.filter((edit) => !known.has(JSON.stringify([edit.original, edit.text])))]);
    } else if (key === "progress") {
      const names = Object.keys({ ...there, ...here });
      remember(key, Object.fromEntries(names.map((name) => [name, [...new Set([...here?.[name] ?? [], ...there[name] ?? []])]])));
    } else if (key === "solved") {
      const first = (name) => [here?.[name], there[name]].filter(Boolean).sort()[0];
      remember(key, Object.fromEntries(Object.keys({ ...there, ...here }).map((name) => [name, first(name)])));
    } else if (localStorage.getItem(key) === null) localStorage.setItem(key, text);
  }
}

async function eraseAll() {
  for (const key of ours()) localStorage.removeItem(key);
  for (const name of await caches.keys()) if (name.startsWith("python ")) await caches.delete(name);
}

const yours = make("section", { className: "run-yours" });
let orphans = [];

// The box at the end of the page.
function showYours() {
  const changed = edits.all.length - orphans.length;
  const said = make("p", { className: "run-said", role: "status" });
  const picked = make("input", { type: "file", accept: ".json,application/json", hidden: true, onchange: async () => {
    try {
      await bring(picked.files[0]);
      location.reload();
    } catch { said.textContent = "This file does not hold work from this book. Nothing has been changed."; }
  } });
  const reset = button("Reset this page", "Put the book's text back into all cells of this page", () => resetPage());
  reset.disabled = !changed;
  const erase = make("details", {}, make("summary", { textContent: "Erase all that this book keeps in this browser" }),
    make("p", { textContent: "It keeps, and sends to nobody:" }),
    make("ul", {}, ...inventory().map((line) => make("li", { textContent: line }))),
    button("Erase all of it", "This can't be taken back", async () => { await eraseAll(); location.reload(); }));
  yours.replaceChildren(
    make("h2", { textContent: "Your work" }),
    make("p", { textContent: changed ? `You have changed ${several(changed, "cell")} on this page.` : "You have changed no cell on this page." }),
    make("p", { className: "run-bar" }, reset,
      button("Save my work as a file", "Your text in all cells, and what you have solved, on all pages", takeAlong),
      button("Bring in such a file", "From another device, for example", () => picked.click()), picked),
    said, ...orphans.map(orphan), erase);
}

const orphan = (edit) => make("div", { className: "run-earlier" },
  make("p", { textContent: "You wrote this into a cell that is no longer on the page:" }),
  make("pre", { textContent: edit.text, tabIndex: 0 }),
  button("Throw it away", "This can't be taken back", () => { edits.drop(edit); orphans = orphans.filter((one) => one !== edit); showYours(); }));

function resetPage() {
  for (const cell of [...everyCell, blank].filter((one) => one.edit)) cell.reset();
  yours.querySelector("button").focus();
}

// Whoever comes back, after a chapter has been looked up perhaps, finds the way to the cell that ran last.
const lastCell = `last:${page}`;
function goOnWhere() {
  const cell = everyCell.find((one) => one.input && one.node.id === recall(lastCell, null));
  if (!cell || location.hash) return;
  const link = make("a", { href: `#${cell.node.id}`, textContent: `Go on at ${cell.title}` });
  const box = make("nav", { className: "run-go-on" }, link, button("×", "Don't show this", () => box.remove()));
  box.setAttribute("aria-label", "Where you were");
  link.onclick = () => box.remove();
  document.body.append(box);
}
const rememberWhere = (cell) => { try { if (cell.input) remember(lastCell, cell.node.id); } catch { /* it is a comfort only */ } };

const exercises = once(() => json("page/exercises.json"));

// ✓ in the list of pages, with how many of its exercises are done.
async function markPages() {
  const deeds = progress.deeds;
  if (!Object.values(deeds).some((done) => done.length)) return;
  const all = await exercises();
  for (const link of document.querySelectorAll(".bd-links a.reference")) {
    const names = all[new URL(link.href).pathname.split("/").pop().replace(/\.html$/, "")] ?? [];
    const done = names.filter((name) => deeds[name]?.length).length;
    if (!done) continue;
    const mark = link.querySelector(".run-done") ?? make("span", { className: "run-done" });
    mark.textContent = done === names.length ? "✓" : `${done}/${names.length}`;
    mark.title = `${done} of ${several(names.length, "exercise")} solved`;
    if (!mark.isConnected) link.append(" ", mark);
  }
}
