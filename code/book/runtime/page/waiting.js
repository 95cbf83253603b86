// No silent wait: whatever takes long says what hangs and what helps, and goes on.

const BLOCKED = "An extension of the browser or a rule of the network may block it: allow scripts on this site, then reload the page.";
const PATIENCE = {  // seconds, and what is said then
  files: [15, "no data for 15 s: the connection is slow or lost. Still waiting"],
  frame: [10, `The frame in which Python runs does not open. ${BLOCKED} Still waiting.`],
  worker: [15, `The worker in which Python runs does not answer. ${BLOCKED} Still waiting.`],
  python: [20, "Python is still starting. A slow device may need a minute; closing other tabs helps."],
  packages: [20, "Packages are still being unpacked. A slow device may need a minute; closing other tabs helps."],
};

async function patiently(stage, say, promise) {
  const [seconds, text] = PATIENCE[stage];
  const timer = setTimeout(() => say(text), seconds * 1000);
  try { return await promise; } finally { clearTimeout(timer); }
}

// Asked before anything is loaded.
const NEEDED = ["WebAssembly", "Worker", "MessageChannel", "DecompressionStream", "BigInt64Array"];
function askBrowser() {
  if (location.protocol === "file:") throw new Error("a page opened as a file may load nothing: show the book with `make serve`, or read it on a web server");
  const lacks = NEEDED.filter((name) => !(name in window));
  if (lacks.length) throw new Error(`this browser has no ${lacks.join(", no ")}, which Python needs. Update the browser, or switch it on: some switch it off in a strict mode (Lockdown Mode on an iPhone). Nothing was loaded`);
}

// What a reader should know, though the cell runs: said once on a page, beside the buttons.
const remarked = new Set();
function remark(text) {
  if (remarked.has(text) || !job?.cell.bar) return;
  remarked.add(text);
  job.cell.bar.append(make("span", { className: "run-remark", role: "status", textContent: text }));
}
