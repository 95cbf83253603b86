"""How long a reader on a slow line waits for the first result: `python -m book.audit.line`.

Between nginx and Chromium stands a line of 10 Mbit/s and 40 ms, as DevTools has it, of which all
connections share the bytes. The clock runs from the press of Run to what the cell says.
"""

import asyncio
import json
import sys
import threading
import time
from contextlib import contextmanager

from .load import HERE, HTML, browser, lacking, machine, nginx

KEPT = HERE / "line.json"
RATE, DELAY = 10e6 / 8, 0.020  # bytes a second, seconds each way
PAGE = "/chapters/initializers.html"
PIECE = 8192  # bytes
TIMES = 3
RUN = """() => {
    document.querySelectorAll("details").forEach((details) => { details.open = true; });
    const runs = [...document.querySelectorAll(".cell:has(.run-bar)")];
    window.cell = runs.find((one) => one.textContent.includes("import numpy as np"));
    cell.querySelector(".run-bar button").click();
}"""
ENDED = "() => /^(Done|Error)/.test(cell.querySelector('.run-status').textContent)"


class Line:
    """Carries bytes from one end to the other, one piece after the other."""

    def __init__(self):
        self.free = 0.0

    async def carry(self, reader, writer):
        queue = asyncio.Queue()
        sending = asyncio.create_task(self.deliver(queue, writer))
        while piece := await reader.read(PIECE):
            self.free = max(self.free, time.monotonic()) + len(piece) / RATE
            await queue.put((self.free + DELAY, piece))
            await asyncio.sleep(self.free - time.monotonic())
        await queue.put((0, b""))
        await sending

    async def deliver(self, queue, writer):
        while True:
            due, piece = await queue.get()
            if not piece:
                return writer.close()
            await asyncio.sleep(due - time.monotonic())
            writer.write(piece)
            await writer.drain()


@contextmanager
def slow(port):
    """The port of a slow line to this port."""
    loop, up, down = asyncio.new_event_loop(), Line(), Line()

    async def connect(reader, writer):
        writers = [writer]
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
            writers.append(far_writer)
            await asyncio.gather(
                up.carry(reader, far_writer), down.carry(far_reader, writer), return_exceptions=True
            )
        finally:  # what has carried all it had is closed by now
            for one in writers:
                if not one.is_closing():
                    one.transport.abort()

    running = threading.Thread(target=loop.run_forever, daemon=True)
    running.start()
    start = asyncio.start_server(connect, "127.0.0.1", 0)
    server = asyncio.run_coroutine_threadsafe(start, loop).result()
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        asyncio.run_coroutine_threadsafe(end(server), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        running.join()
        loop.close()


async def end(server):
    server.close()
    open_still = asyncio.all_tasks() - {asyncio.current_task()}
    for task in open_still:
        task.cancel()
    await asyncio.gather(*open_still, return_exceptions=True)
    await asyncio.sleep(0)  # the loop puts away what was closed


def waited(tab, address):
    """Seconds from the press of Run of a cell that needs NumPy to its result."""
    tab.goto(address, wait_until="networkidle")
    begun = time.monotonic()
    tab.evaluate(RUN)
    tab.wait_for_function(ENDED, timeout=120_000, polling=20)
    return time.monotonic() - begun


def measure(port):
    """The waits of a browser that is here for the first time, and of one that was here before."""
    first, warm = [], []
    with browser() as opened:
        for _ in range(TIMES):
            context = opened.new_context()
            tab = context.new_page()
            first.append(waited(tab, f"http://127.0.0.1:{port}{PAGE}"))
            tab.wait_for_timeout(2000)  # what starts the next page sooner is kept meanwhile
            warm.append(waited(tab, f"http://127.0.0.1:{port}{PAGE}"))
            context.close()
    return {"first": sorted(first)[TIMES // 2], "warm": sorted(warm)[TIMES // 2]}


def kept():
    """The result that the book shows."""
    return json.loads(KEPT.read_text("utf-8"))


def show(result):
    print(f"{result['machine']}; seconds from Run to the first result of a cell that needs NumPy:")
    for line in ("this machine", "10 Mbit/s, 40 ms"):
        told = result[line]
        print(f"  {line}: {told['first']:.1f} the first time, {told['warm']:.1f} on the next page")


def main():
    if lacking():
        print("Not installed:", *lacking())
        return 1
    with nginx(HTML) as port:
        result = {"machine": machine(), "this machine": measure(port)}
        with slow(port) as far:
            result["10 Mbit/s, 40 ms"] = measure(far)
    show(result)
    if "--keep" in sys.argv:
        KEPT.write_text(json.dumps(result, indent=1) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
