# The few commands of this project. `make` alone lists them.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv/bin
PARTS := $(PYTHON) -m portal.parts
# As a production machine would set it; `check --deploy` must find nothing to say.
STRICT := DATABASE_URL=sqlite://:memory: SLUICE_DEBUG=0 SLUICE_HOSTS=sluice.example SLUICE_ADDRESS=https://sluice.example SLUICE_TRUSTED_PROXIES=10.0.0.1 \
  EMAIL_URL=smtp+tls://mail.example SLUICE_MAIL_FROM=sluice@sluice.example \
  SLUICE_SECRET_KEY=only-for-checks-8f2b6c1d94e7a35f0b9c7d1e6a48a3d75c20e9

# A worker a core; what shares a cluster stays together: tests/groups.py.
WORKERS ?= logical
SIDE_BY_SIDE := $(VENV)/python -m pytest --numprocesses $(WORKERS) --dist loadgroup
QUICK := -m "not browser and not docker and not sandbox"

COMPILE := uv pip compile --universal --python-version 3.11 --generate-hashes --no-header \
  --no-annotate --no-emit-index-url --quiet

.DEFAULT_GOAL := help
.PHONY: help up down password install test for-tests kubernetes test-kubernetes test-hosts quick coverage lint types format layers scripts check bench soak labs lock codemirror clean docs pictures

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

up: ## install what is missing, then serve until control-C
	@$(PARTS) install
	@exec $(VENV)/python manage.py up

down: ## end the portal and every session it runs
	@if [ -x $(VENV)/python ]; then exec $(VENV)/python manage.py down; else echo "Nothing is installed here, so nothing runs."; fi

password: ## give a login a new password: make password WHO=student
	@exec $(VENV)/python manage.py changepassword $(or $(WHO),student)

install: ## only install what is missing; large images by name: make install IMAGES=hadoop
	@$(PARTS) install $(if $(IMAGES),--images $(IMAGES))

test: ## install, then every check and every test
	@$(PARTS) install
	@$(MAKE) --no-print-directory --jobs 2 --output-sync for-tests lint check
	npm run --silent test
	$(SIDE_BY_SIDE)

# Images take minutes to build, which checks need not wait for.
for-tests:
	@$(PARTS) install --for-tests

kubernetes: ## keep a Kubernetes cluster of one node on this machine, until control-C
	@$(PARTS) install
	@exec $(VENV)/python -m tests.kubernetes.cluster

# Of the contract, what the kubernetes runtime was seen to keep on a real cluster.
KEPT := $(addprefix tests/contract/test_,files.py down.py servers.py logs.py exec.py pty.py)

test-kubernetes: ## the tests that need a Kubernetes cluster (which is built the first time)
	@$(PARTS) install
	SLUICE_TEST_KUBERNETES=1 $(VENV)/python -m pytest -m kubernetes tests/kubernetes $(KEPT)

test-hosts: ## week 10 on two Docker hosts, in networks of their own; some minutes, as root
	@$(PARTS) install --for-tests
	SLUICE_TEST_HOSTS=1 $(VENV)/python -m pytest tests/hosts/test_docker_hosts.py

quick: ## the tests that need no cluster, no Docker and no browser
	@$(PARTS) install
	$(SIDE_BY_SIDE) $(QUICK)

coverage: ## measure what make quick covers, and list what it does not
	@$(PARTS) install
	@mkdir -p var/coverage && $(VENV)/coverage erase
	$(VENV)/coverage run -m pytest --numprocesses $(WORKERS) --dist loadgroup $(QUICK)
	@$(VENV)/coverage combine --quiet && $(VENV)/coverage report

lint: types format layers scripts ## format, style, types and import rules

types:
	$(VENV)/python -m mypy

format:
	$(VENV)/python -m ruff check .
	$(VENV)/python -m ruff format --check .
	$(VENV)/djade --target-version 5.2 --check $$(find templates -name '*.html')

layers:
	$(VENV)/lint-imports

scripts: node_modules
	npm run --silent lint

# For checks alone: pages take static/js as it stands.
node_modules: package-lock.json
	npm ci --no-audit --no-fund
	@touch node_modules

check: ## Django's own checks, set as in production
	$(STRICT) $(VENV)/python manage.py check --deploy --fail-level WARNING
	$(STRICT) $(VENV)/python manage.py makemigrations --check --dry-run

bench: ## measure this machine: make bench, or make bench seats STUDENTS=20 MINUTES=5
	@$(PARTS) install --for-tests
	@exec $(VENV)/python -m bench $(BENCHES) $(if $(STUDENTS),--students $(STUDENTS)) $(if $(MINUTES),--minutes $(MINUTES)) $(if $(POOL),--pool $(POOL))

# What follows `bench` are names of benches, and no targets.
ifeq (bench,$(firstword $(MAKECMDGOALS)))
BENCHES := $(wordlist 2,99,$(MAKECMDGOALS))
$(BENCHES):
	@:
.PHONY: $(BENCHES)
endif

soak: ## sessions with random faults, and counts: make soak MINUTES=30 (STUDENTS=3 SEED=7)
	@$(PARTS) install
	@exec $(VENV)/python -m tests.soak --minutes $(or $(MINUTES),30) --students $(or $(STUDENTS),3) $(if $(SEED),--seed $(SEED))

pictures: ## take the README's pictures and its film anew, in a browser
	@$(PARTS) install --for-tests
	@exec $(VENV)/python -m tests.pictures

docs: ## write the lists in docs/ that are made from data
	$(VENV)/python manage.py images --markdown

labs: ## every lab from first to last step, on both runtimes: make labs LABS="week8 week10"
	@$(PARTS) install --for-tests
	@exec $(VENV)/python -m tests.labs $(LABS)

lock: ## make both locks anew from what requirements.in names (needs uv)
	$(COMPILE) requirements.in --output-file requirements.lock
	$(COMPILE) requirements-portal.in --constraints requirements.lock --output-file requirements-portal.lock

# In a folder beside: what npm brings is no file of the portal's pages.
codemirror: ## bundle static/vendor/codemirror anew, from what its package-lock.json names
	@mkdir -p var/codemirror && cp static/vendor/codemirror/{entry.js,package.json,package-lock.json} var/codemirror/
	cd var/codemirror && npm ci --no-audit --no-fund && npm run --silent build
	cp var/codemirror/codemirror.js static/vendor/codemirror/

clean: ## remove what was installed and cached; var/ keeps its database
	rm -rf .venv node_modules var/parts .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +
