# The few commands of this project. `make` alone lists them.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv/bin
PARTS := $(PYTHON) -m portal.parts
# As a production machine would set it; `check --deploy` must find nothing to say.
STRICT := DATABASE_URL=sqlite://:memory: SLUICE_DEBUG=0 SLUICE_HOSTS=sluice.example SLUICE_ADDRESS=https://sluice.example \
  EMAIL_URL=smtp+tls://mail.example SLUICE_MAIL_FROM=sluice@sluice.example \
  SLUICE_SECRET_KEY=only-for-checks-8f2b6c1d94e7a35f0b9c7d1e6a48a3d75c20e9

COMPILE := uv pip compile --universal --python-version 3.11 --generate-hashes --no-header \
  --no-annotate --no-emit-index-url --quiet

.DEFAULT_GOAL := help
.PHONY: help up down password install test lint check bench lock clean

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

up: ## install what is missing, then serve until control-C
	@$(PARTS) install
	@exec $(VENV)/python manage.py up

down: ## end the portal and every session it runs
	@if [ -x $(VENV)/python ]; then exec $(VENV)/python manage.py down; else echo "Nothing is installed here, so nothing runs."; fi

password: ## give a login a new password: make password WHO=student
	@exec $(VENV)/python manage.py changepassword $(or $(WHO),student)

install: ## only install what is missing (up and test do so too)
	@$(PARTS) install

test: ## install, then every check and every test
	@$(PARTS) install --for-tests
	@$(MAKE) --no-print-directory lint check
	$(VENV)/python -m pytest

lint: ## format, style, types and import rules
	$(VENV)/python -m ruff check .
	$(VENV)/python -m ruff format --check .
	$(VENV)/python -m mypy
	$(VENV)/lint-imports

check: ## Django's own checks, set as in production
	$(STRICT) $(VENV)/python manage.py check --deploy --fail-level WARNING
	$(STRICT) $(VENV)/python manage.py makemigrations --check --dry-run

bench: ## measure this machine; writes what bench/ says
	@$(PARTS) install --for-tests
	@exec $(VENV)/python -m bench

lock: ## make both locks anew from what requirements.in names (needs uv)
	$(COMPILE) requirements.in --output-file requirements.lock
	$(COMPILE) requirements-portal.in --constraints requirements.lock --output-file requirements-portal.lock

clean: ## remove what was installed and cached; var/ keeps its database
	rm -rf .venv var/parts .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +
