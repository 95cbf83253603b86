// What the theme leaves to inline handlers, which the site's Content-Security-Policy refuses, and
// what it leaves out for those who use a keyboard or print.

(() => {
  const all = (selector) => [...document.querySelectorAll(selector)];

  for (const button of all(".btn-download-pdf-button")) {
    if (button.tagName === "BUTTON") button.addEventListener("click", () => window.print());
  }

  // A menu opens and closes with its button; Escape or a click elsewhere closes it.
  for (const button of all("[data-bs-toggle=dropdown]")) {
    const menu = button.parentElement.querySelector(".dropdown-menu");
    const show = (open) => {
      menu.classList.toggle("show", open);
      button.setAttribute("aria-expanded", open);
    };
    menu.dataset.bsPopper = "static"; // where the style sheet puts it, below the button
    button.addEventListener("click", () => show(button.getAttribute("aria-expanded") !== "true"));
    document.addEventListener("click", ({ target }) => button.parentElement.contains(target) || show(false));
    button.parentElement.addEventListener("keydown", ({ key }) => {
      if (key !== "Escape") return;
      show(false);
      button.focus();
    });
  }

  // What scrolls sideways can be reached with the keyboard; what fits is no stop on the way. Outputs
  // come later than the page.
  const scrolling = "pre, .output, .picture, .pst-scrollable-table-container, .table-wrapper, div.math, article :is(p, dd, td)";
  const sizes = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      if (target.scrollWidth > target.clientWidth + 1 && getComputedStyle(target).overflowX !== "visible") target.tabIndex = 0;
      else if (target.tabIndex === 0) target.removeAttribute("tabindex");
    }
  });
  const watch = (element) => {
    if (element.matches(scrolling)) sizes.observe(element);
    for (const inner of element.querySelectorAll(scrolling)) sizes.observe(inner);
  };
  const article = document.querySelector("article");
  if (article) {
    watch(article);
    new MutationObserver((records) => {
      for (const { addedNodes } of records) {
        for (const node of addedNodes) if (node.nodeType === Node.ELEMENT_NODE) watch(node);
      }
    }).observe(article, { childList: true, subtree: true });
  }

  // What changes without a new page is told to screen readers as well: what a search has found, and that code was copied.
  const results = document.getElementById("search-results");
  const tell = () => results.querySelector(".search-summary")?.setAttribute("role", "status");
  if (results) new MutationObserver(tell).observe(results, { childList: true });
  if (document.querySelector("pre")) {
    const told = document.createElement("span");
    told.className = "visually-hidden";
    told.setAttribute("role", "status");
    document.body.append(told);
    new MutationObserver((records) => {
      if (records.some(({ target }) => target.matches(".copybtn.success"))) told.textContent = "Copied";
      else if (records.some(({ target }) => target.matches(".copybtn"))) told.textContent = "";
    }).observe(document.body, { attributes: true, attributeFilter: ["class"], subtree: true });
  }

  // The address of a section that has moved to another page leads there.
  const leadOn = () => {
    const place = document.getElementById(location.hash.slice(1));
    if (place?.dataset.moved) location.replace(place.dataset.moved);
  };
  window.addEventListener("hashchange", leadOn);
  leadOn();

  // On paper everything is open; afterwards what was closed is closed again.
  let closed = [];
  window.addEventListener("beforeprint", () => {
    closed = all("article details:not([open])");
    for (const details of closed) details.open = true;
  });
  window.addEventListener("afterprint", () => {
    for (const details of closed) details.open = false;
  });
})();
