// What all parts of the script use.

const base = new URL("..", document.currentScript.src);
const page = document.currentScript.dataset.page;
const make = (tag, properties = {}, ...children) => {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children);
  return node;
};
const get = async (path, options) => {
  const response = await fetch(new URL(path, base), options);
  if (!response.ok) throw Object.assign(new Error(`${path}: the site answers ${response.status}`), { final: response.status < 500 });
  return response;
};
const once = (make) => { let made; return () => (made ??= make().catch((error) => { made = null; throw error; })); };
const script = (path, failure) => once(() => new Promise((resolve, reject) =>
  document.head.append(make("script", { src: new URL(path, base), onload: resolve, onerror: () => reject(new Error(failure)) }))));
const megabytes = (bytes) => (bytes / 1e6).toFixed(1);
