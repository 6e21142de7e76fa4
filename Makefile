# Mercato: `make demo` opens the shop, `make test` passes the tests. `make help` lists the rest.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SIZE ?= full
PORT ?= 8000

.DEFAULT_GOAL := help
.PHONY: help install demo test test-services lint format clean

help: ## List the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

install: $(VENV)/.installed .env locales ## Make .venv and .env

$(VENV)/.installed: requirements.txt
	@echo "Installing the requirements into $(VENV) (a few minutes the first time) …"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --disable-pip-version-check --progress-bar on -q -r requirements.txt
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt requirements.txt
	@echo "Installing the development requirements into $(VENV) (a few minutes the first time) …"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --disable-pip-version-check --progress-bar on -q -r requirements-dev.txt
	@touch $@ $(VENV)/.installed

.env: | $(VENV)/.installed
	@$(BIN)/python scripts/write_env.py

.PHONY: locales
locales: | $(VENV)/.installed
	@$(BIN)/python scripts/compile_locales.py

demo: install ## Load the data and run the shop: make demo [SIZE=small] [PORT=8123]
	@exec $(BIN)/python scripts/demo.py --size $(SIZE) --port $(PORT)

test: $(VENV)/.installed-dev locales ## Run all tests on SQLite, in one process group
	$(BIN)/pytest $(PYTEST_ARGS)

test-services: $(VENV)/.installed-dev locales ## The same on PostgreSQL, Redis and a real Celery worker
	@exec $(BIN)/python scripts/test_services.py $(PYTEST_ARGS)

lint: $(VENV)/.installed-dev ## ruff, mypy, import-linter
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	SECRET_KEY=lint MERCATO_ENV_FILE=/dev/null $(BIN)/mypy config foundation shop recommend inventory risk support
	$(BIN)/lint-imports

format: $(VENV)/.installed-dev ## Format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean: ## Remove what the demo wrote (database, models, mail); keeps .venv
	rm -rf var .env
