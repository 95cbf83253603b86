// Before the theme's script. Two of its habits cost a second on a slow telephone.

// It sets what is set already, which makes the browser work out the style of every element again.
const ROOT = document.documentElement;
Object.defineProperty(ROOT, "dataset", {
  configurable: true,
  value: new Proxy(ROOT.dataset, {
    set(data, key, value) {
      if (data[key] !== value) data[key] = value;
      return true;
    },
    get: (data, key) => data[key],
  }),
});

// When the page has loaded, it measures everything that may scroll, folded or not, one by one; theme.js asks the
// browser to tell.
const LISTEN = window.addEventListener;
window.addEventListener = function (kind, ...rest) {
  if (kind !== "load") LISTEN.call(this, kind, ...rest);
};
