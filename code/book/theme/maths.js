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

  /** Take formulas from those that are left. */
  function take(formulas) {
    const taken = formulas.filter((formula) => left.delete(formula));
    for (const formula of taken) watch.unobserve(formula);
    return taken;
  }

  const watch = new IntersectionObserver((entries) => {
    near.push(...entries.filter((entry) => entry.isIntersecting).map((entry) => entry.target));
    window.MathJax.startup.promise?.then(setNear);
  }, { rootMargin: "60%" });

  /** A few formulas at a time, so that the page answers in between. */
  async function setNear() {
    while (near.length) {
      await new Promise((done) => setTimeout(done));
      await MathJax.typesetPromise(take(near.splice(0, 2)));
    }
  }

  window.setMaths = async (element = document.body) => {
    await loaded;
    await MathJax.typesetPromise(element === document.body ? take([...left]) : [element]);
  };

  for (const formula of left) watch.observe(formula);
})();
