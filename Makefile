# Each target does its own set-up: a virtual environment with what it needs of requirements-dev.txt. A second run skips that.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.dev
FOR_SWEEP := $(VENV)/.sweep
PRICES ?= ../shared/prices
ARGS ?=
WORKERS := -n logical --maxprocesses 4 --dist loadfile  # a worker takes 1 GB
FLOOR := 92
CHECK_PYTHON := $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { echo >&2 \
  "Python 3.11 or newer is needed, $(PYTHON) is $$($(PYTHON) --version 2>&1): make PYTHON=python3.13 …"; exit 1; }

.DEFAULT_GOAL := help
.PHONY: help sweep test test-browser test-sfn-local coverage bench lint lint-templates audit docs deploy lock
.SUFFIXES:
MAKEFLAGS += --no-print-directory --no-builtin-rules
unexport PYTHONDONTWRITEBYTECODE  # else each of many processes would compile anew what it imports

help:  ## show this
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))
	@echo '  ARGS="…" goes on to the program: make sweep ARGS="--fleet 3000", make test ARGS="-k flow"'

sweep: $(FOR_SWEEP)  ## sweep a sample fleet in an AWS on this machine; no account needed
	@$(BIN)/finops sweep --embedded $(ARGS)

test: $(READY) lint  ## everything that has to be true: lint, types, the flow, generated files, tests
	@if [ -d "$(PRICES)" ]; then $(BIN)/python -m scripts.make_pricebook "$(PRICES)" --check; \
	else echo "price book: not compared with its sources, $(PRICES) is not here"; fi
	@$(BIN)/python -m pytest $(WORKERS) --ignore=tests/browser $(ARGS)

test-browser: $(READY)  ## the report in Chromium, as people work in it; without one it is skipped, and says so
	@$(BIN)/python -m pytest tests/browser -rs $(ARGS)

test-sfn-local: $(READY)  ## the flow, with stand-ins for its functions, on AWS's Step Functions Local, where a Docker engine runs
	@$(BIN)/python -m tests.statemachine.step_functions_local $(ARGS)

coverage: $(READY)  ## what share of the branches the tests see, without the end-to-end ones; under the floor it fails
	@$(BIN)/python -m pytest $(WORKERS) -m "not e2e" --ignore=tests/browser -q --cov=functions --cov=cdk_app --cov=finops --cov-branch --cov-report= $(ARGS)
	@$(BIN)/coverage report --include="finops/*"
	@$(BIN)/coverage report --include="functions/*,cdk_app/*" --fail-under=$(FLOOR)

bench: $(READY)  ## how fast we are, as ratios to a floor measured in the same run
	@$(BIN)/python -m tests.bench $(ARGS)

lint: $(READY)  ## ruff, mypy --strict, who may import whom, statelint
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo --cache-dir .cache/imports
	@$(BIN)/python -m scripts.lint_flow

lint-templates: $(READY)  ## cfn-lint on the templates of six configurations in four partitions; a few minutes
	@$(BIN)/python -m scripts.lint_templates $(ARGS)

audit: $(READY)  ## is a secret in the repository, or a known vulnerability in what is locked?
	@$(BIN)/python -m scripts.audit

docs: $(READY)  ## write the generated pages in docs/ anew, and the price book when its sources are here
	@$(BIN)/python -m scripts.make_docs $(ARGS)
	@if [ -d "$(PRICES)" ]; then $(BIN)/python -m scripts.make_pricebook "$(PRICES)"; \
	else echo "price book: left as it is, $(PRICES) is not here"; fi

deploy: $(READY)  ## deploy to the account of your AWS credentials; once before: make deploy ARGS=--bootstrap
	@$(BIN)/python -m finops.commands.deploy $(ARGS)

lock:  ## write both requirements files anew from pyproject.toml; ARGS=--upgrade takes the newest versions
	@$(CHECK_PYTHON)
	@$(PYTHON) scripts/set_up.py lock $(VENV) $(ARGS)

$(READY) $(FOR_SWEEP): $(VENV)/.%: requirements-dev.txt pyproject.toml scripts/set_up.py
	@$(CHECK_PYTHON)
	@echo "Installing what $(if $(filter sweep,$*),a sweep needs,requirements-dev.txt locks) into $(VENV); this happens once."
	@$(PYTHON) scripts/set_up.py $* $(VENV)
	@touch $@ $(FOR_SWEEP)
