"""The engines of Firefox and of Safari, driven as far as a page has to be opened and asked.

Each is a context manager whose value has `open(address)`, `run(function)` with the text of a
JavaScript function, and `errors()`, what stood in the console.
"""

import json
import os
import shutil
import subprocess
from contextlib import contextmanager
from glob import glob
from pathlib import Path

from browser import need

DRIVER = Path(__file__).with_name("firefox.mjs")
MINIBROWSER = "/usr/lib/*/webkit2gtk-4.*/MiniBrowser"  # where Debian has it


@contextmanager
def firefox():
    program = shutil.which("firefox-esr") or shutil.which("firefox")
    need(program, "there is no Firefox: apt-get install firefox-esr")
    need(shutil.which("node"), "there is no Node.js, which drives Firefox")
    asked = subprocess.Popen(
        ["node", DRIVER, program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Firefox(asked)
    finally:
        asked.stdin.close()
        asked.wait(30)
        asked.stdout.close()


class Firefox:
    def __init__(self, process):
        self.process = process

    def ask(self, **question):
        print(json.dumps(question), file=self.process.stdin, flush=True)
        answer = self.process.stdout.readline()
        assert answer, "Firefox has ended"
        return json.loads(answer)

    def open(self, address):
        self.ask(open=address)

    def run(self, function):
        return self.ask(run=function)

    def errors(self):
        return self.ask(errors=True)


@contextmanager
def webkit():
    """WebKitGTK, under a display of its own: it has no headless form."""
    webdriver = need_selenium()
    driver = need(shutil.which("WebKitWebDriver"), "apt-get install webkit2gtk-driver")
    need(shutil.which("Xvfb"), "there is no Xvfb: apt-get install xvfb")
    read, write = os.pipe()
    display = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "1280x900x24", "-nolisten", "tcp"],
        pass_fds=[write],
        stderr=subprocess.DEVNULL,
    )
    os.close(write)
    number = os.read(read, 20).decode().strip()
    # Where root runs the tests, as in a container, WebKit has no sandbox to go into.
    env = os.environ | {"DISPLAY": f":{number}"}
    if os.geteuid() == 0:
        env["WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS"] = "1"
    options = webdriver.WebKitGTKOptions()
    options.binary_location = need(glob(MINIBROWSER), "apt-get install webkit2gtk-driver")[0]
    options.add_argument("--automation")
    service = webdriver.WebKitGTKService(driver, env=env)
    try:
        browser = webdriver.WebKitGTK(options=options, service=service)
        try:
            yield WebKit(browser)
        finally:
            browser.quit()
    finally:
        display.terminate()
        display.wait(30)


def need_selenium():
    try:
        from selenium import webdriver  # here: only this engine needs it
    except ImportError:
        return need(None, "there is no selenium, which drives WebKit")
    return webdriver


class WebKit:
    # The console can't be read over WebDriver: the page itself has to listen.
    LISTEN = """window.told = [];
        addEventListener("error", (event) => told.push(event.message));
        addEventListener("unhandledrejection", (event) => told.push(String(event.reason)));
        addEventListener("securitypolicyviolation", (event) => told.push(event.blockedURI));"""

    def __init__(self, browser):
        self.browser = browser

    def open(self, address):
        self.browser.get(address)
        self.browser.execute_script(self.LISTEN)

    def run(self, function):
        return self.browser.execute_script(f"return ({function})()")

    def errors(self):
        return self.browser.execute_script("return told")
