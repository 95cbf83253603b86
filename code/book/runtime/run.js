// Runs the cells of a page, in the page. Nothing is loaded before the first Run; then Python (Pyodide, from the
// files of this site) starts in a worker within a sandboxed frame, which has no access to this page, its cookies
// or its storage, and can't reach any host. One kernel per page; Stop ends it, since a worker can't be interrupted
// otherwise without special headers from the host.
"use strict";

(() => {
  const base = new URL("..", document.currentScript.src);
  const page = document.currentScript.dataset.page;
  const make = (tag, properties = {}, ...children) => {
    const node = Object.assign(document.createElement(tag), properties);
    node.append(...children);
    return node;
  };
  const get = async (path) => {
    const response = await fetch(new URL(path, base));
    if (!response.ok) throw new Error(`${path}: the site answers ${response.status}`);
    return response;
  };
  const once = (make) => { let made; return () => (made ??= make().catch((error) => { made = null; throw error; })); };
  const megabytes = (bytes) => (bytes / 1e6).toFixed(1);

  // ---- the cells: those with code on the page get buttons; those without run in their place ------------------

  class Cell {
    constructor(node) {
      this.node = node;
      this.input = node.querySelector(":scope .cell_input");
      this.original = this.input?.querySelector("pre").textContent.trimEnd();
      this.built = node.querySelector(":scope .cell_output");
      if (this.input) this.addBar();
    }

    addBar() {
      const button = (text, title, action) => make("button", { type: "button", textContent: text, title, onclick: action });
      this.buttons = {
        run: button("Run", "Run this cell, and first what it builds on (Shift+Enter in the editor)", () => run(this)),
        above: button("Run all above", "Run every cell above this one, then this one", () => runAbove(this)),
        edit: button("Edit", "Edit this cell", () => this.edit(true)),
        reset: button("Reset", "Put the book's code and output back", () => this.reset()),
        stop: button("Stop", "Stop Python; what it knew is lost, the text of the cells is not", () => stop()),
      };
      this.status = make("span", { className: "run-status", role: "status" });
      this.bar = make("div", { className: "run-bar", role: "group" }, ...Object.values(this.buttons), this.status);
      this.buttons.reset.hidden = this.buttons.stop.hidden = true;
      this.input.after(this.bar);
      this.input.querySelector("pre").addEventListener("dblclick", () => this.edit(true));
      if (kept(this)) this.edit(false);
    }

    get code() { return this.editor?.text() ?? kept(this) ?? this.original; }

    async edit(focus) {
      if (this.editor || this.opening) return this.editor?.focus();
      this.opening = true;
      try {
        await editorScript();
      } catch (error) {
        this.opening = false;
        return this.say(error.message);
      }
      const label = `Code of ${this.title}. Tab indents; press Escape, then Tab, to leave.`;
      const holder = make("div", { className: "run-editor" });
      this.input.firstElementChild.hidden = true;
      this.input.append(holder);
      this.editor = window.CellEditor.create(holder, kept(this) ?? this.original, {
        label, change: () => this.changed(), run: () => run(this) });
      this.buttons.edit.hidden = true;
      this.opening = false;
      this.changed();
      if (focus) this.editor.focus();
    }

    changed() {
      keep(this, this.editor.text() === this.original ? null : this.editor.text());
      this.buttons.reset.hidden = this.editor.text() === this.original && !this.ran;
    }

    reset() {
      this.editor?.set(this.original);
      keep(this, null);
      this.output?.replaceWith(this.built ?? "");
      this.output = null;
      this.ran = false;
      this.say("");
      this.buttons.reset.hidden = true;
      this.buttons.run.focus();
    }

    say(text) { if (this.status) this.status.textContent = text; }

    // A new place for the output, where the built output stands.
    clear() {
      const place = this.output ?? (this.built?.isConnected ? this.built : null);
      this.output = make("div", { className: "cell_output docutils container run-output" });
      if (place) place.replaceWith(this.output);
      else this.node.append(this.output);
      this.shown = new Map();
      this.stream = null;
    }

    busy(on) {
      this.node.classList.toggle("running", on);
      if (!this.buttons) return;
      this.buttons.stop.hidden = !on;
      this.buttons.run.disabled = this.buttons.above.disabled = on;
      if (on && this.buttons.run === document.activeElement) this.buttons.stop.focus();
      if (!on && document.activeElement === document.body && this.hadFocus) this.buttons.run.focus();
      this.hadFocus = on && this.bar.contains(document.activeElement);
    }

    // ---- what the kernel tells -----------------------------------------------------------------------------

    streamed(text) {
      if (!this.stream) {
        this.stream = { before: new Text(), line: new Text() };
        const pre = make("pre", { tabIndex: 0 }, this.stream.before, this.stream.line);
        this.output.append(make("div", { className: "output stream" }, make("div", { className: "highlight" }, pre)));
      }
      const { before, line } = this.stream;
      const lines = (line.data + text.replaceAll("\r\n", "\n")).split("\n").map(overwritten);
      line.data = lines.pop();
      if (lines.length) before.appendData(lines.join("\n") + "\n");
    }

    displayed({ id, ...bundle }) {
      const node = rendered(bundle);
      if (this.shown.has(id)) this.shown.get(id).replaceWith(node);
      else this.output.append(node);
      this.shown.set(id, node);
      this.stream = null;
      typeset(node);
    }

    failed({ short, whole }) {
      const box = make("div", { className: "output run-error" }, make("pre", { textContent: short }));
      if (whole) box.append(make("details", {}, make("summary", { textContent: "The whole traceback" }), make("pre", { textContent: whole })));
      this.output.append(box);
    }
  }

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

  // ---- edits survive a reload --------------------------------------------------------------------------------

  const key = (cell) => `cell:${page}:${cell.original}`;
  function kept(cell) { try { return localStorage.getItem(key(cell)); } catch { return null; } }
  function keep(cell, text) {
    try {
      if (text === null) localStorage.removeItem(key(cell));
      else localStorage.setItem(key(cell), text);
    } catch { cell.say("This browser does not keep the edit: its storage is full or switched off."); }
  }

  const editorScript = once(() => new Promise((resolve, reject) =>
    document.head.append(make("script", { src: new URL("codemirror/editor.js", base), onload: resolve, onerror: () => reject(new Error("the editor could not be loaded")) }))));

  // ---- the kernel --------------------------------------------------------------------------------------------

  const plan = once(async () => (await get(`page/cells/${page}.json`)).json());
  const list = once(async () => (await get("page/files.json")).json());
  let kernel = null;    // {ask, end}
  let ran = new Set();  // cells that this kernel has run
  let current = null;   // the cell whose output it is
  let job = null;       // what was asked for and is not done

  async function download(say) {
    const { files } = await list();
    const all = files.reduce((sum, file) => sum + file.bytes, 0);
    let come = 0;
    say(`Loading Python: ${megabytes(all)} MB to come`);
    const arrived = (bytes) => { come += bytes; say(`Loading Python: ${megabytes(Math.max(all - come, 0))} of ${megabytes(all)} MB to come`); };
    return Object.fromEntries(await Promise.all(files.map(async (file) => [file.name, await read(file, arrived)])));
  }

  async function read({ path, bytes }, arrived) {
    const reader = (await get(path)).body.getReader();
    const chunks = [];
    for (let part; !(part = await reader.read()).done; chunks.push(part.value)) arrived(part.value.length);
    const data = new Uint8Array(await new Blob(chunks).arrayBuffer());
    if (!path.endsWith(".gz") || data[0] !== 0x1f || data[1] !== 0x8b) return data;  // or the host has unpacked it
    return new Uint8Array(await new Response(new Blob([data]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer());
  }

  async function start(say, goOn) {
    if (location.protocol === "file:") throw new Error("a page opened as a file may load nothing: show the book with `make serve`, or read it on a web server");
    const [{ archives }, files] = await Promise.all([list(), download(say)]);
    const cache = await store();
    for (const name of KEPT) {
      const before = await cache?.match(keptAs(name));
      if (before) files[name] = new Uint8Array(await before.arrayBuffer());
    }
    goOn();
    say("Starting Python");
    const frame = make("iframe", { src: new URL("page/frame.html", base), title: "Python", hidden: true });
    frame.sandbox = "allow-scripts";
    await new Promise((resolve) => { frame.onload = resolve; document.body.append(frame); });
    try { goOn(); } catch (stopped) { frame.remove(); throw stopped; }
    const { port1: port, port2 } = new MessageChannel();
    let settle, ended, last = Promise.resolve();
    const answer = () => new Promise((resolve, reject) => { settle = { resolve, reject }; });
    const told = {
      here: () => settle.resolve(),
      done: (data) => settle.resolve(data),
      broken: (data) => settle.reject(new Error(data)),
      stream: (data) => current?.streamed(data),
      show: (data) => current?.displayed(data),
      error: (data) => current?.failed(data),
      memory: (data) => self.started || keepForNextPage("memory.bin", data).catch(() => {}),
      progress: (data) => { try { localStorage.setItem("progress", data); } catch { /* it is a comfort only */ } },
    };
    port.onmessage = ({ data: { kind, data } }) => told[kind](data);
    const here = answer();
    frame.contentWindow.postMessage({ files }, "*", [port2, ...Object.values(files).map((file) => file.buffer)]);
    const self = {
      // One question at a time: the next one waits for the answer to the last.
      ask: (ask, more) => last = last.catch(() => {}).then(() => {
        if (ended) throw new Stopped();
        const answered = answer();
        port.postMessage({ ask, ...more });
        return answered;
      }),
      end: () => { ended = true; frame.remove(); port.close(); settle.reject(new Stopped()); },
    };
    addEventListener("message", ({ source, data }) => source === frame.contentWindow && told.broken(data));
    kernel = self;
    await here;
    let progress = null;
    try { progress = localStorage.getItem("progress"); } catch { /* as above */ }
    await self.ask("start", { archives, progress });
    self.started = true;
  }

  // Python's memory as it has started, and what it has compiled, are kept in this browser, so that the next page
  // starts sooner: the former only before any cell has run, the latter not from a kernel in which cells ran that
  // the reader had changed, lest they change what later pages run.
  const KEPT = ["memory.bin", "compiled.zip"];
  const keptAs = (name) => new URL(`page/${name}`, base);
  const keepForNextPage = async (name, bytes) => (await store())?.put(keptAs(name), new Response(bytes));
  const store = async () => {
    try {
      const name = `python ${(await list()).version}`;
      for (const other of await caches.keys()) if (other.startsWith("python ") && other !== name) await caches.delete(other);
      return await caches.open(name);
    } catch { return null; }
  };
  async function keepCompiled() {
    if (!await store() || job || !kernel || ![...ran].every((cell) => cell.asInBook)) return;
    const compiled = await kernel.ask("compiled");
    if (compiled.length) await keepForNextPage("compiled.zip", compiled);
  }

  class Stopped extends Error {}

  function stop() {
    if (job) job.stopped = true;
    kernel?.end();
    kernel = null;
    ran = new Set();
  }

  // ---- running -----------------------------------------------------------------------------------------------

  // A reader's own answer must not be the book's: only solutions build on solutions.
  const mayUse = (cell, other) => cell.plan.solution || !other.plan.solution;

  // The cells of the plan, each with its place on the page if it has one.
  const planned = once(async () => {
    const cells = await plan();
    const nodes = everyCell.values();
    return cells.map((cell, number) => {
      const shown = cell.hidden ? new Cell(make("div")) : nodes.next().value;
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

  const needsOf = async (cell) => cell.original === undefined || cell.code === cell.original
    ? cell.plan.needs : kernel.ask("needs", { code: cell.code });

  async function allAbove(cell) {
    const cells = await planned();
    return cells.filter((one) => one === cell || one.number < cell.number && mayUse(cell, one));
  }

  const run = (cell) => work(cell, withNeeds);
  const runAbove = (cell) => work(cell, allAbove);

  async function work(cell, which) {
    if (job) return cell.say("Python is busy with another cell: wait for it, or stop it there.");
    const mine = job = { stopped: false };
    const goOn = () => { if (mine.stopped) throw new Stopped(); };
    cell.busy(true);
    cell.say("Looking at what it builds on");  // "Done" of an earlier run would be a verdict on this one
    try {
      await planned();
      if (!kernel) await start((text) => cell.say(text), goOn);
      const cells = await which(cell);
      for (const one of cells) {
        goOn();
        if (one !== cell) cell.say("Running what this cell builds on");
        if (!await runOne(one) && one !== cell && !one.plan.raises) throw new Error("a cell above failed: see its output");
      }
      const before = cells.length - 1;
      if (before) cell.status.textContent += before === 1 ? "; a cell above ran first" : `; ${before} cells above ran first`;
    } catch (error) {
      if (error instanceof Stopped) cell.say("Stopped. Python starts anew at the next Run.");
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

  const everyCell = [...document.querySelectorAll("div.cell")].map((node) => new Cell(node));
  everyCell.forEach((cell, place) => {
    cell.title = `cell ${place + 1}`;
    cell.bar?.setAttribute("aria-label", `Run cell ${place + 1}`);
  });
})();
