# Everything runs in .venv, which the first target that needs it makes from requirements.lock.
#   PYTHON  the interpreter a new .venv is made with:  make compare PYTHON=python3.12
#   ARGS    options for the program:                   make compare ARGS='flags/seed-article -v'
#   TF      a release instead of the installed one:    make compare TF=2.15.1

PYTHON ?= python3
ARGS ?=
TF ?=
TARGET := $(if $(TF),--tf '$(TF)')
BIN := .venv/bin
# The last thing that setting up makes: without it a .venv is half-made and made anew.
READY := .venv/.ready

PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input --quiet install
PYTEST := $(BIN)/python -m pytest -n 2
# Hundreds of small temporary files: on a disk, syncing and removing them takes as long as the tests.
IN_MEMORY := $(if $(wildcard /dev/shm/.),PYTEST_DEBUG_TEMPROOT=/dev/shm)
SUPPORTED := import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))
VERSION := import sys; print(sys.version.split()[0])

# Some shells export it. Without .pyc files every start of TensorFlow takes more than twice as long.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help compare record upgrade test lint unit flows integration bench lock docs clean

help: ## list these verbs
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo "ARGS='...' goes to the program: make compare ARGS='flags/seed-article -v'"
	@echo "TF=... runs a release in an environment of its own: make compare TF=2.15.1"
	@echo "PYTHON=... makes a new .venv with another interpreter: make compare PYTHON=python3.12"

compare: $(READY) ## run every scenario, against golden files and runner against runner
	@$(BIN)/harness compare $(TARGET) $(ARGS)

record: $(READY) ## run every scenario and add what it did to the golden files
	@$(BIN)/harness record $(TARGET) $(ARGS)

upgrade: $(READY) ## what a release changes, why, and what it touches; ARGS=--record records it
	@$(if $(TF),$(BIN)/harness upgrade '$(TF)' $(ARGS),echo 'make: which release? make upgrade TF=2.21.0' >&2; exit 2)

test: lint unit flows integration ## run every check and every test

lint: $(READY) ## ruff and mypy
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

unit: $(READY) ## the tests of single parts, in seconds
	@$(IN_MEMORY) $(PYTEST) --dist worksteal -o tmp_path_retention_policy=failed tests/unit

flows: $(READY) ## the tests of reports, of whole verbs on recorded values, and of this repository, without TensorFlow
	@$(IN_MEMORY) $(PYTEST) --dist worksteal -o tmp_path_retention_policy=failed tests/flows tests/report tests/house

integration: $(READY) ## the tests that run TensorFlow, in minutes
	@$(PYTEST) tests/integration

bench: $(READY) ## time compare against the bare import of TensorFlow
	@$(BIN)/python benchmarks/bench.py $(ARGS)

lock: $(READY) ## write requirements.lock anew; ARGS=--upgrade takes the newest releases
	@$(BIN)/uv pip compile pyproject.toml --output-file requirements.lock --quiet \
	  --universal --python-version 3.10 --extra tf --extra envs --extra dev \
	  --generate-hashes --no-header --no-annotate $(ARGS)
	@if grep -n '://' requirements.lock >&2; then echo 'make: requirements.lock must not name a host' >&2; exit 1; fi

docs: $(READY) ## write the generated pages, schemas and tables anew
	@$(BIN)/harness schema --output scenarios/schema.json
	@$(BIN)/harness schema --run --output docs/run.schema.json
	@$(BIN)/harness schema --markdown --output docs/scenarios.md
	@$(BIN)/harness rules --markdown > docs/rules.md
	@$(BIN)/harness matrix --readme README.md
	@$(BIN)/harness found --output docs/what-we-found.md

clean: ## remove .venv and every cache
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis dist
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A .venv that was complete is brought up to date; any other is made anew, since pip cannot repair what an
# interrupted pip left behind.
$(READY): requirements.lock pyproject.toml
	@if [ -e $(READY) ]; then \
	  rm $(READY); \
	  echo 'setup: requirements.lock or pyproject.toml changed, bringing .venv up to date' >&2; \
	else \
	  $(PYTHON) -c '' || { \
	    echo 'make: cannot start $(PYTHON); name a Python 3.10 to 3.13: make PYTHON=/path/to/python3' >&2; exit 1; }; \
	  $(PYTHON) -c '$(SUPPORTED)' || { \
	    echo "make: $(PYTHON) is Python $$($(PYTHON) -c '$(VERSION)'), need 3.10 to 3.13: make PYTHON=python3.12" >&2; \
	    exit 1; }; \
	  $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	    echo 'make: $(PYTHON) has no venv module; on Debian and Ubuntu: apt install python3-venv' >&2; exit 1; }; \
	  echo "setup: making .venv with Python $$($(PYTHON) -c '$(VERSION)')" >&2; \
	  $(PYTHON) -m venv --clear .venv >&2 || exit 1; \
	fi
	@echo 'setup: installing requirements.lock; TensorFlow is 600 MB, so the first time takes minutes' >&2
	@$(PIP) --require-hashes --requirement requirements.lock >&2
	@echo 'setup: installing the harness' >&2
	@$(PIP) --no-deps --no-build-isolation --editable . >&2
	@$(BIN)/python -m compileall -q harness >&2
	@touch $(READY)
