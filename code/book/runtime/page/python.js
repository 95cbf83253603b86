// The kernel: Python (Pyodide, from the files of this site) in a worker within a sandboxed frame, which has no access
// to this page, its cookies or its storage, and can't reach any host. One kernel per page; Stop ends it, since a worker
// can't be interrupted otherwise without special headers from the host.

const plan = once(async () => (await get(`page/cells/${page}.json`)).json());
const list = once(async () => (await get("page/files.json")).json());
let kernel = null;    // {ask, end}
let ran = new Set();  // cells that this kernel has run
let current = null;   // the cell whose output it is
let job = null;       // what was asked for and is not done

async function download(say) {
  const { files } = await list();
  const all = files.reduce((sum, file) => sum + file.bytes, 0);
  let come = 0;
  say(`Loading Python: ${megabytes(all)} MB to come`);
  const arrived = (bytes) => { come += bytes; say(`Loading Python: ${megabytes(Math.max(all - come, 0))} of ${megabytes(all)} MB to come`); };
  return Object.fromEntries(await Promise.all(files.map(async (file) => [file.name, await read(file, arrived)])));
}

async function read({ path, bytes }, arrived) {
  const reader = (await get(path)).body.getReader();
  const chunks = [];
  for (let part; !(part = await reader.read()).done; chunks.push(part.value)) arrived(part.value.length);
  const data = new Uint8Array(await new Blob(chunks).arrayBuffer());
  if (!path.endsWith(".gz") || data[0] !== 0x1f || data[1] !== 0x8b) return data;  // or the host has unpacked it
  return new Uint8Array(await new Response(new Blob([data]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer());
}

async function start(say, goOn) {
  if (location.protocol === "file:") throw new Error("a page opened as a file may load nothing: show the book with `make serve`, or read it on a web server");
  const [{ archives }, files] = await Promise.all([list(), download(say)]);
  const cache = await store();
  for (const name of KEPT) {
    const before = await cache?.match(keptAs(name));
    if (before) files[name] = new Uint8Array(await before.arrayBuffer());
  }
  goOn();
  say("Starting Python");
  const frame = make("iframe", { src: new URL("page/frame.html", base), title: "Python", hidden: true });
  frame.sandbox = "allow-scripts";
  await new Promise((resolve) => { frame.onload = resolve; document.body.append(frame); });
  try { goOn(); } catch (stopped) { frame.remove(); throw stopped; }
  const { port1: port, port2 } = new MessageChannel();
  let settle, ended, last = Promise.resolve();
  const answer = () => new Promise((resolve, reject) => { settle = { resolve, reject }; });
  const told = {
    here: () => settle.resolve(),
    done: (data) => settle.resolve(data),
    broken: (data) => settle.reject(new Error(data)),
    stream: (data) => current?.streamed(data),
    show: (data) => current?.displayed(data),
    error: (data) => current?.failed(data),
    memory: (data) => self.started || keepForNextPage("memory.bin", data).catch(() => {}),
    progress: (data) => { progress.take(data); current?.mark(); markPages().catch(() => {}); },
  };
  port.onmessage = ({ data: { kind, data } }) => told[kind](data);
  const here = answer();
  frame.contentWindow.postMessage({ files }, "*", [port2, ...Object.values(files).map((file) => file.buffer)]);
  const self = {
    // One question at a time: the next one waits for the answer to the last.
    ask: (ask, more) => last = last.catch(() => {}).then(() => {
      if (ended) throw new Stopped();
      const answered = answer();
      port.postMessage({ ask, ...more });
      return answered;
    }),
    end: () => { ended = true; frame.remove(); port.close(); settle.reject(new Stopped()); },
  };
  addEventListener("message", ({ source, data }) => source === frame.contentWindow && told.broken(data));
  kernel = self;
  await here;
  const deeds = progress.deeds;
  await self.ask("start", { archives, progress: Object.keys(deeds).length ? JSON.stringify(deeds) : null });
  self.started = true;
}

// Python's memory as it has started, and what it has compiled, are kept in this browser, so that the next page
// starts sooner: the former only before any cell has run, the latter not from a kernel in which cells ran that
// the reader had changed, lest they change what later pages run.
const KEPT = ["memory.bin", "compiled.zip"];
const keptAs = (name) => new URL(`page/${name}`, base);
const keepForNextPage = async (name, bytes) => (await store())?.put(keptAs(name), new Response(bytes));
const store = async () => {
  try {
    const name = `python ${(await list()).version}`;
    for (const other of await caches.keys()) if (other.startsWith("python ") && other !== name) await caches.delete(other);
    return await caches.open(name);
  } catch { return null; }
};
async function keepCompiled() {
  if (!await store() || job || !kernel || ![...ran].every((cell) => cell.asInBook)) return;
  const compiled = await kernel.ask("compiled");
  if (compiled.length) await keepForNextPage("compiled.zip", compiled);
}

class Stopped extends Error {}

function stop() {
  if (job) job.stopped = true;
  kernel?.end();
  kernel = null;
  ran = new Set();
}
