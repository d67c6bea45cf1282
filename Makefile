# Feedmill: `make help` lists the targets. Needs Python 3.11, a JDK (17 or 21) and make; all else is made here.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# Tests run in so many processes; each has a Spark server of its own and takes about 5 GiB. WORKERS=0: in this one.
WORKERS ?= 2
PARALLEL := --numprocesses $(WORKERS) --dist loadfile
export FEEDMILL_HOME ?= $(CURDIR)/var
export MLFLOW_DISABLE_TELEMETRY = true

.DEFAULT_GOAL := help
.PHONY: help setup night test slow prove lint bench up down serve clean lock

help: ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | awk -F'\t' '{printf "  make %-8s %s\n", $$1, $$2}'

setup: $(READY) ## the environment in .venv and Delta's jars; every other target does this first

$(READY): requirements.lock setup.cfg
	@command -v $(PYTHON) >/dev/null || { echo "Feedmill needs Python 3.11; found no $(PYTHON). Name one: make PYTHON=/path/to/python3.11" >&2; exit 2; }
	@echo "setting up $(VENV): about a minute with a warm package cache"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -q --disable-pip-version-check uv==0.13.9
	@$(BIN)/python -m uv pip install -q --python $(BIN)/python --require-hashes -r requirements.lock
	@$(BIN)/python -m uv pip install -q --python $(BIN)/python --no-deps --no-build-isolation -e .
	@$(BIN)/feedmill setup
	@touch $@

lock: ## resolve requirements.lock anew from setup.cfg
	@$(PYTHON) -m venv $(VENV) && $(BIN)/python -m pip install -q uv==0.13.9
	@$(BIN)/python -m uv pip compile -q setup.cfg --extra dev --python-version 3.11 --generate-hashes -o requirements.lock

night: setup ## one night of the default surface through Airflow, from logs to a decided release
	@$(BIN)/feedmill night

test: setup ## every test but the slow ones (real logs too where FEEDMILL_REAL_DATA names their folder)
	@$(BIN)/python -m pytest $(PARALLEL) -m "not slow"

slow: setup ## the slow tests: nights through Airflow, loops, servers killed, statistical proofs
	@$(BIN)/python -m pytest $(PARALLEL) -m slow

prove: setup ## propensities against frequencies, off-policy intervals against truth, experiments' error rates and power
	@FEEDMILL_PROVE_DRAWS=10000 FEEDMILL_PROVE_HOME="$(FEEDMILL_HOME)/prove" OMP_NUM_THREADS=1 \
		$(BIN)/python -m pytest -s tests/serving/test_proof.py tests/serving/test_world_proof.py
	@FEEDMILL_PROVE_LOGS=1000 OMP_NUM_THREADS=1 $(BIN)/python -m pytest -s tests/jobs/offpolicy/test_proof.py \
		tests/jobs/offpolicy/test_pairs.py
	@FEEDMILL_PROVE_EXPERIMENTS=10000 OMP_NUM_THREADS=1 $(BIN)/python -m pytest -s -m slow \
		tests/evaluation/experiments/test_proof.py tests/evaluation/test_interleaving_proof.py \
		tests/evaluation/test_causal.py

lint: setup ## ruff, mypy --strict and the direction of imports
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: setup ## Feedmill's jobs beside DuckDB written by hand, serving, off-policy intervals, how fast a world writes logs
	@$(BIN)/python -m infra.bench

up: setup ## Airflow, MLflow and serving; prints their addresses and log-ins
	@$(BIN)/feedmill up

down: ## stop what `make up` started
	@test ! -x $(BIN)/feedmill || $(BIN)/feedmill down

serve: setup ## serving alone, in the foreground
	@$(BIN)/feedmill serve

clean: down ## remove everything generated (var/), keep the environment
	@rm -rf "$(FEEDMILL_HOME)"
