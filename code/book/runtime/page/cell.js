// A cell of the page: those with code on the page get buttons; those without run in their place.

const editorScript = script("codemirror/editor.js", "the editor could not be loaded");
const button = (text, title, onclick) => make("button", { type: "button", textContent: text, title, onclick });

class Cell {
  constructor(node, place) {
    this.node = node;
    this.place = place;
    this.title = `cell ${place + 1}`;
    this.input = node.querySelector(":scope .cell_input");
    this.pre = this.input?.querySelector("pre");
    this.original = this.pre?.textContent.trimEnd();
    this.coloured = [...this.pre?.childNodes ?? []];
    this.built = node.querySelector(":scope .cell_output");
    if (this.input) this.addBar();
  }

  addBar() {
    this.node.id ||= `cell-${this.place + 1}`;
    this.buttons = {
      run: button("Run", "Run this cell, and first what it builds on (Shift+Enter in the editor)", () => run(this)),
      above: button("Run all above", "Run every cell above this one, then this one", () => runAbove(this)),
      edit: button("Edit", "Edit this cell", () => this.open(true)),
      close: button("Close", "Close the editor; what you have written stays", () => this.close()),
      reset: button("Reset", "Put the book's code and output back", () => this.reset()),
      stop: button("Stop", "Stop Python; what it knew is lost, the text of the cells is not", () => stop()),
    };
    this.status = make("span", { className: "run-status", role: "status" });
    this.solved = make("span", { className: "run-solved" });
    const number = make("a", { className: "run-number", href: `#${this.node.id}`, textContent: this.place + 1, title: `This is ${this.title}`, tabIndex: -1 });  // Tab leads to Run
    number.setAttribute("aria-label", this.title);
    this.bar = make("div", { className: "run-bar", role: "group" }, number, ...Object.values(this.buttons), this.status, this.solved);
    this.bar.setAttribute("aria-label", `Run ${this.title}`);
    this.buttons.close.hidden = this.buttons.reset.hidden = this.buttons.stop.hidden = true;
    this.input.after(this.bar);
    this.pre.addEventListener("dblclick", () => this.open(true));
  }

  // What was written here before: the text itself, and one that was written into another edition of the cell.
  restore() {
    if (this.edit) this.open(false);
    if (this.earlier) this.offer(this.earlier);
    this.mark();
  }

  offer(earlier) {
    const take = button("Use yours", "Put your text into the cell", () => { this.open(true).then(() => this.editor.set(earlier.text)); settled(); });
    const leave = button("Keep this one", "Throw your text away", () => settled());
    const notice = make("div", { className: "run-earlier", role: "note" },
      make("p", {}, "You have written into this cell, and it has changed since. Here is your text:"),
      make("pre", { textContent: earlier.text, tabIndex: 0 }), take, " ", leave);
    const settled = () => { edits.drop(earlier); this.earlier = null; notice.remove(); showYours(); };
    this.bar.after(notice);
  }

  // When its exercise was solved: a reader who comes back sees it beside the answer.
  mark() {
    const name = exerciseIn(this.original), when = progress.since[name];
    if (!name || !progress.deeds[name]?.length) return;
    const day = when && new Date(when).toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric" });
    this.solved.textContent = day ? `✓ solved on ${day}` : "✓ solved";
  }

  get code() { return this.editor?.text() ?? this.edit?.text ?? this.original; }

  async open(focus) {
    if (this.opening) return;
    this.opening = true;
    try {
      await editorScript();
    } catch (error) {
      return this.say(error.message);
    } finally {
      this.opening = false;
    }
    if (!this.editor) {
      const label = `Code of ${this.title}. Tab indents; press Escape, then Tab, to leave.`;
      this.holder = make("div", { className: "run-editor" });
      this.input.append(this.holder);
      this.editor = window.CellEditor.create(this.holder, this.code, {
        label, change: () => this.changed(), run: () => run(this) });
    }
    this.show(true);
    this.changed();
    if (focus) this.editor.focus();
  }

  // The text stays; it is shown in the place of the book's, in the same colours.
  close() {
    this.pre.replaceChildren(...this.code === this.original ? this.coloured : window.CellEditor.colour(this.code));
    this.show(false);
    this.buttons.edit.focus();
  }

  show(editing) {
    this.input.firstElementChild.hidden = editing;
    this.holder.hidden = !editing;
    this.buttons.edit.hidden = editing;
    this.buttons.close.hidden = !editing;
  }

  changed() {
    const text = this.editor.text(), before = this.edit;
    if (text !== (before?.text ?? this.original)) edits.keep(this, text === this.original ? null : text);
    this.buttons.reset.hidden = text === this.original && !this.ran;
    if (!before !== !this.edit) showYours();  // not at every key: only the number of edits is shown
  }

  reset() {
    this.editor?.set(this.original);
    this.pre.replaceChildren(...this.coloured);
    edits.keep(this, null);
    this.output?.replaceWith(this.built ?? "");
    this.output = null;
    this.ran = false;
    this.say("");
    this.buttons.reset.hidden = true;
    this.buttons.run.focus();
    showYours();
  }

  say(...parts) { this.status?.replaceChildren(...parts); }

  get link() { return this.input ? make("a", { href: `#${this.node.id}`, textContent: this.title }) : "a hidden cell"; }

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
    const box = make("div", { className: "output run-error" }, make("pre", {}, ...linked(short)));
    if (whole) box.append(make("details", {}, make("summary", { textContent: "The whole traceback" }), make("pre", { textContent: whole })));
    this.output.append(box);
  }
}

// "In cell 7, line 2" leads to that cell.
const linked = (text) => text.split(/(?<=\bIn )(cell \d+)(?=, line)/).map((part, place) =>
  place % 2 ? make("a", { href: `#${part.replace(" ", "-")}`, textContent: part }) : part);
