// Figures that ask first: arrays that fill entry by entry, as the reader works them out (backprop.steps makes them).
// Needs no Python. Where no script runs, the still picture of the finished sheet stays.
"use strict";
(() => {
  const make = (tag, properties = {}, ...children) => {
    const node = Object.assign(document.createElement(tag), properties);
    node.append(...children);
    return node;
  };
  const written = (value) => String(value).replace("-", "\u2212");
  const still = matchMedia("(prefers-reduced-motion: reduce)");

  // What was typed as a number: a minus or a hyphen, a point or a comma, a fraction.
  function number(text) {
    const [over, under = "1", ...more] = text.replace(/[\u2212\u2013]/g, "-").replace(",", ".").replace(/\s/g, "").split("/");
    return over && under && !more.length ? Number(over) / Number(under) : NaN;
  }

  class Sheet {
    constructor(node) {
      this.data = JSON.parse(node.dataset.steps);
      this.cells = new Map();
      this.at = 0;        // which step is asked
      this.done = false;  // whether its number is shown
      this.build();
      this.picture = node.querySelector(".picture");
      this.picture.hidden = true;
      node.prepend(this.live);
      this.ask("");
    }

    build() {
      const button = (text, onclick) => make("button", { type: "button", textContent: text, onclick });
      this.input = make("input", { type: "text", autocomplete: "off", size: 7, id: `steps-${Sheet.count = (Sheet.count ?? 0) + 1}` });
      this.question = make("label", { htmlFor: this.input.id, className: "steps-question" });
      this.said = make("p", { className: "steps-said", role: "status" });
      this.count = make("span", { className: "steps-count" });
      this.buttons = {
        check: make("button", { type: "submit", textContent: "Check" }),
        show: button("Show", () => this.show()),
        back: button("Back", () => this.back()),
        next: button("Next", () => this.next()),
        again: button("Start again", () => { this.at = 0; this.done = false; this.live.dataset.verdict = ""; this.ask(""); }),
        all: button("All", () => this.all()),
      };
      const form = make("form", { className: "steps-form", onsubmit: (event) => { event.preventDefault(); this.answered(); } },
        this.question, this.input, ...Object.values(this.buttons), this.count);
      const rows = this.data.rows.map(({ heading, arrays }) => make("div", { className: "steps-row" },
        make("p", { className: "steps-heading", textContent: heading }), ...arrays.map((one) => this.table(one))));
      this.live = make("div", { className: "steps-live", role: "group" }, ...rows, form, this.said);
      this.live.setAttribute("aria-label", this.data.title);
      this.buttons.all.title = "Show or hide the finished sheet";
      this.buttons.all.setAttribute("aria-expanded", false);
    }

    table({ name, values }) {
      const rows = values.map((row, i) => make("tr", {}, ...row.map((value, j) => {
        const cell = make("td", {});
        this.cells.set(`${name},${i},${j}`, { cell, value });
        return cell;
      })));
      return make("table", { className: "steps-array" }, make("caption", { textContent: name }), make("tbody", {}, ...rows));
    }

    get step() { return this.data.steps[this.at]; }
    cellOf(place) { return this.cells.get(place.join()).cell; }

    // Draws what is known: all entries but those of this step and of later ones.
    draw() {
      const open = this.data.steps.slice(this.at + (this.done ? 1 : 0)).map((step) => step.entry.join());
      for (const [key, { cell, value }] of this.cells) {
        const known = !open.includes(key);
        cell.textContent = known ? written(value) : "?";
        cell.className = known ? "" : "steps-open";
      }
      if (!this.step) return;
      for (const place of this.step.uses) this.cellOf(place).classList.add("steps-used");
      this.cellOf(this.step.entry).classList.add("steps-asked");
    }

    ask(said) {
      const { step, data: { steps } } = this;
      this.draw();
      this.input.value = "";
      this.input.hidden = this.buttons.check.hidden = this.buttons.show.hidden = this.buttons.next.hidden = !step;
      this.buttons.back.disabled = !this.at;
      this.question.textContent = step ? `${step.label} =` : "The sheet is full.";
      this.count.textContent = step ? `${this.at + 1} of ${steps.length}` : `${steps.length} numbers`;
      this.said.textContent = said;
      if (!step && this.live.contains(document.activeElement) || document.activeElement === document.body && this.used) this.buttons.again.focus();
    }

    answered() {
      if (this.done) {  // Enter goes on; with another number typed in, to the answer of the next question
        const typed = this.input.value, fresh = typed.trim() && typed !== written(this.step.value);
        this.next();
        if (!fresh || !this.step) return;
        this.input.value = typed;
      }
      const { step, input } = this, given = number(input.value);
      this.live.dataset.verdict = "";
      if (!input.value.trim()) this.said.textContent = "Type a number, or press Show.";
      else if (Number.isNaN(given)) this.said.textContent = `\u201c${input.value}\u201d is no number. Type one such as \u22123 or 11.5.`;
      else if (Math.abs(given - step.value) < 1e-9) this.reveal("Right:", "right");
      else {
        const slip = Object.entries(step.slips).find(([wrong]) => Math.abs(Number(wrong) - given) < 1e-9);
        this.live.dataset.verdict = "wrong";
        this.said.textContent = `Not ${written(given)}. ${slip ? slip[1] : "Use the entries with a dashed frame."}`;
      }
      input.select();  // so that what is typed takes its place
    }

    // The finished sheet, below.
    all() {
      this.picture.hidden = !this.picture.hidden;
      this.buttons.all.setAttribute("aria-expanded", !this.picture.hidden);
    }

    show() {
      if (!this.done) this.reveal("Shown:", "");
      this.input.focus();
    }

    reveal(word, verdict) {
      const { step } = this;
      this.done = true;
      this.draw();
      this.live.dataset.verdict = verdict;
      this.input.value = written(step.value);
      const last = this.at + 1 === this.data.steps.length;
      this.said.textContent = `${word} ${step.label} = ${step.how} = ${written(step.value)}. ${last ? "That was the last." : "Enter, or Next, goes on."}`;
      this.move();
    }

    next() {
      this.used = true;
      this.live.dataset.verdict = "";
      this.at++;
      this.done = false;
      this.ask("");
      if (this.step) this.input.focus();
    }

    back() {
      this.live.dataset.verdict = "";
      if (!this.done) this.at--;
      this.done = false;
      this.ask("");
      this.input.focus();
    }

    // The numbers that were used move to where the new one appears.
    move() {
      const target = this.cellOf(this.step.entry), to = target.getBoundingClientRect();
      if (still.matches || !target.animate) return;
      for (const cell of this.step.uses.map((place) => this.cellOf(place))) {
        const from = cell.getBoundingClientRect();
        const flying = make("span", { className: "steps-flying", textContent: cell.textContent });
        flying.setAttribute("aria-hidden", "true");
        cell.append(flying);
        flying.animate([{ transform: "none", opacity: 1 }, { transform: `translate(${to.left - from.left}px, ${to.top - from.top}px)`, opacity: 0.2 }],
          { duration: 600, easing: "ease-in-out" }).finished.catch(() => {}).then(() => flying.remove());
      }
    }
  }

  const alive = new WeakSet();
  function enliven() {
    for (const node of document.querySelectorAll(".steps[data-steps]")) {
      if (alive.has(node)) continue;
      alive.add(node);
      new Sheet(node);
    }
  }
  enliven();
  // A cell that is run again shows a new figure.
  for (const node of document.querySelectorAll(".cell:has(.steps)")) new MutationObserver(enliven).observe(node, { childList: true, subtree: true });
})();
