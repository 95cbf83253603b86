"""The engines of Firefox and of Safari, driven as far as a page has to be opened and asked.

Each is a context manager whose value has `open(address)`, `run(function)` with the text of a
JavaScript function, `press(keys)` and `write(text)` with the keyboard, `errors()`, what stood in
the console, and `asked`, the hosts beside this one that were to be reached.
"""

import json
import os
import shutil
import subprocess
import threading
from contextlib import ExitStack, contextmanager, suppress
from glob import glob
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from browser import need

DRIVER = Path(__file__).with_name("firefox.mjs")
MINIBROWSER = "/usr/lib/*/webkit2gtk-4.*/MiniBrowser"  # where Debian has it


class Kept:
    """One browser for many tests, and the next one where it has ended."""

    def __init__(self, engine):
        self.engine, self.name, self.open, self.now = engine, engine.__name__, ExitStack(), None

    def browser(self):
        if self.now is None or not self.answers():
            self.close()
            self.now = self.open.enter_context(self.engine())
        return self.now

    def answers(self):
        with suppress(Exception):
            return self.now.run("() => true")

    def close(self):
        self.now = None
        with suppress(Exception):  # of a browser that has ended
            self.open.close()


@contextmanager
def nowhere():
    """(port, hosts) of a proxy that reaches nothing, and writes down what it was to reach."""
    asked = []

    class Refuse(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_error(502)

        do_CONNECT = do_POST = do_HEAD = do_GET

        def log_message(self, *args):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Refuse) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server.server_port, asked
        finally:
            server.shutdown()


@contextmanager
def firefox():
    program = shutil.which("firefox-esr") or shutil.which("firefox")
    need(program, "there is no Firefox: apt-get install firefox-esr")
    need(shutil.which("node"), "there is no Node.js, which drives Firefox")
    with nowhere() as (port, asked):
        process = subprocess.Popen(
            ["node", DRIVER, program, str(port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            yield Firefox(process, asked)
        finally:
            with suppress(BrokenPipeError):  # of one that has ended
                process.stdin.close()
            process.wait(30)
            process.stdout.close()


class Firefox:
    def __init__(self, process, asked):
        self.process, self.all_asked = process, asked

    @property
    def asked(self):
        """All but what Firefox asks of its makers, whatever page is open."""
        return [one for one in self.all_asked if not one.endswith(".mozilla.com:443")]

    def ask(self, **question):
        print(json.dumps(question), file=self.process.stdin, flush=True)
        answer = self.process.stdout.readline()
        assert answer, "Firefox has ended"
        return json.loads(answer)

    def open(self, address):
        self.ask(open=address)

    def run(self, function):
        return self.ask(run=function)

    def press(self, keys):
        self.ask(press=keys)

    def write(self, text):
        self.ask(write=text)

    def errors(self):
        """What stood in the console, but for a formula that was cut where a packet ended.

        Firefox draws a page while it still comes. What stays cut is found in the page itself.
        """
        errors = self.ask(errors=True)
        return [one for one in errors if "Incorrect number of children for" not in one]


@contextmanager
def webkit():
    """WebKitGTK, under a display of its own: it has no headless form."""
    webdriver = need_selenium()
    driver = need(shutil.which("WebKitWebDriver"), "apt-get install webkit2gtk-driver")
    with display() as number, nowhere() as (port, asked):
        env = os.environ | {"DISPLAY": f":{number}"}
        # Where root runs the tests, as in a container, WebKit has no sandbox to go into.
        if os.geteuid() == 0:
            env["WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS"] = "1"
        # Drawn by a graphics library in software, pages cost more, and it has crashed under them.
        env["WEBKIT_DISABLE_COMPOSITING_MODE"] = "1"
        options = webdriver.WebKitGTKOptions()
        options.binary_location = need(glob(MINIBROWSER), "apt-get install webkit2gtk-driver")[0]
        options.add_argument("--automation")
        proxy = {"httpProxy": f"127.0.0.1:{port}", "sslProxy": f"127.0.0.1:{port}"}
        options.set_capability("proxy", {"proxyType": "manual", **proxy, "noProxy": ["127.0.0.1"]})
        browser = begun(webdriver, options, lambda: webdriver.WebKitGTKService(driver, env=env))
        try:
            yield WebKit(browser, asked)
        finally:
            browser.quit()


def begun(webdriver, options, service, patience=60, tries=3):
    """A session; a driver that has not begun one after `patience` seconds is ended and replaced."""
    for left in reversed(range(tries)):
        driver = service()
        watch = threading.Timer(patience, lambda driver=driver: driver.process.kill())
        watch.start()
        try:
            return webdriver.WebKitGTK(options=options, service=driver)
        except Exception:
            if not left:
                raise
        finally:
            watch.cancel()


@contextmanager
def display():
    """The number of a screen that nobody sees."""
    need(shutil.which("Xvfb"), "there is no Xvfb: apt-get install xvfb")
    read, write = os.pipe()
    process = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "1280x900x24", "-nolisten", "tcp"],
        pass_fds=[write],
        stderr=subprocess.DEVNULL,
    )
    os.close(write)
    try:
        yield os.read(read, 20).decode().strip()
    finally:
        os.close(read)
        process.terminate()
        process.wait(30)


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

    def __init__(self, browser, asked):
        self.browser, self.asked = browser, asked

    def open(self, address):
        self.browser.get(address)
        self.browser.execute_script(self.LISTEN)

    def run(self, function):
        return self.browser.execute_script(f"return ({function})()")

    def press(self, keys):
        from selenium.webdriver import ActionChains, Keys  # here: only this engine needs it

        *held, key = [getattr(Keys, one.upper(), one) for one in keys.split("+")]
        actions = ActionChains(self.browser, duration=0)
        for one in held:
            actions.key_down(one)
        actions.send_keys(key)
        for one in held:
            actions.key_up(one)
        actions.perform()

    def write(self, text):
        self.browser.switch_to.active_element.send_keys(text)

    def errors(self):
        return self.browser.execute_script("return told")
