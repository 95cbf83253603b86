"""What a page may load and run, and what the frame may in which Python runs.

Scripts that stand in a page are known to the policy by their hash.
"""

from base64 import b64encode
from hashlib import sha256

from .. import ROOT

RUNTIME = ROOT / "code/book/runtime"
FRAME = (RUNTIME / "frame.js").read_text("utf-8")


def known(script):
    """The source that allows one script in a page."""
    return f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'"


# Chooses light or dark before anything is drawn, so that no page flashes. The only inline script: a
# file would hold up the first picture.
FIRST = """
const mode = localStorage.getItem("mode") || "auto";
const dark = mode === "dark" ||
  (mode === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
Object.assign(document.documentElement.dataset, { mode, theme: dark ? "dark" : "light" });
"""

# Everything comes from the site itself. Styles may stand in a page: Temml and figures write them.
# Pyodide compiles WebAssembly; its worker starts from a blob. A host that sends this as a header
# sends it with the frame, too.
POLICY = {
    "default-src": "'none'",
    "script-src": f"'self' 'wasm-unsafe-eval' {known(FIRST)} {known(FRAME)}",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "frame-src": "'self'",
    "worker-src": "'self' blob:",
    "manifest-src": "'self'",
    "base-uri": "'self'",
    "form-action": "'self'",
}


def policy():
    return "; ".join(f"{kind} {sources}" for kind, sources in POLICY.items())


def frame():
    """The page of the frame, with its script in it.

    The frame has an origin that is nobody's. Chromium and Firefox let it load from 'self' all the
    same, WebKit does not: only a script that is there already runs in all three.
    """
    page = (RUNTIME / "frame.html").read_text("utf-8")
    return page.replace("KNOWN", known(FRAME)).replace("FRAME", FRAME)


def headers():
    """The policy as a header, in the form that Netlify and Cloudflare read.

    Who may frame the book (frame-ancestors) can be said in a header only.
    """
    return (
        "/*\n"
        f"  Content-Security-Policy: {policy()}; frame-ancestors 'self'\n"
        "  X-Content-Type-Options: nosniff\n"
        "  Referrer-Policy: same-origin\n"
    )
