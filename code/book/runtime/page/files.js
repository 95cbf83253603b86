// The files that Python runs on: what a cell needs, and no more. Each is loaded once; where the connection breaks off,
// loading goes on from there.

const TRIES = 4;
const list = once(() => json("page/files.json"));
const coming = new Map();  // name of a file: the promise of its bytes, until Python has them
const come = new Map();    // name of a file: how many bytes have come
let watched = null;        // {files, what, say}: who is told what is still to come
let silence;               // the timer that runs while nothing comes
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
  try { return await fetched(files); } finally { watched = null; clearTimeout(silence); }
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
  const [seconds, text] = PATIENCE.files;
  say(`Loading ${what}: ${megabytes(left)} of ${megabytes(all)} MB to come`);
  clearTimeout(silence);
  silence = setTimeout(() => say(`Loading ${what}: ${text} for ${megabytes(left)} MB`), seconds * 1000);
}

async function read(file) {
  const got = { parts: [], size: 0, mark: null };
  for (let attempt = 1; ; attempt++) {
    try {
      await goOnReading(file, got);
      return await unpacked(file.path, new Uint8Array(await new Blob(got.parts).arrayBuffer()));
    } catch (error) {
      if (stopping.signal.aborted || error instanceof Stopped || error.final) throw error;
      if (attempt === TRIES) throw new Error(`${file.what ?? file.name} did not come, in ${TRIES} tries: the connection is lost (${file.path}). When it is back, press Run again`);
      watched?.say(`The connection broke off; loading ${file.what ?? file.name} again, try ${attempt + 1} of ${TRIES}`);
      await new Promise((resolve) => setTimeout(resolve, 500 * 2 ** attempt));
    }
  }
}

// What has come stays, if the host can send the rest of the same file.
async function goOnReading({ name, path }, got) {
  const headers = got.size && got.mark ? { Range: `bytes=${got.size}-`, "If-Range": got.mark } : {};
  const response = await get(path, { headers, signal: stopping.signal });
  if (response.status !== 206) Object.assign(got, { parts: [], size: 0 });
  const whole = !response.headers.get("Content-Encoding");  // else a part would be one of the packed bytes
  got.mark = whole ? response.headers.get("ETag") ?? response.headers.get("Last-Modified") : null;
  const due = whole ? got.size + Number(response.headers.get("Content-Length")) : 0;
  const reader = response.body.getReader();
  for (let part; !(part = await reader.read()).done;) {
    got.parts.push(part.value);
    come.set(name, got.size += part.value.length);
    report();
  }
  if (got.size < due) throw new TypeError("the file ends too early");
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
