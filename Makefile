# Everything a newcomer or a maintainer types. `make` alone lists it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ifeq ($(shell command -v uv 2>/dev/null),)
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes
else
INSTALL := uv pip install --quiet --python $(BIN)/python --require-hashes
endif

.PHONY: help serve test check torture stack assets bench-pages bench-lists bench-memory bench-prs bench-refs bench-webhooks siege locks

help: ## list these targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

serve: $(VENV)/runtime ## install, migrate, make the first administrator, serve on http://localhost:7990
	@exec $(BIN)/python manage.py serve

test: $(VENV)/dev ## the whole suite, on SQLite and (where it is installed) PostgreSQL and Redis
	@$(BIN)/python -m tests.run $(ARGS)

check: $(VENV)/dev ## lint, types, layers, unit tests: under two minutes
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .
	@$(BIN)/lint-imports --verbose > $(VENV)/layers.log 2>&1 || { cat $(VENV)/layers.log; exit 1; }
	@$(BIN)/mypy
	@$(BIN)/python -m pytest -q -n 2 -m "not slow" tests/architecture tests/core tests/accounts tests/gitengine tests/repos

torture: $(VENV)/dev ## kill the server in mid push, twenty times over
	@$(BIN)/python -m pytest -q -m torture tests/torture tests/git/test_pull_requests.py tests/webhooks

stack: $(VENV)/dev ## PostgreSQL, Redis, a web node, a worker and beat, in a temporary folder
	@exec $(BIN)/python -m tests.stack

bench-pages: $(VENV)/dev ## measure pages, git beside each; pass a repository with ARGS="--repository PATH"
	@$(BIN)/python -m benchmarks.pages $(ARGS)

bench-lists: $(VENV)/dev ## measure dashboard, lists and pickers with 400 and 5,000 repositories
	@$(BIN)/python -m benchmarks.lists $(ARGS)

bench-memory: $(VENV)/dev ## measure memory after ten minutes of mixed use; pass a repository as for bench-pages
	@$(BIN)/python -m benchmarks.memory $(ARGS)

bench-prs: $(VENV)/dev ## measure pull requests: 10,000 of them, a large one, 500 open to one branch
	@$(BIN)/python -m benchmarks.pull_requests $(ARGS)

bench-refs: $(VENV)/dev ## measure repositories with up to 50,000 branches
	@$(BIN)/python -m benchmarks.many_refs $(ARGS)

siege: $(VENV)/dev ## attack the server in all known ways at once, beside normal use; ten minutes
	@$(BIN)/python -m benchmarks.siege $(ARGS)

bench-webhooks: $(VENV)/dev ## deliveries a second, and the time from push to delivery
	@$(BIN)/python -m benchmarks.webhooks $(ARGS)

assets: ## rebuild the committed styles and scripts (needs Node)
	@cd web/assets && npm install --no-save --silent --no-audit --no-fund && npm run --silent build

locks: ## write the lock files anew (needs uv)
	@uv pip compile -q --upgrade --generate-hashes --no-annotate --no-header --no-emit-index-url --no-emit-find-links --universal --python-version 3.11 pyproject.toml -o requirements/runtime.txt
	@uv pip compile -q --upgrade --generate-hashes --no-annotate --no-header --no-emit-index-url --no-emit-find-links --universal --python-version 3.11 --group dev pyproject.toml -o requirements/dev.txt

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; say which with make PYTHON=...")'
	@$(PYTHON) -m venv $(VENV)

$(VENV)/runtime: requirements/runtime.txt | $(VENV)/bin/python
	@echo "Installing what the server needs ..."
	@$(INSTALL) -r requirements/runtime.txt
	@touch $@

$(VENV)/dev: requirements/dev.txt | $(VENV)/bin/python
	@echo "Installing what the tests need ..."
	@$(INSTALL) -r requirements/dev.txt
	@touch $@ $(VENV)/runtime
