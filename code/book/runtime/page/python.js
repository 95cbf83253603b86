// The kernel: Python (Pyodide, from the files of this site) in a worker within a sandboxed frame, which has no access
// to this page, its cookies or its storage, and can't reach any host. One kernel per page; Stop ends it, since a worker
// can't be interrupted otherwise without special headers from the host.

const plan = once(() => json(`page/cells/${page}.json`));
let kernel = null;    // {ask, end}
let ran = new Set();  // cells that this kernel has run
let current = null;   // the cell whose output it is
let job = null;       // what was asked for and is not done

// Python itself comes first; while it starts, the line is free for what these cells need.
async function start(say, goOn, cells) {
  askBrowser();
  const { files, needed } = await list();
  const asInBook = (await cells).filter((cell) => !cell.input || cell.code === cell.original);
  const foreseen = new Set(asInBook.flatMap((cell) => cell.plan.files));
  const core = files.filter((file) => file.core), packages = files.filter(({ name }) => foreseen.has(name));
  const kept = Promise.all(KEPT.map(keptBefore));
  const given = await loaded(core, "Python", say, [...core, ...packages]);
  fetched(packages).catch(() => {});  // told of by who waits for it (provide)
  for (const { name } of core) coming.delete(name);
  for (const [name, bytes] of await kept) if (bytes) given[name] = bytes;
  goOn();
  say("Starting Python");
  const self = await open(say, goOn);
  await patiently("worker", say, self.begin(given));
  await patiently("python", say, self.ask("start", { needed, progress: progress.text }));
  self.started = true;
}

// The frame, and in it the worker.
async function open(say, goOn) {
  const frame = make("iframe", { src: new URL("page/frame.html", base), title: "Python", hidden: true });
  frame.sandbox = "allow-scripts";
  const over = new AbortController(), { port1: port, port2 } = new MessageChannel();
  let settle, ended, last = Promise.resolve();
  const answer = () => new Promise((resolve, reject) => { settle = { resolve, reject }; });
  const question = (ask, more) => {
    if (ended) throw new Stopped();
    const answered = answer();
    port.postMessage({ ask, ...more }, buffers(more?.files));
    return answered;
  };
  const self = {
    begin: (files) => {
      const here = answer();
      frame.contentWindow.postMessage({ files }, "*", [port2, ...buffers(files)]);
      return here;
    },
    // One question at a time: the next one waits for the answer to the last.
    ask: (ask, more) => last = last.catch(() => {}).then(() => asked(question, ask, more)),
    end: () => { ended = true; over.abort(); frame.remove(); port.close(); settle?.reject(new Stopped()); },
  };
  const told = {
    ...fromPython,
    open: () => settle.resolve(),
    here: () => settle.resolve(),
    done: (data) => settle.resolve(data),
    broken: (data) => settle.reject(new Error(data)),
    blocked: (data) => settle.reject(new Error(`the worker in which Python runs has failed${data ? ` (${data})` : ""}. ${BLOCKED}`)),
    memory: (data) => self.started || keepForNextPage("memory.bin", data),
  };
  port.onmessage = ({ data: { kind, data } }) => told[kind](data);
  addEventListener("message", ({ source, data: { kind, data } }) => source === frame.contentWindow && told[kind](data), { signal: over.signal });
  const opened = answer();
  document.body.append(frame);
  kernel = self;  // so that it can be stopped
  await patiently("frame", say, opened);
  goOn();
  return self;
}

const fromPython = {
  stream: (data) => current?.streamed(data),
  show: (data) => current?.displayed(data),
  error: (data) => current?.failed(data),
  progress: (data) => { progress.take(data); current?.mark(); markPages().catch(() => {}); },
};
const buffers = (files = {}) => Object.values(files).map((file) => file.buffer);

// Before a cell runs, Python gets what it imports. An import that could not be foreseen is answered with what is
// missing, and the cell runs again, if it has shown nothing yet.
async function asked(question, ask, more) {
  if (more?.code) await provide(question, await question("missing", more));
  for (;;) {
    const answer = await question(ask, more);
    if (!answer?.missing) return answer;
    await provide(question, answer.missing);
    if (!answer.again) return false;
  }
}

async function provide(question, names) {
  if (!names.length) return;
  const { cell } = job, say = (text) => cell.say(text), before = cell.status.textContent;
  const files = (await list()).files.filter(({ name }) => names.includes(name));
  const what = [...new Set(files.map((file) => file.what))].join(", ");
  const given = await loaded(files, what, say);
  for (const name of names) coming.delete(name);
  say(`Unpacking ${what}`);
  await patiently("packages", say, question("take", { files: given }));
  say(before);
}

// Python's memory as it has started, and what it has compiled, are kept in this browser, so that the next page
// starts sooner: the former only before any cell has run, the latter not from a kernel in which cells ran that
// the reader had changed, lest they change what later pages run.
const KEPT = ["memory.bin", "compiled.zip"];
const NO_ROOM = "This browser has no room left, or may keep nothing: the next page starts more slowly, and progress may be lost.";
const keptAs = (name) => new URL(`page/${name}`, base);
const keptBefore = async (name) => {
  const before = await (await store())?.match(keptAs(name)).catch(() => null);
  return [name, before && new Uint8Array(await before.arrayBuffer())];
};
const keepForNextPage = async (name, bytes) => {
  try { await (await store())?.put(keptAs(name), new Response(bytes)); } catch { remark(NO_ROOM); }
};
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

function stop() {
  if (job) job.stopped = true;
  stopLoading();
  kernel?.end();
  kernel = null;
  ran = new Set();
}
