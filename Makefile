# make run          serve on http://localhost:3720
# make test         lint, types, import contracts and the tests; takes minutes
# make test-long    the long tests, most of them in a browser
# make test-faults  break everything on purpose, and walk the operator's documents; takes many minutes
# make bench, make bench-ui, make bench-engine, make bench-growth
#                   measure exports, pages, ticks and runs, and what years of data cost
#                   (docs/performance.md)
# make screenshots  take the pictures of docs/screenshots again
#
# Needs Python 3.11 or newer and make; Node comes as a Python package. Packages are installed
# again only when requirements*.txt change.

PYTHON ?= python3 python3.14 python3.13 python3.12 python3.11 python
VENV := .venv
PY := $(VENV)/bin/python
RUN_STAMP := $(VENV)/.installed-run
DEV_STAMP := $(VENV)/.installed-dev
# Two test files at a time; each process has a server and a browser. Browser tests come last.
SIDE_BY_SIDE := --numprocesses 2 --dist loadfile --no-loadscope-reorder

# A .venv that was moved or is broken is replaced: the recorded folder must be this one, and its
# Python must run
HERE := $(shell cat $(VENV)/.folder 2>/dev/null)
WORKS := $(shell $(PY) -c 'import sys, pip; print(sys.version_info >= (3, 11))' 2>/dev/null)
ifneq ($(HERE)|$(WORKS),$(CURDIR)|True)
VENV_AGAIN := again
endif

# Whatever the environment says, tests keep compiled modules: they start the app hundreds of times
test test-long test-faults: export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := run
.PHONY: run test test-long test-faults setup dev bench bench-engine bench-growth bench-ui screenshots clean again

run: $(RUN_STAMP)
	@exec $(PY) -m exports_app serve

test: $(DEV_STAMP)
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy
	@$(VENV)/bin/lint-imports
	@exec $(PY) -m pytest $(SIDE_BY_SIDE)

# All tests marked long but the fault tests
test-long: $(DEV_STAMP)
	@exec $(PY) -m pytest -m long --long --ignore=tests/faults --ignore=tests/distributed --ignore=tests/operations $(SIDE_BY_SIDE)

# SEED=1234 repeats the random choices of an earlier run
test-faults: $(DEV_STAMP)
	@exec $(PY) -m pytest tests/faults tests/distributed tests/operations --long $(if $(SEED),--seed $(SEED)) --capture=no

setup: $(DEV_STAMP)
	@:

dev: $(DEV_STAMP)
	@exec $(PY) -m exports_app.launch.dev

bench: $(DEV_STAMP)
	@exec $(PY) -m bench

bench-engine: $(DEV_STAMP)
	@exec $(PY) -m bench.engine

bench-growth: $(DEV_STAMP)
	@exec $(PY) -m bench.growth

bench-ui: $(DEV_STAMP)
	@exec $(PY) -m bench.ui

screenshots: $(DEV_STAMP)
	@exec $(PY) -m tools.screenshots

clean:
	@rm -rf $(VENV) .venv-bench .web .states .reflex
	@rm -rf .mypy_cache .ruff_cache .import_linter_cache .pytest_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.folder: $(VENV_AGAIN)
	@for python in $(PYTHON); do \
	  if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    echo "making $(VENV) …"; exec $$python tools/environment.py create $(VENV); \
	  fi; \
	done; \
	echo "exports_app needs Python 3.11 or newer, and there is none on PATH:" \
	  "make PYTHON=/path/to/python3" >&2; exit 1
	@printf '%s' '$(CURDIR)' > $@

$(RUN_STAMP): requirements.txt $(VENV)/.folder
	@echo "installing packages (once) …"
	@$(PY) tools/environment.py install requirements.txt
	@touch $@

$(DEV_STAMP): requirements-dev.txt $(RUN_STAMP)
	@echo "installing development packages (once) …"
	@$(PY) tools/environment.py install requirements-dev.txt
	@touch $@
