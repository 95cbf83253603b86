"""Notebooks made from the chapters: editions to download, and the folder of `make lab`."""
