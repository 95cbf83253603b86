"""How many readers one small server bears: `make load`.

nginx serves the built pages on this machine, with the configuration that the book recommends
(hosts/nginx.conf), and wrk asks for them over hundreds of connections at once. Both share the
processor, so that a server of its own does better than what is printed.
"""

import argparse
import json
import os
import platform
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from datetime import date
from http.client import HTTPConnection
from pathlib import Path

from .. import ROOT
from ..chromium import chromium

HERE = Path(__file__).resolve().parent
HTML = ROOT / "_build/html"
SITE = HERE / "nginx.conf"
SCRIPT = HERE / "load.lua"
KEPT = HERE / "load.json"
LINE = 125e6  # bytes a second: a line of 1 Gbit/s
NAMES = ["A first view", "A first Run"]
PATIENCE = 60  # seconds until an answer counts as late
ERRORS = {
    "refused": "connections that were refused",
    "broken": "connections that broke off",
    "late": f"answers after more than {PATIENCE} s",
    "status": "answers with a status of 400 or more",
}

# What nginx wants around a site. All that it writes goes into a folder of its own.
AROUND = """
worker_processes auto;
pid nginx.pid;
events {{ worker_connections 4096; }}
http {{
    sendfile on;
    tcp_nopush on;
    access_log off;
    client_body_temp_path body;
    fastcgi_temp_path fastcgi;
    proxy_temp_path proxy;
    scgi_temp_path scgi;
    uwsgi_temp_path uwsgi;
    {site}
}}
"""


def lacking():
    """The programs that are not installed."""
    wanted = {"nginx": program("nginx"), "wrk": program("wrk"), "chromium": chromium()}
    return [name for name, found in wanted.items() if not found]


def program(name):
    """Its path. Debian has nginx where only the administrator's PATH leads."""
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin")


@contextmanager
def nginx(html):
    """nginx with the recommended configuration, on a free port: the port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    here = {"listen": f"127.0.0.1:{port}", "root": f'"{html}"'}
    text = SITE.read_text("utf-8")
    for name, value in here.items():
        text, times = re.subn(rf"^( +{name}) [^;]+;", rf"\1 {value};", text, flags=re.M)
        assert times == 1, f"{SITE} has {times} lines with {name}"
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "nginx.conf").write_text(AROUND.format(site=text), "utf-8")
        told = "daemon off;" + (" user root;" if os.geteuid() == 0 else "")
        run = [program("nginx"), "-p", folder, "-c", "nginx.conf", "-e", "stderr", "-g", told]
        server = subprocess.Popen(run, stderr=subprocess.PIPE, text=True)
        try:
            wait_for(server, port)
            yield port
        finally:
            server.terminate()
            server.communicate(timeout=30)


def wait_for(server, port):
    for _ in range(100):
        if server.poll() is not None:
            raise RuntimeError(f"nginx does not start: {server.stderr.read()}")
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("nginx started and does not answer")


def ask(port, path, **headers):
    """The answer of the server, with its body read: (response, body)."""
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    connection.request("GET", path, headers={"Accept-Encoding": "gzip", **headers})
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response, body


def pages(html):
    """The addresses of the chapters."""
    return [f"/chapters/{page.name}" for page in sorted((html / "chapters").glob("*.html"))]


@contextmanager
def browser():
    """Chromium, seen from Playwright."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"], timeout=60_000
        )
        yield browser
        browser.close()


def first_views(port, pages):
    """What a browser with an empty cache asks for when it opens each page: {page: paths}."""
    start = f"http://127.0.0.1:{port}"
    views = {page: [] for page in pages}
    with browser() as opened:
        for page, asked in views.items():
            context = opened.new_context()
            tab = context.new_page()
            tab.on("request", lambda request, asked=asked: asked.append(request.url))
            tab.goto(start + page, wait_until="networkidle")
            context.close()
    return {page: paths_of(asked, start) for page, asked in views.items()}


def paths_of(addresses, start):
    """The part behind the name of the server, of the addresses that are on it."""
    return [url[len(start) :].split("#")[0] for url in addresses if url.startswith(f"{start}/")]


def first_run(html):
    """What Run loads at most: what site.py has listed for the pages; [] if they have no Run."""
    listed = html / "page/files.json"
    if not listed.is_file():
        return []
    files = json.loads(listed.read_text("utf-8"))["files"]
    return ["/page/files.json", *(f"/{file['path']}" for file in files)]


