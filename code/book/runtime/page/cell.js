// A cell of the page: those with code on the page get buttons; those without run in their place.

const editorScript = once(() => new Promise((resolve, reject) =>
  document.head.append(make("script", { src: new URL("codemirror/editor.js", base), onload: resolve, onerror: () => reject(new Error("the editor could not be loaded")) }))));

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
