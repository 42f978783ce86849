# One command for each thing one does here. Everything lives in .venv; nothing else is touched.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
DATA ?= data
PORT ?= 8080
FUZZ ?= 1000000
DBT_BENCHES := dbt_mutations dbt_attacks dbt_checks dbt_faults dbt_peers dbt_audit dbt_large expectations

.PHONY: install demo test ui drift bench bench-sql bench-dbt bench-monitor fmt lint type docs golden lock clean

install: $(STAMP)

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements-uv.lock
	@echo "installing what requirements.lock pins into .venv"
	@$(BIN)/uv pip install --quiet --require-hashes --python $(BIN)/python -r requirements.lock
	@$(BIN)/uv pip install --quiet --no-deps --no-build-isolation --python $(BIN)/python -e .
	@touch $(STAMP)

demo: install  ## six agent sessions, judged in a real Airflow
	@$(BIN)/python dags/demo

ui: install  ## the view in a real Airflow on 127.0.0.1:PORT
	@$(BIN)/python -m governance.web.build
	@$(BIN)/python -m governance.airflow.standalone --port $(PORT)

test: install  ## everything that must hold
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/python -m governance.web.build
	@$(BIN)/python -m pytest -n 2 --dist loadgroup

drift: install  ## whether verdicts change with the allowed versions of the SQL parser, pure or compiled
	@$(BIN)/python tests/drift.py $(wildcard $(DATA)/sql)

fmt: install
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

lint: install
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports --no-cache

type: install
	@$(BIN)/mypy

docs: install  ## render the pages of rules and of commands from their classes
	@page=$$($(BIN)/python -m governance.catalog) && printf "%s\n" "$$page" > governance/rules/README.md
	@page=$$($(BIN)/python -m governance.cli.manual) && printf "%s\n" "$$page" > governance/cli/README.md

golden: install  ## judge the stories of tests/runs anew, and write down how they end; read the diff
	@$(BIN)/python -m tests.runs.tell

bench: bench-sql bench-dbt bench-monitor

bench-sql: install  ## DATA=folder with sql/safe.jsonl and sql/unsafe.jsonl, FUZZ=how many hostile inputs
	@$(BIN)/python tests/benchmarks/sql.py $(DATA)/sql
	@$(BIN)/python tests/benchmarks/sql_peers.py $(DATA)/sql
	@$(BIN)/python tests/benchmarks/sql_lineage.py $(DATA)/sql
	@$(BIN)/python -m tests.benchmarks.sql_fuzz $(DATA)/sql --inputs $(FUZZ) || true
	@$(BIN)/python tests/benchmarks/reach.py sql sql_lineage sql_fuzz

bench-dbt: install  ## seeded changes, attacks, faults, peers and speed of the dbt gate; expectations, beside Great Expectations
	@for program in $(DBT_BENCHES); do $(BIN)/python -m tests.benchmarks.$$program || exit 1; done
	@$(BIN)/python tests/benchmarks/reach.py $(DBT_BENCHES)

bench-monitor: install  ## DATA=folder with traces/twins.atif.jsonl
	@$(BIN)/python tests/benchmarks/monitor.py $(DATA)/traces

lock: $(STAMP)  ## resolve again; names, versions and hashes, no address
	@$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-annotate --no-header --all-extras --group dev pyproject.toml -o requirements.lock

clean:
	@rm -rf .venv .demo .drift .bench .airflow governance/web/static
