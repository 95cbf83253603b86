"""How IPython runs the chapters: an error is shown as what it says, without its frames."""

c = get_config()  # noqa: F821  (IPython puts it there)
c.InteractiveShell.xmode = "Minimal"
