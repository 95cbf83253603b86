"""How IPython runs the chapters: an error is shown as what it says, without the frames it came through."""

c = get_config()  # noqa: F821  (IPython puts it there)
c.InteractiveShell.xmode = "Minimal"
