# make run: serve on http://localhost:3720.   make test: lint, types, import contracts and the tests, in minutes.   make test-long: the long tests, most of them in a browser.   make test-faults: break everything on purpose, for many minutes.
# make bench: measure exports beside others; make bench-ui: measure pages; make bench-engine: measure ticks and runs (docs/performance.md).   make screenshots: take the pictures of docs/screenshots anew.
# Needs Python 3.11 or newer and make; Node comes as a Python package. Nothing is installed again unless requirements*.txt change.

PYTHON ?= python3 python3.14 python3.13 python3.12 python3.11 python
VENV := .venv
PY := $(VENV)/bin/python
RUN_STAMP := $(VENV)/.installed-run
DEV_STAMP := $(VENV)/.installed-dev
# Two files at a time, each process with a server and a browser of its own; in their order, in which the browser's come last
SIDE_BY_SIDE := --numprocesses 2 --dist loadfile --no-loadscope-reorder
PIP := $(PY) -m pip install --quiet --disable-pip-version-check --no-input

# A moved or broken .venv is made anew: the recorded folder must be this one, and its Python must run
HERE := $(shell cat $(VENV)/.folder 2>/dev/null)
WORKS := $(shell $(PY) -c 'import sys, pip; print(sys.version_info >= (3, 11))' 2>/dev/null)
ifneq ($(HERE)|$(WORKS),$(CURDIR)|True)
VENV_AGAIN := again
endif

.DEFAULT_GOAL := run
.PHONY: run test test-long test-faults setup dev bench bench-engine bench-ui screenshots clean again

run: $(RUN_STAMP)
	@exec $(PY) -m exports_app serve

test: $(DEV_STAMP)
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy
	@$(VENV)/bin/lint-imports
	@exec $(PY) -m pytest $(SIDE_BY_SIDE)

# What is marked long outside of the faults
test-long: $(DEV_STAMP)
	@exec $(PY) -m pytest -m long --long --ignore=tests/faults --ignore=tests/distributed $(SIDE_BY_SIDE)

# SEED=1234 replays what was random
test-faults: $(DEV_STAMP)
	@exec $(PY) -m pytest tests/faults tests/distributed --long $(if $(SEED),--seed $(SEED)) --capture=no

setup: $(DEV_STAMP)
	@:

dev: $(DEV_STAMP)
	@exec $(PY) -m exports_app.launch.dev

bench: $(DEV_STAMP)
	@exec $(PY) -m bench

bench-engine: $(DEV_STAMP)
	@exec $(PY) -m bench.engine

bench-ui: $(DEV_STAMP)
	@exec $(PY) -m bench.ui

screenshots: $(DEV_STAMP)
	@exec $(PY) -m tools.screenshots

clean:
	@rm -rf $(VENV) .venv-bench .web .states .reflex .mypy_cache .ruff_cache .import_linter_cache .pytest_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.folder: $(VENV_AGAIN)
	@for python in $(PYTHON); do \
	  if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    echo "making $(VENV) …"; rm -rf $(VENV); exec $$python -m venv $(VENV); \
	  fi; \
	done; \
	echo "exports_app needs Python 3.11 or newer, and there is none on PATH: make PYTHON=/path/to/python3" >&2; exit 1
	@$(PIP) --upgrade pip
	@$(PIP:install=uninstall) --quiet --yes setuptools wheel
	@printf '%s' '$(CURDIR)' > $@

$(RUN_STAMP): requirements.txt $(VENV)/.folder
	@echo "installing packages (once) …"
	@$(PIP) -r requirements.txt
	@touch $@

$(DEV_STAMP): requirements-dev.txt $(RUN_STAMP)
	@echo "installing development packages (once) …"
	@$(PIP) -r requirements-dev.txt
	@touch $@