def weigh(port, paths):
    """How many bytes each file is on the line, and which files are not served."""
    answers = {path: ask(port, path) for path in dict.fromkeys(paths)}
    wrong = {path: answer.status for path, (answer, _) in answers.items() if answer.status != 200}
    return {path: len(body) for path, (_, body) in answers.items()}, wrong


def load(port, paths, seconds, connections):
    """What wrk counts while it asks for the files, in turn, over that many connections."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as listed:
        listed.write("\n".join(paths) + "\n")
        listed.flush()
        run = [program("wrk"), f"-t{os.cpu_count()}", f"-c{connections}", f"-d{seconds}s"]
        run += [f"--timeout={PATIENCE}s", "-s", str(SCRIPT), f"http://127.0.0.1:{port}/"]
        run += ["--", listed.name]
        printed = subprocess.run(run, capture_output=True, text=True, timeout=seconds + 120)
    if printed.returncode:
        raise RuntimeError(f"wrk failed: {printed.stdout}{printed.stderr}")
    return json.loads(printed.stdout.splitlines()[-1])


def measure(port, readers, seconds, connections):
    """The load of all that these readers ask for, and the reader for whom it is most."""
    paths = [path for reader in readers for path in reader]
    sizes, wrong = weigh(port, paths)
    most = max(readers, key=lambda reader: sum(sizes[path] for path in reader))
    return load(port, paths, seconds, connections) | {
        "connections": connections,
        "files": len(most),
        "size": sum(sizes[path] for path in most),
        "wrong": wrong,
    }


def errors(counted):
    return sum(counted[kind] for kind in ERRORS) + len(counted["wrong"])


def readers(counted):
    """How many readers a minute: as far as the server bears it, as far as the line does."""
    server = counted["requests"] / counted["seconds"] / counted["files"]
    return 60 * server, 60 * LINE / counted["size"]


def told(name, counted):
    """The result in words."""
    seconds, size = counted["seconds"], counted["size"]
    server, line = readers(counted)
    unit = f"{size / 1e6:.1f} MB" if size > 2e6 else f"{size / 1e3:,.0f} KB"
    lines = [
        f"{name}: {counted['files']} requests, {unit} on the line",
        f"  {counted['connections']} connections for {seconds:.0f} s: "
        f"{counted['requests'] / seconds:,.0f} requests a second, "
        f"{counted['bytes'] / seconds / 1e6:,.0f} MB/s",
        f"  answered within {counted['p50']:,.0f} ms (half), {counted['p90']:,.0f} ms (90 %), "
        f"{counted['p99']:,.0f} ms (99 %); the slowest {counted['slowest']:,.0f} ms",
        f"  errors: {errors(counted)}",
        *(f"    {counted[kind]} {words}" for kind, words in ERRORS.items() if counted[kind]),
        *(f"    {status} for {path}" for path, status in counted["wrong"].items()),
        f"  readers a minute: {server:,.0f} for this server, {line:,.0f} through 1 Gbit/s",
    ]
    return "\n".join(lines)


def machine():
    """Where and when, in a few words."""
    version = subprocess.run([program("nginx"), "-v"], capture_output=True, text=True).stderr
    release = re.search(r"nginx/(\S+)", version)[1]
    return f"nginx {release}, {os.cpu_count()} cores, {platform.system()}, {date.today()}"


def kept():
    """The result that the book shows."""
    return json.loads(KEPT.read_text("utf-8"))


def show(result):
    print(result["machine"])
    for name in NAMES:
        if name in result:
            print(told(name, result[name]))


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=20, help="how long each part takes")
    parser.add_argument("--connections", type=int, default=500, help="how many at once")
    parser.add_argument("--html", type=Path, default=HTML, help="the built pages")
    parser.add_argument("--keep", action="store_true", help="keep the result for the book")
    options = parser.parse_args(arguments)
    if lacking():
        print("Not installed:", *lacking(), "(Debian: apt-get install nginx-light wrk chromium)")
        return 1
    html = options.html.resolve()
    if not (html / "index.html").is_file():
        print("There is no book yet: run 'make book' first.")
        return 1
    result = {"machine": machine()}
    often = options.seconds, options.connections
    with nginx(html) as port:
        views = first_views(port, pages(html))
        result["A first view"] = measure(port, [*views.values()], *often)
        if first_run(html):
            result["A first Run"] = measure(port, [first_run(html)], *often)
    show(result)
    if not first_run(html):
        print("A first Run: not measured, these pages have no Run")
    if options.keep:
        KEPT.write_text(json.dumps(result, indent=1) + "\n", "utf-8")
    return int(any(errors(result[name]) for name in result if name != "machine"))


if __name__ == "__main__":
    sys.exit(main())
