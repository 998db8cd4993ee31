# `make help` lists the targets. Everything is installed into .venv; nothing else on the machine is changed,
# except by `make test-tools`, which installs Debian packages when it is root on Debian.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*?## ' $(MAKEFILE_LIST) | awk -F ':.*?## ' '{printf "  make %-12s %s\n", $$1, $$2}'

.PHONY: setup
setup: ## make the Python environment (.venv) from requirements.lock
	@ci/setup.sh runtime

.PHONY: setup-dev
setup-dev: ## make it with the tools for tests and checks, from requirements-dev.lock
	@ci/setup.sh dev

.PHONY: up
up: setup ## start the platform, materialize everything once, stay up until Ctrl-C
	@exec $(BIN)/dp up

.PHONY: test-tools
test-tools:
	@ci/test-tools.sh

.PHONY: test
test: setup-dev test-tools ## run the tests (minutes)
	@$(BIN)/pytest -n 2 -m "not slow" $(PYTEST_ARGS)

.PHONY: test-all
test-all: setup-dev ## run every test, the slow ones too
	@ci/test-tools.sh all
	@$(BIN)/pytest -n 2 $(PYTEST_ARGS)

.PHONY: lint
lint: setup-dev ## check style, imports between rooms, and pipeline syntax
	@$(BIN)/ruff format --check -q . && $(BIN)/ruff check -q . && $(BIN)/lint-imports --no-logo
	@$(BIN)/check-jsonschema --data-transform gitlab-ci --builtin-schema vendor.gitlab-ci .gitlab-ci.yml

.PHONY: format
format: setup-dev ## format the code
	@$(BIN)/ruff format -q . && $(BIN)/ruff check -q --fix .

.PHONY: types
types: setup-dev ## check types (mypy strict)
	@$(BIN)/mypy

.PHONY: definitions
definitions: setup-dev ## check that every code location loads
	@$(BIN)/dp unit check
	@$(BIN)/dagster definitions validate -w dagster_home/workspace.yaml

.PHONY: schema
schema: setup-dev ## check every changelog: what cannot be read, what destroys or locks
	@$(BIN)/dp schema validate --all

.PHONY: bench
bench: setup-dev ## run the benchmarks side by side with their peers
	@$(BIN)/python -m benchmarks

.PHONY: docs
docs: setup-dev ## regenerate the reference pages from the code
	@$(BIN)/python -m data_platform.reference

.PHONY: lock
lock: setup-dev ## pin the dependencies anew, with hashes
	@ci/lock.sh

.PHONY: clean
clean: ## remove the environment and the tools' caches; the data in var stays
	@test ! -x $(BIN)/dp || $(BIN)/dp down || true
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
