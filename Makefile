# Mercato: `make demo` opens the shop, `make test` passes the tests. `make help` lists the rest.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SIZE ?= full
HOST ?= 127.0.0.1
PORT ?= 8000
PYTEST_ARGS ?=
CHECKOUTS ?= 300
ROUNDS ?= 1
INPUTS ?= 100000
# Data and texts in which every word looks like a password.
NO_SECRETS_IN := $(foreach it,*.po *.jsonl *.csv *.tsv *.webp support/knowledge docs/api .secrets.baseline,':!$(it)')
SCAN = git ls-files -z -- . $(NO_SECRETS_IN) | xargs -0 $(BIN)/detect-secrets-hook --baseline $(VENV)/secrets.baseline

.DEFAULT_GOAL := help
.PHONY: help install demo test test-services test-faults test-fuzz docs lint format locales clean

help: ## List the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

install: $(VENV)/.installed locales .env ## Make .venv and .env

$(VENV)/.installed: requirements.txt
	@$(PYTHON) scripts/install.py requirements.txt
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt requirements.txt
	@$(PYTHON) scripts/install.py requirements-dev.txt
	@touch $(VENV)/.installed $@

.env:
	@$(PYTHON) scripts/write_env.py

locales: $(VENV)/.installed
	@$(BIN)/python scripts/compile_locales.py

demo: install ## Load the data and open the shop: make demo [SIZE=small] [PORT=8123]
	@exec $(BIN)/python scripts/demo.py --size $(SIZE) --host $(HOST) --port $(PORT)

test: $(VENV)/.installed-dev locales ## Run all tests on what needs no installation
	@exec $(BIN)/python -m pytest $(PYTEST_ARGS)

test-services: $(VENV)/.installed-dev locales ## The same on PostgreSQL, Redis and a Celery worker
	@exec $(BIN)/python scripts/test_services.py $(PYTEST_ARGS)

test-faults: $(VENV)/.installed-dev ## Kill, stop and fill what the shop needs while customers buy: [CHECKOUTS=10000 ROUNDS=20]
	@exec $(BIN)/python -m tests.faults.live --checkouts $(CHECKOUTS) --rounds $(ROUNDS)

test-fuzz: export FUZZ_EXAMPLES = 20
# What pytest keeps of the log would look like memory that grows.
test-fuzz: PYTEST_ARGS += -p no:logging
test-fuzz: $(VENV)/.installed-dev ## Send the API and the sockets whatever comes to mind: [INPUTS=100000]
	@FUZZ_INPUTS=$$(($(INPUTS) / 5)) $(BIN)/python -m pytest $(PYTEST_ARGS) tests/api/test_fuzz.py
	@FUZZ_INPUTS=$$(($(INPUTS) * 4 / 5)) $(BIN)/python -m pytest $(PYTEST_ARGS) tests/support/test_fuzz_sockets.py

docs: $(VENV)/.installed-dev ## Build the documents as a site: docs/_build/index.html
	$(BIN)/python scripts/reference.py
	$(BIN)/sphinx-build -q -W --keep-going -b html docs docs/_build

lint: $(VENV)/.installed-dev ## ruff, mypy, import-linter, migrations, known holes, secrets
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	SECRET_KEY=lint MERCATO_ENV_FILE=/dev/null $(BIN)/mypy config foundation shop recommend inventory risk support scripts
	SECRET_KEY=lint MERCATO_ENV_FILE=/dev/null $(BIN)/lint-imports
	$(BIN)/python scripts/lint_migrations.py
	$(BIN)/python scripts/audit.py
	@# The first look may only have to move line numbers, in a copy; what a second still finds is new.
	cp .secrets.baseline $(VENV)/secrets.baseline
	$(SCAN) >/dev/null || $(SCAN)

format: $(VENV)/.installed-dev ## Format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean: ## Remove what the demo wrote (database, models, mail, .env); keeps .venv
	rm -rf var .env staticfiles
