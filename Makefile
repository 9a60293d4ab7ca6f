# One recipe a target; `make help` lists the lines marked with two #.
# Changeable: DETACH=1 (up), P=<process> (logs), ARGS=… (test, bench, dead-letters, acceptance).

PYTHON := $(shell command -v python3.11 || command -v python3)
VENV_PYTHON := .venv/bin/python
LAUNCHER := $(PYTHON) -m deploy.local

.DEFAULT_GOAL := help
.PHONY: help up down status logs setup test test-fast lint format acceptance bench fuzz \
	dead-letters image-test compose-test contracts resync verify backup restore lock clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

up:  ## start everything and stay; Ctrl-C stops it (DETACH=1: start and return)
	@exec $(LAUNCHER) up $(if $(DETACH),--detach)

down:  ## stop everything
	@exec $(LAUNCHER) down

status:  ## processes, addresses, versions
	@exec $(LAUNCHER) status

logs:  ## follow the logs (P=wallet: of one process)
	@exec $(LAUNCHER) logs $(P)

setup:  ## system packages and .venv, without starting anything
	@$(PYTHON) -m deploy.local.bootstrap

test: setup  ## every test, on servers of its own
	@exec $(VENV_PYTHON) -m pytest $(ARGS)

test-fast: setup  ## the tests that take less than a minute together
	@exec $(VENV_PYTHON) -m pytest -m "not slow" $(ARGS)

lint: setup  ## style, import rules, types
	.venv/bin/ruff check .
	.venv/bin/lint-imports
	.venv/bin/mypy

format: setup  ## let ruff put the code in order
	.venv/bin/ruff check --fix .

acceptance: setup  ## a festival day against the running system, step by step
	@exec $(LAUNCHER) run tests.acceptance $(ARGS)

fuzz: setup  ## almost right requests to the running system (ARGS="--count 1000000 --seed 1")
	@exec $(LAUNCHER) run tests.fuzz $(ARGS)

bench: setup  ## measure the speeds of the specification on this machine, on servers of its own
	@exec $(VENV_PYTHON) -m tests.benchmarks $(ARGS)

dead-letters: setup  ## parked messages of the running system (ARGS="list", "show …", "replay …")
	@exec $(LAUNCHER) run services.chassis.dead_letters $(ARGS)

image-test: setup  ## build the image and try it (root, podman, runc; debootstrap without BASE_IMAGE)
	@exec nice $(VENV_PYTHON) -m pytest tests/containers/check_image.py $(ARGS)

compose-test: setup  ## start deploy/compose.yaml and live two festival days on it (as image-test)
	@exec nice $(VENV_PYTHON) -m pytest tests/containers/check_compose.py $(ARGS)

contracts: setup  ## generate contracts/asyncapi.json and the samples
	@exec $(VENV_PYTHON) -m contracts.generate

resync: setup  ## let the catalog tell everything again (SERVICE=ticketing)
	@exec $(LAUNCHER) run services.catalog.resync $(SERVICE)

verify: setup  ## check every wallet's chain, every counter of sales, and that all books balance
	@$(LAUNCHER) run services.wallet.verify
	@$(LAUNCHER) run services.ticketing.verify
	@$(LAUNCHER) run services.accounting.verify

COMPILE := CUSTOM_COMPILE_COMMAND="make lock" .local/lock/bin/pip-compile --quiet \
	--generate-hashes --allow-unsafe --strip-extras --no-emit-index-url --no-emit-find-links \
	--no-emit-trusted-host --no-emit-options

backup: setup  ## write all five databases to a new folder TO=…, while everything runs
	@exec $(LAUNCHER) run deploy.backup take $(or $(TO),$(error say where: TO=/some/new/folder))

restore: setup  ## put back the folder FROM=… (after make down)
	@exec $(LAUNCHER) restore $(or $(FROM),$(error say from where: FROM=…))

lock:  ## compile both requirements.lock (here, and the image's without tools) anew (network)
	$(PYTHON) -m venv .local/lock
	.local/lock/bin/python -m pip install --quiet pip-tools
	$(COMPILE) --extra dev --output-file requirements.lock pyproject.toml
	$(COMPILE) --constraint requirements.lock --output-file deploy/requirements.lock pyproject.toml

clean:  ## stop everything and delete all local data (.local)
	@exec $(LAUNCHER) clean
