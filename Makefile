# Each target does its own set-up: a virtual environment, with everything that requirements-dev.txt pins. A second run skips that.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.installed
PRICES ?= ../shared/prices
ARGS ?=
WORKERS := -n logical --maxprocesses 4 --dist loadfile  # a worker takes 1 GB
FLOOR := 92

.DEFAULT_GOAL := help
.PHONY: help sweep test coverage bench lint docs deploy
.SUFFIXES:
MAKEFLAGS += --no-print-directory --no-builtin-rules

help:  ## show this
	@awk 'BEGIN {FS = ":.*## "} /^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))
	@echo '  ARGS="…" goes on to the program: make sweep ARGS="--fleet 3000", make test ARGS="-k flow"'

sweep: $(READY)  ## sweep a sample fleet in an AWS on this machine; no account needed
	@$(BIN)/finops sweep --embedded $(ARGS)

test: $(READY) lint  ## everything that has to be true: lint, types, the flow, generated files, tests
	@if [ -d "$(PRICES)" ]; then $(BIN)/python scripts/make_pricebook.py "$(PRICES)" --check; \
	else echo "price book: not compared with its sources, $(PRICES) is not here"; fi
	@$(BIN)/python -m pytest $(WORKERS) $(ARGS)

coverage: $(READY)  ## what share of the branches the tests see, without the end-to-end ones; under the floor it fails
	@$(BIN)/python -m pytest $(WORKERS) -m "not e2e" -q --cov=functions --cov=cdk_app --cov=finops --cov-branch --cov-report= $(ARGS)
	@$(BIN)/coverage report --include="finops/*"
	@$(BIN)/coverage report --include="functions/*,cdk_app/*" --fail-under=$(FLOOR)

bench: $(READY)  ## how fast we are, as ratios to a floor measured in the same run
	@$(BIN)/python -m tests.bench $(ARGS)

lint: $(READY)  ## ruff, mypy --strict, statelint
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/python -m scripts.lint_flow

docs: $(READY)  ## write the generated pages in docs/ anew, and the price book when its sources are here
	@$(BIN)/python -m scripts.make_docs
	@if [ -d "$(PRICES)" ]; then $(BIN)/python scripts/make_pricebook.py "$(PRICES)"; \
	else echo "price book: left as it is, $(PRICES) is not here"; fi

deploy: $(READY)  ## deploy to the account of your AWS credentials; once before: make deploy ARGS=--bootstrap
	@$(BIN)/python -m finops.commands.deploy $(ARGS)

$(READY): requirements.txt requirements-dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { echo >&2 \
	  "Python 3.11 or newer is needed, $(PYTHON) is $$($(PYTHON) --version 2>&1): make PYTHON=python3.13 …"; exit 1; }
	@[ -x $(BIN)/python ] || $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo >&2 \
	  "$(PYTHON) cannot make virtual environments; on Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	@[ -x $(BIN)/python ] || $(PYTHON) -m venv $(VENV)
	@echo "Installing what requirements-dev.txt pins into $(VENV); this happens once."
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --requirement requirements-dev.txt
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --editable .
	@touch $@
