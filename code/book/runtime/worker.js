// Pyodide and the kernel, on files that were handed over: {name: Uint8Array}. The port leads to the page. This script
// stands behind Pyodide's own in one text (frame.js), for a worker with this origin and policy could load neither.

const HOME = "/reader";
const SITE_PACKAGES = "/lib/python3.12/site-packages";
const TYPES = { wasm: "application/wasm", json: "application/json" };
let files, port, python, kernel, unpacker, missing, needs;

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
  // Stop ends the worker, and WebKit ends a worker where it calls JavaScript: an endless loop has to. To look for a
  // signal, which never comes here, Python calls it every few steps.
  python.setInterruptBuffer(new Uint8Array(1));
  return python;
}

async function start({ needed, progress }) {
  python = await boot();
  for (const name of ["kernel.py", "names.py", "compiled.zip"]) if (files[name]) write(name, files[name]);
  if (progress) write("progress.json", progress);
  files = {};
  python.globals.set("needed", python.toPy(needed));
  python.globals.set("tell", (kind, data) => tell(kind, plain(data)));
  kernel = python.runPython(`
    import os, sys
    import kernel, names
    sys.dont_write_bytecode = False
    os.makedirs("/book/code")
    sys.path[:0] = ["/book/code", "${SITE_PACKAGES}"]
    before = "${HOME}/compiled.zip"
    unpacker = kernel.Unpacker(needed, before if os.path.exists(before) else None)
    sys.meta_path.insert(0, unpacker)
    kernel.quiet()
    kernel.Kernel(tell)
  `);
  unpacker = python.globals.get("unpacker");
  missing = python.runPython("lambda code: sorted(names.files_for(code, needed) - unpacker.here)");
  needs = python.runPython("lambda code: sorted(names.defined_and_needed(code)[1])");
}

const write = (name, content) => python.FS.writeFile(`${HOME}/${name}`, content);
const plain = (value) => value?.toJs ? value.toJs({ dict_converter: Object.fromEntries }) : value;

function take({ files }) {
  for (const [name, content] of Object.entries(files)) {
    write(name, content);
    unpacker.take(`${HOME}/${name}`, name.endsWith(".whl") ? SITE_PACKAGES : "/book");
  }
}

const answers = {
  start,
  take,
  missing: ({ code }) => plain(missing(code)),
  run: ({ code, title }) => plain(kernel.run(code, title)),
  needs: ({ code }) => plain(needs(code)),
  compiled: () => plain(unpacker.kept()),
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
