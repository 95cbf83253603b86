// The files that Python runs on: what a cell needs, and no more. Each is loaded once.

const list = once(() => json("page/files.json"));
const coming = new Map();  // name of a file: the promise of its bytes, until Python has them
const come = new Map();    // name of a file: how many bytes have come
let watched = null;        // {files, what, say}: who is told what is still to come
let stopping = new AbortController();

const json = async (path) => JSON.parse(new TextDecoder().decode(await read({ name: path, path })));

// {name: bytes} of these files. Those that come already are only waited for.
async function fetched(files) {
  const all = files.map((file) => coming.get(file.name) ?? begin(file));
  return Object.fromEntries((await Promise.all(all)).map((data, n) => [files[n].name, data]));
}

// The same, telling how much is to come of `all`.
async function loaded(files, what, say, all = files) {
  watched = { files: all, what, say };
  report();
  try { return await fetched(files); } finally { watched = null; }
}

function begin(file) {
  const data = read(file);
  come.set(file.name, 0);
  coming.set(file.name, data);
  data.catch(() => coming.delete(file.name));
  return data;
}

function report() {
  if (!watched) return;
  const { files, what, say } = watched;
  const all = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const left = files.reduce((sum, { name, bytes }) => sum + Math.max(bytes - (come.get(name) ?? 0), 0), 0);
  say(`Loading ${what}: ${megabytes(left)} of ${megabytes(all)} MB to come`);
}

async function read({ name, path }) {
  const reader = (await get(path, { signal: stopping.signal })).body.getReader();
  const parts = [];
  for (let part; !(part = await reader.read()).done;) {
    parts.push(part.value);
    come.set(name, (come.get(name) ?? 0) + part.value.length);
    report();
  }
  return unpacked(path, new Uint8Array(await new Blob(parts).arrayBuffer()));
}

async function unpacked(path, data) {
  if (!path.endsWith(".gz") || data[0] !== 0x1f || data[1] !== 0x8b) return data;  // or the host has unpacked it
  return new Uint8Array(await new Response(new Blob([data]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer());
}

function stopLoading() {
  stopping.abort(new Stopped());
  stopping = new AbortController();
  coming.clear();
}

class Stopped extends Error {}
