# The commands of a checkout. `make` alone lists them.
.PHONY: help run install dev test lint format lock bench clean
.DEFAULT_GOAL := help
BIN := .venv/bin
ARGS ?=

help: ## list these commands
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

run: install ## install what is missing and run everything with the demo (ARGS="--port 3100")
	@exec $(BIN)/rcx up --demo $(ARGS)

install: ## make the virtual environment, complete or mend it
	@.ci/install run

dev: ## the same with everything that the tests need
	@.ci/install dev

test: dev ## every check and every test; installs PostgreSQL and Chromium where it may
	@.ci/packages
	$(MAKE) --no-print-directory lint
	$(BIN)/python -m pytest -n 3 --dist loadfile $(ARGS)

lint: dev ## style, types and the direction of imports
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

format: dev ## put the code into its form
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

lock: ## resolve the dependencies anew (needs uv)
	.ci/lock

bench: install ## measure against the budgets
	@$(BIN)/rcx bench match $(ARGS)
	@$(BIN)/rcx bench reconcile $(ARGS)
	@$(BIN)/rcx bench sync $(ARGS)

clean: ## remove everything that is made, but not the data in var/
	rm -rf .venv .web .web.lock .states .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis build dist *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
