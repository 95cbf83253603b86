# `make book` builds the pages, `make test` checks everything; `make help` lists the rest.
# Needed beforehand: Python 3.11 or newer, and for the tests of the pages Chromium.

PYTHON ?= python3
VENV ?= .venv
PORT ?= 8000

# PyTorch is the fourth witness of each gradient, in the parity tests, and what `make bench` compares the training loop with. It is pinned by
# version, not by hash: PyPI's wheel for Linux is a CUDA build of gigabytes, the small CPU build has other hashes, and each platform has its
# own. TORCH_INDEX names the index to take it from (https://download.pytorch.org/whl/cpu has the CPU builds); `make test TORCH=` does without,
# and the parity tests are skipped.
TORCH ?= torch==2.13.0
TORCH_INDEX ?=

# One BLAS thread: the same sums in the same order on every machine, and no stalls on a shared one. The two other variables, where set,
# choose slow kernels for a current NumPy. The path leads to code/book. IPython's settings and the progress in the exercises are the book's, not
# the reader's.
ENV = env -u OPENBLAS_CORETYPE -u OPENBLAS_L2_SIZE OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 PYTHONPATH="$(CURDIR)/code" IPYTHONDIR="$(CURDIR)/code/book/ipython" GRADIENTS_PROGRESS="$(CURDIR)/_build/progress.json"

# In JupyterLab settings and progress are the reader's own.
LAB_ENV = env -u OPENBLAS_CORETYPE -u OPENBLAS_L2_SIZE PYTHONPATH="$(CURDIR)/code"

# SOLUTIONS=withheld builds the pages, the notebooks and the zip without solutions.
SOLUTIONS ?=
export SOLUTIONS

BIN = $(VENV)/bin
PIP = $(BIN)/python -m pip --disable-pip-version-check
HTML = _build/html
LOCK = --universal --generate-hashes --python-version 3.11 --no-emit-index-url --custom-compile-command "make lock" $(UPGRADE)

.PHONY: help book test lint serve lab load lighthouse bench fashion texts mutants lock clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /\1|/p' Makefile | awk -F'|' '{ printf "make %-10s %s\n", $$1, $$2 }'

