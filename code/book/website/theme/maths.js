// Sets the mathematics of a page with MathJax as it comes near the window: a chapter has hundreds of
// formulas, and the first view a dozen. MathJax itself is fetched when the page has been drawn.
//
// window.setMaths(element) sets all that is left in an element, or in the whole page, and returns a
// promise: for what is printed, and for what is added later.

(() => {
  const address = document.currentScript.dataset.maths;
  const left = new Set(document.querySelectorAll(".math"));
  let near = [];

  const loaded = new Promise((done, failed) => {
    window.MathJax.loader = { load: ["input/tex", "output/chtml", "a11y/assistive-mml"] };
    window.MathJax.startup = {
      typeset: false,
      ready() {
        MathJax.startup.defaultReady();
        MathJax.startup.output.font.addFontURLs = () => {}; // they are in maths.css
        done();
      },
      pageReady: setNear,
    };
    window.addEventListener("load", () => requestAnimationFrame(() => setTimeout(() => {
      const script = Object.assign(document.createElement("script"), { src: address, onerror: failed });
      document.head.append(script);
    })));
  });

  /** Set formulas, of those that are left; each gives up the room that was kept for it (book.finish). */
  async function set(formulas) {
    const taken = formulas.filter((formula) => left.delete(formula));
    for (const formula of taken) watch.unobserve(formula);
    await MathJax.typesetPromise(taken);
    for (const formula of taken) formula.removeAttribute("style");
  }

  const watch = new IntersectionObserver((entries) => {
    near.push(...entries.filter((entry) => entry.isIntersecting).map((entry) => entry.target));
    window.MathJax.startup.promise?.then(setNear);
  }, { rootMargin: "60%" });

  /** A few formulas at a time, so that the page answers in between. */
  async function setNear() {
    while (near.length) {
      await new Promise((done) => setTimeout(done));
      await set(near.splice(0, 2));
    }
  }

  loaded.catch(() => { for (const formula of left) formula.removeAttribute("style"); }); // TeX is better than nothing

  window.setMaths = async (element = document.body) => {
    await loaded;
    await (element === document.body ? set([...left]) : MathJax.typesetPromise([element]));
  };

  for (const formula of left) watch.observe(formula);
})();
