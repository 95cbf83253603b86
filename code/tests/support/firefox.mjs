// Opens pages in Firefox and runs scripts in them, one line of JSON in and one out for each.
//
//     node firefox.mjs FIREFOX PORT
//
// {"open": address} answers null, {"run": "a function's text"} what the function returns, {"press": "Shift+Tab"} and
// {"write": text} null, and {"errors": true} what stood in the console since the page was opened. What is not on
// 127.0.0.1 is asked of a proxy on PORT.

import { createInterface } from "node:readline";
import puppeteer from "puppeteer-core";

const [executablePath, port] = process.argv.slice(2);
const proxy = { type: 1, http: "127.0.0.1", http_port: +port, ssl: "127.0.0.1", ssl_port: +port };
const extraPrefsFirefox = Object.fromEntries(Object.entries(proxy).map(([name, value]) => [`network.proxy.${name}`, value]));
// On a machine under load the first start has taken more than the half minute that is given by default.
const browser = await puppeteer.launch({ browser: "firefox", executablePath, headless: true, extraPrefsFirefox, timeout: 180_000 });
const page = await browser.newPage();
let errors = [];
page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
page.on("pageerror", (error) => errors.push(String(error)));

const answers = {
  open: async (address) => {
    errors = [];
    await page.goto(address, { waitUntil: "load" });
  },
  run: (text) => page.evaluate(`(${text})()`),
  press: async (keys) => {
    const [key, ...held] = keys.split("+").reverse();
    for (const one of held) await page.keyboard.down(one);
    await page.keyboard.press(key);
    for (const one of held) await page.keyboard.up(one);
  },
  write: (text) => page.keyboard.type(text),
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
