# `make help` lists the targets. Each runs `.ci/step NAME`, as the build (`.ci/run`) does.
# Use another interpreter with `make test PYTHON=/path/to/python`.

VENV ?= .venv
ifdef PYTHON
export PYTHON
endif

.DEFAULT_GOAL := help
STEPS := format lint types types-tests imports check test test-slow fuzz coverage docs docs-serve reference \
	bench wheel audit
.PHONY: help install all clean $(STEPS)

help: ## list the targets
	@grep -hE '^[a-z -]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

install: ## make .venv with everything a contributor needs
	python3 -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -e '.[dev]'

$(STEPS):
	@.ci/step $@

format: ## fix format and lint
lint: ## check format and lint
types: ## check types (mypy, strict)
types-tests: ## check types of tests, benchmarks and generators
imports: ## check the import rules
check: ## lint, types, imports: before each commit
test: ## the fast tests, under ten minutes on two cores
test-slow: ## tests of more than half a minute each
fuzz: ## break input files at random, for VITAC_TUI_FUZZ_S seconds per reader
coverage: ## the fast tests with coverage of branches (htmlcov/index.html)
docs: ## build the site into site/; warnings are errors
docs-serve: ## serve the site on http://127.0.0.1:8000
reference: ## write the generated pages and tables of README and docs
bench: ## compare with a hand-written training script, about five minutes
wheel: ## build the wheel and check what it contains
audit: ## list known vulnerabilities of the installed packages

all: check test docs wheel ## what .ci/run does, in this environment

clean: ## remove what builds and tests leave behind
	rm -rf build dist site htmlcov .coverage .coverage.* .pytest_cache .mypy_cache .ruff_cache \
		.hypothesis .import_linter_cache *.egg-info