# Sphinx and the notebook cache see that a chapter changed, but not that the library or a style sheet did: then what they keep is thrown away.
# Two pages look at all others and are run again when one of them changed. So it is after a failure, since Sphinx does not repeat the warnings of a page that it has read already.
# Then, if anything has changed, notebooks are made of the chapters, Sphinx's pages are finished (quick, accessible, safe), and all are printed.
book: $(VENV)/book.stamp ## build the pages in _build/html (SOLUTIONS=withheld: without solutions)
	@mkdir -p _build
	@$(ENV) $(BIN)/python -m book.pyodide
	@{ echo "SOLUTIONS=$(SOLUTIONS)"; find code/backprop code/data code/book/exercises.py requirements.lock -type f ! -name '*.pyc' ! -name texts.json | LC_ALL=C sort | xargs cksum; } > _build/code.new
	@cmp -s _build/code.new _build/code.sum || rm -rf _build/.jupyter_cache _build/.doctrees
	@cksum chapters/*.md code/book/*.py code/book/*.json > _build/pages.new
	@cmp -s _build/pages.new _build/pages.sum || touch chapters/gradients.md chapters/checked.md
	@find _static vendor code/book/site.py code/book/page -type f ! -name '*.pyc' | LC_ALL=C sort | xargs cksum > _build/static.new
	@cmp -s _build/static.new _build/static.sum || rm -rf _build/.doctrees
	@for list in code pages static; do mv _build/$$list.new _build/$$list.sum; done
	@$(ENV) $(BIN)/jupyter-book build . -W --keep-going -n \
	  || { rm -rf _build/.doctrees; exit 1; }
	@{ cat _build/code.sum _build/pages.sum _build/static.sum; cksum _config.yml _toc.yml index.md references.bib; $(ENV) $(BIN)/python -m book.chromium; \
	  find code/book -type f ! -name '*.pyc' | LC_ALL=C sort | xargs cksum; } > _build/site.new
	@if grep -L "finished by book.finish" $(HTML)/*.html $(HTML)/chapters/*.html | grep -q . || ! cmp -s _build/site.new _build/site.sum; then \
	  $(ENV) $(BIN)/python -m book.editions $(HTML) && $(ENV) $(BIN)/python -m book.finish $(HTML) \
	  && $(ENV) $(BIN)/python -m book.pdf $(HTML) $(HTML)/gradients-by-hand.pdf && mv _build/site.new _build/site.sum; fi
	@echo "The book is in $(HTML). To read it: make serve (or open $(HTML)/index.html in a browser)."

test: book lint $(VENV)/torch.stamp $(VENV)/node.stamp ## build the pages, then check code, derivations and pages
	@$(ENV) $(BIN)/python -m pytest code/tests -m "not lighthouse"

lighthouse: $(VENV)/test.stamp $(VENV)/node.stamp ## measure the speed of every built page (on a quiet machine)
	@$(ENV) $(BIN)/python -m pytest code/tests/test_quality.py -m lighthouse -s

# The number of threads is set for each measurement by itself.
bench: $(VENV)/bench.stamp $(VENV)/torch.stamp ## measure speed beside PyTorch, JAX, scikit-learn and autograd (on a quiet machine)
	@$(ENV) $(BIN)/python -m bench

fashion: $(VENV)/bench.stamp ## the long run: choose settings, then train with five seeds (some 20 minutes on two cores)
	@$(ENV) $(BIN)/python -m bench.fashion

lint: $(VENV)/test.stamp ## look for errors and misspellings without running anything
	@$(BIN)/ruff check --config code/pyproject.toml --no-cache code
	@$(BIN)/codespell --toml code/pyproject.toml

serve: ## show the built pages on http://127.0.0.1:8000 (PORT=... for another port)
	@test -f $(HTML)/index.html || { echo "There is no book yet: run 'make book' first."; exit 1; }
	@echo "The book is on http://127.0.0.1:$(PORT)/ (end with Ctrl-C)."
	@$(BIN)/python -m http.server --bind 127.0.0.1 --directory $(HTML) $(PORT)

lab: $(VENV)/lab.stamp ## open the notebooks of the exercises in JupyterLab; what you change in them is never overwritten
	@$(ENV) $(BIN)/python -m book.lab notebooks
	@$(LAB_ENV) $(BIN)/jupyter lab --notebook-dir notebooks

load: $(VENV)/test.stamp ## see how many readers one small server bears (needs nginx, wrk, Chromium; KEEP=--keep for the book)
	@$(ENV) $(BIN)/python -m book.load $(KEEP)

texts: $(VENV)/book.stamp ## copy hints and solutions from the chapters for hint() and solution()
	@$(ENV) $(BIN)/python -m book.exercises

mutants: $(VENV)/book.stamp ## plant mistakes in every line of every derivation, and count those refused
	@$(ENV) $(BIN)/python -m book.mutants

lock: ## pin all dependencies again (needs uv; UPGRADE=--upgrade takes the newest)
	@command -v uv >/dev/null || { echo "'make lock' needs uv: python3 -m pip install uv"; exit 1; }
	uv pip compile --quiet $(LOCK) --output-file requirements.lock requirements.txt
	for kind in test lab bench; do uv pip compile --quiet $(LOCK) --constraint requirements.lock --output-file requirements-$$kind.lock requirements.txt requirements-$$kind.txt; done

clean: ## remove what was built (the environment in .venv stays)
	rm -rf _build code/dist .ruff_cache .pytest_cache code/.pytest_cache .hypothesis code/.hypothesis

# The environment is made in steps; each leaves a stamp, so that a second call does nothing.
$(VENV)/python.stamp:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "This book needs Python 3.11 or newer, and '$(PYTHON)' is `$(PYTHON) --version 2>&1`. Name another: make PYTHON=python3.12 ..."; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/book.stamp: $(VENV)/python.stamp requirements.lock code/pyproject.toml
	$(PIP) install --quiet --require-hashes -r requirements.lock
	$(PIP) install --quiet --no-deps --no-build-isolation -e ./code
	@touch $@

$(VENV)/lab.stamp: $(VENV)/book.stamp requirements-lab.lock
	$(PIP) install --quiet --require-hashes -r requirements-lab.lock
	@touch $@

$(VENV)/bench.stamp: $(VENV)/book.stamp requirements-bench.lock
	$(PIP) install --quiet --require-hashes -r requirements-bench.lock
	@touch $@

$(VENV)/test.stamp: $(VENV)/book.stamp requirements-test.lock
	$(PIP) install --quiet --require-hashes -r requirements-test.lock
	@touch $@

# axe and Lighthouse look at the pages. Where there is no npm, their tests are skipped.
$(VENV)/node.stamp: code/tests/package-lock.json
	@command -v npm >/dev/null || { echo "There is no npm: pages are tested without axe and Lighthouse."; exit 0; }; \
	  npm ci --prefix code/tests --silent --no-audit --no-fund && touch $@

$(VENV)/torch.stamp: $(VENV)/test.stamp
	@if test -n "$(TORCH)"; then \
	  index="$(TORCH_INDEX)"; $(PIP) install --quiet $${index:+--index-url "$$index"} "$(TORCH)" && touch $@; \
	fi
