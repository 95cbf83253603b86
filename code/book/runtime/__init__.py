"""What runs in the reader's browser: scripts, the kernel, and Pyodide, which `pyodide` fetches."""
