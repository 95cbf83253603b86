// Pyodide and the kernel, on files that were handed over: {name: Uint8Array}. The port leads to the page. This script
// stands behind Pyodide's own in one text (frame.js), for a worker with this origin and policy could load neither.

const HOME = "/reader";
const SITE_PACKAGES = "/lib/python3.12/site-packages";
const TYPES = { wasm: "application/wasm", json: "application/json" };
let files, port, kernel, needs, compiled;

// Pyodide asks for its files as if they were on a server.
self.fetch = async (address) => {
  const name = String(address?.url ?? address).split("/").pop();
  if (!(name in files)) return new Response("", { status: 404 });
  const type = TYPES[name.split(".").pop()] ?? "application/octet-stream";
  return new Response(files[name], { headers: { "content-type": type } });
};

const tell = (kind, data) => port.postMessage({ kind, data });

// Python's own start takes two seconds, so the memory that it leads to is told to the page, which keeps it: before any
// cell has run. Compiled modules can't be in it, and `random` has to be seeded anew.
const STARTED = "ast, ctypes, datetime, inspect, json, logging, pathlib, pickle, pprint, traceback, zipfile";

async function boot() {
  const memory = files["memory.bin"];
  const python = await loadPyodide({
    indexURL: "http://pyodide.invalid/",
    env: { HOME, MPLBACKEND: "agg", GRADIENTS_PROGRESS: `${HOME}/progress.json` },
    ...(memory ? { _loadSnapshot: memory } : { _makeSnapshot: true }),
  });
  if (!memory) {
    python.runPython(`import ${STARTED}`);
    tell("memory", python.makeMemorySnapshot());
    python.registerJsModule("js", self);  // until here a stand-in, whose properties can't be read
  }
  python.runPython("import random; random.seed()");
  return python;
}

async function start({ archives, progress }) {
  const python = await boot();
  for (const name of Object.keys(files).filter((name) => /\.(py|zip|whl)$/.test(name)))
    python.FS.writeFile(`${HOME}/${name}`, files[name]);
  if (progress) python.FS.writeFile(`${HOME}/progress.json`, progress);
  files = {};
  python.globals.set("archives", python.toPy(archives));
  python.globals.set("tell", (kind, data) =>
    tell(kind, data.toJs ? data.toJs({ dict_converter: Object.fromEntries }) : data));
  kernel = python.runPython(`
    import os, sys
    import kernel, names
    sys.dont_write_bytecode = False
    os.makedirs("/book/code")
    sys.path[:0] = ["/book/code", "${SITE_PACKAGES}"]
    archives = {
      module: [(f"${HOME}/{name}", "/book" if name == "book.zip" else "${SITE_PACKAGES}") for name in needed]
      for module, needed in archives.items()
    }
    before = "${HOME}/compiled.zip"
    unpacker = kernel.Unpacker(archives, before if os.path.exists(before) else None)
    sys.meta_path.insert(0, unpacker)
    kernel.quiet()
    kernel.Kernel(tell)
  `);
  needs = python.runPython("lambda code: list(names.defined_and_needed(code)[1])");
  compiled = python.runPython("unpacker.kept");
}

const answers = {
  start,
  run: ({ code, title }) => kernel.run(code, title),
  needs: ({ code }) => needs(code).toJs(),
  compiled: () => compiled().toJs(),
};

self.onmessage = ({ data, ports: [given] }) => {
  files = data;
  port = given;
  port.onmessage = async ({ data: { ask, ...more } }) => {
    try {
      tell("done", await answers[ask](more));
    } catch (error) {
      tell("broken", String(error));
    }
  };
  tell("here", null);
};
