// Running cells, and what they build on.

// A reader's own answer must not be the book's: only solutions build on solutions.
const mayUse = (cell, other) => cell.plan.solution || !other.plan.solution;

// The cells of the plan, each with its place on the page if it has one.
const planned = once(async () => {
  const cells = await plan();
  blank.number = cells.length;
  const nodes = everyCell.values();
  return cells.map((cell, number) => {
    const shown = cell.hidden ? new Cell(make("div"), -1) : nodes.next().value;
    shown.plan = cell;
    shown.number = number;
    return shown;
  });
});

// What has not run yet of the cells that `cell` builds on, in the order of the page, and itself.
async function withNeeds(cell) {
  const cells = await planned();
  const wanted = new Set();
  const add = async (one, needs) => {
    for (const name of needs) {
      const giver = cells.slice(0, one.number).findLast((other) => mayUse(one, other) && other.plan.defines.includes(name));
      if (giver && !ran.has(giver) && !wanted.has(giver)) { wanted.add(giver); await add(giver, await needsOf(giver)); }
    }
  };
  await add(cell, await needsOf(cell));
  wanted.delete(cell);
  return [...[...wanted].sort((a, b) => a.number - b.number), cell];
}

const needsOf = async (cell) => !kernel || cell.original === undefined || cell.code === cell.original
  ? cell.plan.needs : kernel.ask("needs", { code: cell.code });

async function allAbove(cell) {
  const cells = await planned();
  return [...cells.filter((one) => one.number < cell.number && mayUse(cell, one)), cell];
}

class Above extends Error {
  constructor(cell) { super(); this.cell = cell; }
}

const run = (cell) => work(cell, withNeeds);
const runAbove = (cell) => work(cell, allAbove);

async function work(cell, which) {
  if (job) return cell.say("Python is busy with another cell: wait for it, or stop it there.");
  const mine = job = { stopped: false, cell };
  const goOn = () => { if (mine.stopped) throw new Stopped(); };
  rememberWhere(cell);
  cell.busy(true);
  cell.say("Looking at what it builds on");  // "Done" of an earlier run would be a verdict on this one
  try {
    await planned();
    if (!kernel) await start((text) => cell.say(text), goOn, which(cell));
    const cells = await which(cell);
    for (const one of cells) {
      goOn();
      if (one !== cell) cell.say("Running what this cell builds on");
      if (!await runOne(one) && one !== cell && !one.plan.raises) throw new Above(one);
    }
    const before = cells.length - 1;
    if (before) cell.status.append(before === 1 ? "; a cell above ran first" : `; ${before} cells above ran first`);
  } catch (error) {
    if (error instanceof Stopped) cell.say("Stopped. Python starts anew at the next Run.");
    else if (error instanceof Above) cell.say("Not run: ", error.cell.link, " above failed: see its output");
    else cell.say(`Not run: ${error.message}`);
    if (!kernel?.started) stop();
  } finally {
    cell.busy(false);
    job = null;
  }
  clearTimeout(keeping);
  keeping = setTimeout(() => keepCompiled().catch(() => {}), 2000);
}
let keeping;

async function runOne(cell) {
  cell.busy(true);
  current = cell;
  cell.clear();
  cell.ran = true;
  if (cell.buttons) cell.buttons.reset.hidden = false;
  cell.say("Running");
  const begin = performance.now();
  let said = "Stopped";
  try {
    const fine = await kernel.ask("run", { code: cell.input ? cell.code : cell.plan.code, title: cell.title });
    ran.add(cell);
    cell.asInBook = !cell.input || cell.code === cell.original;
    said = `${fine ? "Done" : "Error"} after ${((performance.now() - begin) / 1000).toFixed(1)} s`;
    return fine;
  } finally {
    cell.say(said);
    cell.busy(false);
    current = null;
  }
}

// A page that is left would keep Python's memory until the browser gets round to it: several pages, and a phone ends the tab.
addEventListener("pagehide", stop);

const everyCell = [...document.querySelectorAll("div.cell")].map((node, place) => new Cell(node, place));
const blank = blankCell(everyCell.length);
document.querySelector("article").append(blank.node, yours);
edits.load();
orphans = edits.hand([...everyCell.filter((cell) => cell.input), blank]);
for (const cell of [...everyCell, blank]) if (cell.input) cell.restore();
showYours();
goOnWhere();
markPages().catch(() => {});
