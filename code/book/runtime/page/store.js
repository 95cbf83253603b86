// What this book keeps in the reader's browser: edits, by page; what is solved, and since when.

const recall = (key, otherwise) => { try { return JSON.parse(localStorage.getItem(key)) ?? otherwise; } catch { return otherwise; } };
const remember = (key, value) => value === null ? localStorage.removeItem(key) : localStorage.setItem(key, JSON.stringify(value));

// An edit belongs to its cell, not to the cell's text, which another edition may change: {original, text, place}.
const edits = {
  key: `edits:${page}`,
  all: [],

  load() {
    this.all = recall(this.key, []).filter((edit) => typeof edit?.text === "string" && typeof edit.original === "string");
    const old = `cell:${page}:`;  // as it was kept at first, under the cell's text
    try {
      for (const key of Object.keys(localStorage).filter((one) => one.startsWith(old))) {
        this.all.push({ original: key.slice(old.length), text: localStorage.getItem(key) });
        localStorage.removeItem(key);
      }
    } catch { /* storage is switched off: nothing is kept, and the first edit says so */ }
  },

  // Each edit to its cell: the one with the text that was edited, else to one that has become another.
  hand(cells) {
    const far = (cell, edit) => Math.abs(cell.place - (edit.place ?? 0));
    for (const edit of this.all) {
      const same = cells.filter((cell) => cell.original === edit.original).sort((a, b) => far(a, edit) - far(b, edit))[0];
      if (same && !same.edit) same.edit = edit;
      else if (same) same.earlier = edit;
    }
    const left = () => this.all.filter((edit) => !cells.some((cell) => cell.edit === edit || cell.earlier === edit));
    for (const edit of left()) {
      const best = cells.filter((cell) => !cell.earlier).map((cell) => [alike(cell.original, edit.original), cell])
        .sort(([a, one], [b, other]) => b - a || far(one, edit) - far(other, edit))[0];
      if (best?.[0] >= 0.5) best[1].earlier = edit;
    }
    return left();
  },

  keep(cell, text) {
    this.all = this.all.filter((edit) => edit !== cell.edit);
    cell.edit = text === null ? null : { original: cell.original, text, place: cell.place };
    if (cell.edit) this.all.push(cell.edit);
    this.save(cell);
  },

  drop(edit) {
    this.all = this.all.filter((one) => one !== edit);
    this.save();
  },

  save(cell) {
    try { remember(this.key, this.all.length ? this.all : null); } catch {
      cell?.say("This browser does not keep the edit: its storage is full or switched off.");
    }
  },
};

// Which part of the lines of two cells is the same; cells of one exercise are the same whatever they say.
function alike(one, other) {
  if (exerciseIn(one) && exerciseIn(one) === exerciseIn(other)) return 1;
  const [a, b] = [one, other].map((text) => text.split("\n").map((line) => line.trim()).filter(Boolean));
  return a.filter((line) => b.includes(line)).length / Math.max(a.length, b.length, 1);
}
const exerciseIn = (code) => code?.match(/\bcheck\(\s*["']([\w.]+)["']/)?.[1];

// {exercise: [deeds]} as Python keeps it, beside the seed of the drills; and {exercise: when it was first done}.
const progress = {
  get kept() { return recall("progress", {}); },
  get seed() { return this.kept.seed; },
  get deeds() { const { seed, ...deeds } = this.kept; return deeds; },
  get since() { return recall("solved", {}); },

  // As Python wants it: text, or nothing where nothing has been done.
  get text() { return Object.keys(this.kept).length ? JSON.stringify(this.kept) : null; },

  take(text) {
    const before = this.since, now = new Date().toISOString();
    try {
      localStorage.setItem("progress", text);
      remember("solved", { ...Object.fromEntries(Object.keys(this.deeds).map((name) => [name, now])), ...before });
    } catch { remark(NO_ROOM); }
  },
};
