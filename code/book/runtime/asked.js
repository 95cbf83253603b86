// Figures that ask before they tell (backprop.asked makes them): which terms does a delta leave, and which entries of
// softmax's gradient are negative? Needs no Python. Where no script runs, the still picture stays.
"use strict";
(() => {
  const make = (tag, properties = {}, ...children) => {
    const node = Object.assign(document.createElement(tag), properties);
    node.append(...children);
    return node;
  };
  const LOW = "₀₁₂₃₄₅₆₇₈₉";
  const low = (...numbers) => numbers.map((n) => LOW[n]).join("");
  const written = (value, digits = 2) => String(Number(value.toFixed(digits)) || 0).replace("-", "−");
  const factor = (value) => value < 0 ? `(${written(value)})` : written(value);
  const number = (text) => Number(text.replace(/[−–]/g, "-").replace(",", ".").trim() || NaN);
  const range = (n) => [...Array(n).keys()];
  const sum = (values) => values.reduce((total, value) => total + value, 0);
  let count = 0;

  // What both have: a group with a question, buttons, and a line in which is said what is right.
  class Asked {
    constructor(node, title) {
      this.of = JSON.parse(node.dataset.of);
      this.said = make("p", { className: "asked-said", role: "status" });
      this.live = make("div", { className: "asked-live", role: "group" });
      this.live.setAttribute("aria-label", title);
      this.build();
      this.live.append(this.said);
      node.querySelector(".picture").hidden = true;
      node.prepend(this.live);
      this.ask();
    }

    tell(text, verdict = "") {
      this.said.textContent = text;
      this.live.dataset.verdict = verdict;
    }

    button(textContent, onclick, type = "button") {
      return make("button", { type, textContent, onclick });
    }

    form(submitted, ...parts) {
      return make("form", { className: "asked-form", onsubmit: (event) => { event.preventDefault(); submitted(); } }, ...parts);
    }

    labelled(text, control) {
      control.id = `asked-${count += 1}`;
      return make("span", { className: "asked-field" }, make("label", { htmlFor: control.id, textContent: text }), control);
    }
  }

  // The double sum of one weight's gradient: one column is left.
  class Collapse extends Asked {
    build() {
      const { dY, X } = this.of;
      const choice = (name, n, value) => {
        const select = make("select", { onchange: () => this.ask() }, ...range(n).map((k) => make("option", { value: k + 1, textContent: k + 1 })));
        select.value = value;
        return [this.labelled(name, select), select];
      };
      const [a, aSelect] = choice("a =", dY[0].length, this.of.a), [b, bSelect] = choice("b =", X[0].length, this.of.b);
      const [j, jSelect] = choice("Which column is left? j =", dY[0].length, 1);
      this.a = aSelect; this.b = bSelect; this.j = jSelect;
      jSelect.onchange = () => this.tell("");
      this.cells = dY.map((row) => row.map(() => make("td")));
      const head = make("tr", {}, make("td"), ...dY[0].map((_, k) => make("th", { scope: "col", textContent: `j = ${k + 1}` })));
      const rows = this.cells.map((cells, i) => make("tr", {}, make("th", { scope: "row", textContent: `i = ${i + 1}` }), ...cells));
      this.caption = make("caption");
      this.input = make("input", { type: "text", autocomplete: "off", size: 6 });
      const total = this.labelled("Their sum is", this.input);
      this.first = this.form(() => this.column(), j, this.button("Check", null, "submit"), this.button("Show", () => this.collapse("Shown:", "")));
      this.second = this.form(() => this.total(), total, this.button("Check", null, "submit"), this.button("Show", () => this.finish("Shown:", "")));
      this.live.append(
        make("div", { className: "asked-form" }, make("span", { textContent: "Choose a weight:" }), a, b),
        make("table", { className: "asked-terms" }, this.caption, make("tbody", {}, head, ...rows)), this.first, this.second);
    }

    get at() { return [Number(this.a.value), Number(this.b.value)]; }
    get products() { const [a, b] = this.at; return this.of.dY.map((row, i) => [row[a - 1], this.of.X[i][b - 1]]); }

    ask() {
      const [a, b] = this.at;
      this.caption.textContent = `The terms of ∂L/∂W${low(a, b)}: ∂L/∂Yᵢⱼ · δⱼ${low(a)} · Xᵢ${low(b)}`;
      this.each((cell, i, j) => {
        cell.className = "";
        cell.textContent = `${factor(this.of.dY[i][j])} · δ${low(j + 1, a)} · ${factor(this.of.X[i][b - 1])}`;
      });
      this.first.hidden = false;
      this.second.hidden = true;
      this.tell("");
    }

    each(act) { this.cells.forEach((row, i) => row.forEach((cell, j) => act(cell, i, j))); }

    column() {
      const [a] = this.at, j = Number(this.j.value);
      if (j === a) this.collapse("Right:", "right");
      else this.tell(`Not j = ${j}: δ${low(j, a)} is 0, since ${j} is not ${a}. So each term of that column is 0.`, "wrong");
    }

    collapse(word, verdict) {
      const [a, b] = this.at;
      this.each((cell, i, j) => {
        cell.className = j + 1 === a ? "asked-left" : "asked-gone";
        cell.textContent = `${factor(this.of.dY[i][j])} · ${Number(j + 1 === a)} · ${factor(this.of.X[i][b - 1])}`;
      });
      this.first.hidden = true;
      this.second.hidden = false;
      this.input.value = "";
      this.input.focus();
      this.tell(`${word} δⱼ${low(a)} is 1 for j = ${a} and 0 otherwise. Of the sum over j one term is left, for each sample i. What do these add up to?`, verdict);
    }

    total() {
      const given = number(this.input.value), products = this.products, right = sum(products.map(([x, y]) => x * y));
      if (Number.isNaN(given)) return this.tell("Type an integer, or press Show.");
      if (Math.abs(given - right) < 1e-9) return this.finish("Right:", "right");
      const one = products.findIndex(([x, y]) => Math.abs(x * y - given) < 1e-9);
      const slip = one >= 0 ? ` That is sample ${one + 1} alone; every sample adds its term.`
        : Math.abs(given * products.length - right) < 1e-9 ? " That is the mean: add, don’t average." : " Multiply in each blue cell, then add.";
      this.tell(`Not ${written(given)}.${slip}`, "wrong");
      this.input.select();
    }

    finish(word, verdict) {
      const [a, b] = this.at, products = this.products;
      const right = sum(products.map(([x, y]) => x * y)), how = products.map(([x, y]) => `${factor(x)} · ${factor(y)}`).join(" + ");
      this.input.value = written(right);
      this.tell(`${word} ∂L/∂W${low(a, b)} = ${how} = ${written(right)}. The double sum has become a sum over the samples. Choose another weight.`, verdict);
      this.a.focus();
    }
  }

  const HEIGHT = 150;   // of the bars, in pixels

  // The mean of the upstream gradients, weighted by the probabilities, and what is above it.
  class Mean extends Asked {
    build() {
      const slider = (name, k, values, step) => {
        const input = make("input", { type: "range", min: -4, max: 4, step, value: values[k] });
        const value = make("output");
        input.oninput = () => { values[k] = Number(input.value); this.ask(); };
        return { input, value, field: make("span", { className: "asked-slider" }, this.labelled(`${name}${low(k + 1)}`, input), value) };
      };
      const { Z, dY } = this.of;
      this.logits = Z.map((_, k) => slider("Z", k, Z, 0.5));
      this.upstream = dY.map((_, k) => slider("∂L/∂Y", k, dY, 0.5));
      const panel = (title) => make("div", { className: "asked-panel" }, make("span", { className: "asked-title", textContent: title }),
        make("div", { className: "asked-bars", role: "img" }, ...Z.map(() => make("div", { className: "asked-bar" })), make("div", { className: "asked-zero" })));
      this.left = panel("∂L/∂Y, each bar as wide as its Y");
      this.right = panel("∂L/∂Z, drawn twice as high");
      this.line = make("div", { className: "asked-mean" });
      this.left.lastChild.append(this.line);
      this.boxes = Z.map(() => make("input", { type: "checkbox", onchange: () => this.tell("") }));
      const boxes = this.boxes.map((box, k) => this.labelled(`class ${k + 1}`, box));
      this.question = this.form(() => this.check(), make("span", { textContent: "Which entries of ∂L/∂Z are negative?" }), ...boxes,
        this.button("Check", null, "submit"), this.button("Show", () => this.show("Shown:", "")));
      this.live.append(make("div", { className: "asked-sliders" }, ...this.logits.map((one) => one.field), ...this.upstream.map((one) => one.field)),
        make("div", { className: "asked-panels" }, this.left, this.right), this.question);
    }

    // softmax, the mean, and Y ⊙ (∂L/∂Y − mean)
    get numbers() {
      const { Z, dY } = this.of, top = Math.max(...Z), exps = Z.map((z) => Math.exp(z - top)), total = sum(exps);
      const Y = exps.map((e) => e / total), mean = sum(Y.map((y, k) => y * dY[k]));
      return { Y, mean, dZ: Y.map((y, k) => y * (dY[k] - mean)) };
    }

    get negative() { return this.numbers.dZ.map((value) => value < -1e-9); }

    ask() {
      const { Z, dY } = this.of;
      [[this.logits, Z], [this.upstream, dY]].forEach(([sliders, values]) => sliders.forEach(({ value }, k) => { value.textContent = written(values[k]); }));
      for (const box of this.boxes) box.checked = false;
      this.draw(false);
      this.tell("");
    }

    draw(told) {
      const { Y, mean, dZ } = this.numbers, { dY } = this.of;
      const high = (value) => value / 4.4 * HEIGHT / 2;
      let x = 0;
      const bar = (panel, k, left, width, value) => {
        const size = Math.max(1, Math.abs(high(value)));
        Object.assign(panel.lastChild.children[k].style, { left: `${left * 100}%`, width: `${width * 100}%`, height: `${size}px`, top: `${HEIGHT / 2 - (value > 0 ? size : 0)}px` });
      };
      dY.forEach((value, k) => { bar(this.left, k, x, Y[k], value); x += Y[k]; });
      dZ.forEach((value, k) => bar(this.right, k, (k + 0.15) / dZ.length, 0.7 / dZ.length, told ? 2 * value : 0));
      this.line.hidden = !told;
      this.line.style.top = `${HEIGHT / 2 - high(mean)}px`;
      const listed = (values) => values.map((value) => written(value)).join(", ");
      this.left.lastChild.setAttribute("aria-label", `Upstream gradients ${listed(dY)}; probabilities ${listed(Y)}${told ? `; weighted mean ${written(mean)}` : ""}.`);
      this.right.lastChild.setAttribute("aria-label", told ? `Gradient with respect to the logits: ${listed(dZ)}.` : "Not shown before you have answered.");
      this.right.classList.toggle("asked-hidden", !told);
    }

    check() {
      const said = this.boxes.map((box) => box.checked), right = this.negative;
      const same = (other) => other.every((value, k) => value === said[k]);
      if (same(right)) return this.show("Right:", "right");
      const slip = same(this.of.dY.map((value) => value < 0)) ? "Those are where ∂L/∂Y is negative. The mean is subtracted first: what is below the mean becomes negative."
        : same(right.map((value) => !value)) ? "The other way round: above the mean is positive."
          : said.every(Boolean) ? "All of them can’t be: the entries of ∂L/∂Z sum to 0."
            : "Estimate the mean of the bars, each weighted by its width. Which bars end below it?";
      this.tell(`Not yet. ${slip}`, "wrong");
    }

    show(word, verdict) {
      const { Y, mean, dZ } = this.numbers;
      this.boxes.forEach((box, k) => { box.checked = this.negative[k]; });
      this.draw(true);
      const how = Y.map((y, k) => `${written(y)} · ${factor(this.of.dY[k])}`).join(" + ");
      this.tell(`${word} the mean is ${how} = ${written(mean)}. Below it the entry is negative: ∂L/∂Z = (${dZ.map((value) => written(value)).join(", ")}). Move a slider for a new question.`, verdict);
    }
  }

  const KINDS = {
    collapse: (node) => new Collapse(node, "A delta collapses a double sum"),
    mean: (node) => new Mean(node, "Softmax subtracts a weighted mean"),
  };
  const alive = new WeakSet();
  function enliven() {
    for (const node of document.querySelectorAll(".asked[data-asked]")) {
      if (alive.has(node)) continue;
      alive.add(node);
      KINDS[node.dataset.asked](node);
    }
  }
  enliven();
  // A cell that is run again shows a new figure.
  for (const node of document.querySelectorAll(".cell:has(.asked)")) new MutationObserver(enliven).observe(node, { childList: true, subtree: true });
})();
