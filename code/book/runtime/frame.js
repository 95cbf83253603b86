// In a sandboxed frame, which has an origin of its own: no cookies, no storage, no access to the page.
// A worker made from text that it was handed has the same origin, and its Content-Security-Policy.
"use strict";

const tell = (kind, data) => parent.postMessage({ kind, data }, "*");

addEventListener("message", ({ data, source, ports }) => {
  if (source !== parent) return;
  const { files } = data;
  const scripts = ["pyodide.asm.js", "pyodide.js", "worker.js"].flatMap((name) => [files[name], "\n;\n"]);
  try {
    const worker = new Worker(URL.createObjectURL(new Blob(scripts, { type: "text/javascript" })));
    worker.onerror = (event) => tell("blocked", event.message);
    worker.postMessage(files, [ports[0], ...Object.values(files).map((file) => file.buffer)]);
  } catch (error) {
    tell("blocked", error.message);
  }
});
tell("open");
