# Short targets that call the tools; everything lands in .venv, data, reports and target.
PYTHON ?= python3
PERIOD ?=
SEEDS ?= 7 11 13
SERVICES ?= 24
DAYS ?= 460
START ?= 2025-07-01
EXPORTS ?=
ONLY ?=
python := .venv/bin/python
nines := $(python) -m nines

# The simulated company keeps to itself: it never mixes with a warehouse of yours.
ifeq ($(strip $(EXPORTS)),)
review: export NINES_WAREHOUSE ?= data/simulated/nines.duckdb
review: export NINES_PUBLISHED ?= data/simulated/published
review: export NINES_REPORTS ?= reports/simulated
review: export DBT_TARGET_PATH ?= data/simulated/target
review: data/simulated/.made
exports := data/simulated/company/exports
else
exports := $(EXPORTS)
endif

.PHONY: help review test check lint mutate lock system-packages spark oracle bench clean
.DEFAULT_GOAL := help

help: ## Say what there is
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 20

review: .venv/.ready ## Land, check, build, publish and render; EXPORTS=folder, or a simulated company
	@$(nines) run "$(exports)" $(if $(PERIOD),--period "$(PERIOD)")

# Another simulation is another company: its warehouse begins anew. Its history ends with a quarter,
# so that no file is the stump of one.
data/simulated/.made: .venv/.ready $(wildcard src/nines/simulation/*.py src/nines/simulation/*/*.py)
	@rm -rf data/simulated
	@$(nines) simulate data/simulated/company --services 20 --days 457
	@touch $@

test: .venv/.ready .venv/.spark ## Every test the build server runs
	@$(python) -m pytest

check: lint test ## Everything the build server runs

lint: .venv/.ready ## ruff, sqlfluff, and notebooks without outputs
	@$(python) -m ruff check .
	@$(python) -m ruff format --check .
	@$(python) -m sqlfluff lint models tests/macros tests/reconciliation analyses --processes 0 --disable-progress-bar
	@$(python) -m nbstripout --verify $$(git ls-files '*.ipynb')

oracle: .venv/.ready ## Simulated companies, clean and dirty, against the oracle: SEEDS="7 11 13" SERVICES=24 START=2025-07-01 DAYS=460
	@PYTHONPATH="tests/python$${PYTHONPATH:+:$$PYTHONPATH}" $(python) -m oracle --seeds "$(SEEDS)" --services $(SERVICES) --start $(START) --days $(DAYS)

mutate: .venv/.ready ## How many wrong turns in the models the tests catch: ONLY=part of a model's name
	@PYTHONPATH="tests/python$${PYTHONPATH:+:$$PYTHONPATH}" $(python) tests/mutation/check.py --only "$(ONLY)"

bench: .venv/.ready ## The speed claims of the README, as ratios
	@for claim in benchmarks/*.py; do $(python) "$$claim" || exit 1; done

lock: ## Renew the locks from pyproject.toml (needs uv)
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --extra test pyproject.toml -o requirements.lock
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --extra test --extra spark pyproject.toml -o requirements-spark.lock

system-packages: ## Debian packages the tests use: Chromium, and Java 17 for Spark
	@command -v chromium >/dev/null && command -v java >/dev/null || \
		(apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core openjdk-17-jre-headless >/dev/null)

clean: ## Remove what a build can make again; landed data and reports stay
	rm -rf target logs data/lake data/spark

.venv/.ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Nines needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Set PYTHON=python3.11 (or newer).")'
	@echo "Installing into .venv (once; about a minute) …"
	@$(PYTHON) -m venv .venv
	@$(python) -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	@$(python) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# Spark is an extra, so that the default install stays small.
.venv/.spark: .venv/.ready requirements-spark.lock
	@if command -v java >/dev/null; then \
		echo "Installing Spark into .venv (once) …"; \
		$(python) -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements-spark.lock; \
	else \
		echo "Java was not found: the Spark parity tests are left out."; \
	fi
	@touch $@
