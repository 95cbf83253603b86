"""The pages: what Sphinx is told (`extension`), what they need to run (`site`), and their finish.

`finish` makes the pages that Sphinx has written quick, accessible (`access`) and safe, with one
style sheet and one script (`bundle`).
"""
