# `make book` builds the pages, `make test` checks everything; `make help` lists the rest.
# Needed beforehand: Python 3.11 or newer, and for the tests of the pages Chromium.

PYTHON ?= python3
VENV ?= .venv
PORT ?= 8000

# PyTorch is the fourth witness of each gradient, in the parity tests, and what `make bench` compares the training loop with. It is pinned by
# version, not by hash: each platform has its own builds. TORCH_INDEX has the small ones for the CPU; on Linux PyPI's is a CUDA build of
# gigabytes, and is taken only where that index can't be reached. `make test TORCH=` does without, and the parity tests are skipped.
TORCH ?= torch==2.13.0
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu

# Options for JupyterLab. In a container one is root, and JupyterLab wants to be told that this is meant.
LAB ?=
AS_ROOT = $(if $(filter 0,$(shell id -u)),--allow-root)

# SOLUTIONS=withheld builds the pages, the notebooks and the zip without solutions.
SOLUTIONS ?=
export SOLUTIONS

BIN = $(VENV)/bin
PIP = $(BIN)/python -m pip --disable-pip-version-check
PYTEST = $(BIN)/python -m pytest
HTML = _build/html
LOCK = --universal --generate-hashes --python-version 3.11 --no-emit-index-url --custom-compile-command "make lock" $(UPGRADE)

.PHONY: help book pdf quick test lint serve lab load engines lighthouse bench fashion convnet gpt texts mutants fuzz proofs lock clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /\1|/p' Makefile | awk -F'|' '{ printf "make %-10s %s\n", $$1, $$2 }'

book: $(VENV)/book.stamp ## build the pages in _build/html (SOLUTIONS=withheld: without solutions)
	@$(BIN)/python -m book.build

pdf: $(VENV)/book.stamp ## the same, and print the PDF again if a page has changed
	@$(BIN)/python -m book.build --pdf

quick: lint ## check the library and the prover in a minute: no pages, nothing slow
	@$(PYTEST) code/tests --ignore code/tests/book -m "not site and not slow" -n auto -q

test: pdf lint $(VENV)/torch.stamp $(VENV)/node.stamp ## build the pages, then check code, derivations and pages
	@$(PYTEST) code/tests -m "not lighthouse" -n auto --dist worksteal --durations 40

lighthouse: $(VENV)/test.stamp $(VENV)/node.stamp ## measure the speed of every built page (on a quiet machine)
	@$(PYTEST) code/tests/book/test_finish.py -m lighthouse -s

engines: $(VENV)/test.stamp $(VENV)/node.stamp ## run every cell of every page in three browsers, and keep the table for "checked"
	@$(PYTEST) code/tests/book/test_run.py code/tests/book/test_engines.py -k every_cell_runs --keep-table

# The number of threads is set for each measurement by itself.
bench: $(VENV)/bench.stamp $(VENV)/torch.stamp ## measure speed against PyTorch, JAX, scikit-learn and autograd (on a quiet machine)
	@$(BIN)/python -m bench

fashion: $(VENV)/bench.stamp ## the long run: choose settings, then train with five seeds (some 20 minutes on two cores)
	@$(BIN)/python -m bench.fashion

convnet: $(VENV)/bench.stamp $(VENV)/torch.stamp ## the convolutional network: choose settings, three seeds, the time of a step (some 20 minutes on one core)
	@$(BIN)/python -m bench.convnet

gpt: $(VENV)/bench.stamp $(VENV)/torch.stamp ## the GPT: choose settings, three seeds, longer ones, the time of a step (some 50 minutes on one core)
	@$(BIN)/python -m bench.gpt

lint: $(VENV)/test.stamp ## look for errors and misspellings without running anything
	@$(BIN)/ruff check --config code/pyproject.toml --no-cache code
	@$(BIN)/codespell --toml code/pyproject.toml

serve: ## show the built pages on http://127.0.0.1:8000 (PORT=... for another port)
	@test -f $(HTML)/index.html || { echo "There is no book yet: run 'make book' first."; exit 1; }
	@echo "The book is on http://127.0.0.1:$(PORT)/ (end with Ctrl-C)."
	@$(BIN)/python -m http.server --bind 127.0.0.1 --directory $(HTML) $(PORT)

lab: $(VENV)/lab.stamp ## open the notebooks of the exercises in JupyterLab; what you change is never overwritten (LAB="--ip 0.0.0.0": its options)
	@$(BIN)/python -m book.notebooks.lab notebooks
	@$(BIN)/jupyter lab --notebook-dir notebooks $(AS_ROOT) $(LAB)

load: $(VENV)/test.stamp ## see how many readers one small server can handle (needs nginx, wrk, Chromium; KEEP=--keep for the book)
	@$(BIN)/python -m book.audit.load $(KEEP)
	@$(BIN)/python -m book.audit.line $(KEEP)

texts: $(VENV)/book.stamp ## copy hints and solutions from the chapters for hint() and solution()
	@$(BIN)/python -m book.chapters.texts

mutants: $(VENV)/book.stamp ## plant mistakes in every line of every derivation, and count those refused
	@$(BIN)/python -m book.audit.mutants

fuzz: $(VENV)/test.stamp ## give random lines to the prover and compare what it proves with numbers (PAIRS=20000)
	@PYTHONPATH=code/tests/support $(BIN)/python -m fuzz $(PAIRS)

proofs: $(VENV)/book.stamp ## prove the rules of the judge in Coq (apt-get install coq libcoq-mathcomp-algebra)
	@$(BIN)/python -m book.audit.proofs

lock: ## pin all dependencies again (needs uv; UPGRADE=--upgrade takes the newest)
	@command -v uv >/dev/null || { echo "'make lock' needs uv: python3 -m pip install uv"; exit 1; }
	uv pip compile --quiet $(LOCK) --output-file requirements.lock requirements.txt
	for kind in test lab bench; do uv pip compile --quiet $(LOCK) --constraint requirements.lock --output-file requirements/$$kind.lock requirements.txt requirements/$$kind.txt; done

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

$(VENV)/lab.stamp: $(VENV)/book.stamp requirements/lab.lock
	$(PIP) install --quiet --require-hashes -r requirements/lab.lock
	@touch $@

$(VENV)/bench.stamp: $(VENV)/book.stamp requirements/bench.lock
	$(PIP) install --quiet --require-hashes -r requirements/bench.lock
	@touch $@

$(VENV)/test.stamp: $(VENV)/book.stamp requirements/test.lock
	$(PIP) install --quiet --require-hashes -r requirements/test.lock
	@touch $@

# axe and Lighthouse look at the pages. Where there is no npm, their tests are skipped.
$(VENV)/node.stamp: code/tests/package-lock.json
	@command -v npm >/dev/null || { echo "There is no npm: pages are tested without axe and Lighthouse."; exit 0; }; \
	  npm ci --prefix code/tests --silent --no-audit --no-fund && touch $@

$(VENV)/torch.stamp: $(VENV)/test.stamp
	@test -z "$(TORCH)" && exit 0; \
	  $(PIP) install --quiet --retries 1 --timeout 20 --index-url "$(TORCH_INDEX)" "$(TORCH)" 2>/dev/null \
	  || { echo "No CPU build of PyTorch can be had from $(TORCH_INDEX): PyPI's is taken."; $(PIP) install --quiet "$(TORCH)"; } && touch $@
