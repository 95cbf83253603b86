// Opens pages in Firefox and runs scripts in them, one line of JSON in and one out for each.
//
//     node firefox.mjs FIREFOX
//
// {"open": address} answers null, {"run": "a function's text"} what the function returns, and {"errors": true} what
// stood in the console since the page was opened.

import { createInterface } from "node:readline";
import puppeteer from "puppeteer-core";

const browser = await puppeteer.launch({ browser: "firefox", executablePath: process.argv[2], headless: true });
const page = await browser.newPage();
let errors = [];
page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
page.on("pageerror", (error) => errors.push(String(error)));

const answers = {
  open: async (address) => {
    errors = [];
    await page.goto(address, { waitUntil: "load" });
    return null;
  },
  run: (text) => page.evaluate(`(${text})()`),
  errors: () => errors,
};

try {
  for await (const line of createInterface({ input: process.stdin })) {
    const [[ask, what]] = Object.entries(JSON.parse(line));
    console.log(JSON.stringify(await answers[ask](what) ?? null));
  }
} finally {
  await browser.close();
}
