// Runs Lighthouse on pages, one after the other, and prints one line of JSON for each.
//
//     node lighthouse.mjs CHROMIUM desktop|mobile ADDRESS…
//
// The browser reaches this machine only. Throttling is Lighthouse's default: simulated, from what
// was loaded, so that a busy machine disturbs it less.

import { launch } from "chrome-launcher";
import lighthouse, { desktopConfig } from "lighthouse";

const [chromePath, form, ...addresses] = process.argv.slice(2);
const LIMIT = 120_000; // milliseconds for one page
const chromeFlags = [
  "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
  "--disable-background-networking", "--disable-component-update",
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
];

const late = (address) => new Promise((_, reject) => {
  setTimeout(() => reject(new Error(`Lighthouse took too long on ${address}`)), LIMIT).unref();
});

const WHY = new Set(["informative", "notApplicable", "manual"]);

/** What a report says in short: scores of 100, bytes, and each audit that cost points. */
function summary({ categories, audits }) {
  const scores = Object.fromEntries(
    Object.values(categories).map(({ id, score }) => [id, Math.round(100 * score)]));
  const lost = Object.values(categories).flatMap(({ auditRefs }) => auditRefs)
    .filter(({ id, weight }) => weight > 0 && audits[id].score < 0.9 && !WHY.has(audits[id].scoreDisplayMode))
    .map(({ id }) => `${id} ${audits[id].displayValue ?? ""}`.trim());
  return { scores, bytes: audits["total-byte-weight"].numericValue, lost };
}

const browser = await launch({ chromePath, chromeFlags, logLevel: "error" });
try {
  for (const address of addresses) {
    const flags = { port: browser.port, output: "json", logLevel: "error", disableFullPageScreenshot: true };
    const config = form === "desktop" ? desktopConfig : undefined;
    const { lhr } = await Promise.race([lighthouse(address, flags, config), late(address)]);
    if (process.env.LIGHTHOUSE_REPORT) (await import("node:fs")).writeFileSync(process.env.LIGHTHOUSE_REPORT, JSON.stringify(lhr));
    console.log(JSON.stringify({ address, form, ...summary(lhr) }));
  }
} finally {
  await browser.kill();
}
