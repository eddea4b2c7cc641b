# Every target does its own set-up; a target that is up to date costs nothing and needs no network.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help demo serve test drill faults check lint types imports wheel-test pictures lock clean

help:  ## show what can be made
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 22

demo: $(VENV)/run  ## do the main job end to end, with no key and no network
	$(BIN)/tipsheet demo

serve: $(VENV)/run  ## the demo, and the service stays up until Ctrl-C
	$(BIN)/tipsheet demo --stay

test: $(VENV)/dev  ## every test, on SQLite and PostgreSQL
	$(BIN)/pytest -n 4 --dist loadgroup

drill: $(VENV)/dev  ## the restore drill: a day is lost and comes back, on SQLite and PostgreSQL
	$(BIN)/pytest -v tests/backup/test_drill.py

faults: $(VENV)/dev  ## a minute of kills and a provider that misbehaves, by new seeds each time
	$(BIN)/python -m benchmarks.faults --seconds 30 --database sqlite
	$(BIN)/python -m benchmarks.faults --seconds 30 --database postgres

check: lint types imports test wheel-test faults  ## everything that has to hold before a change lands

lint: $(VENV)/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/dev
	$(BIN)/mypy

imports: $(VENV)/dev
	$(BIN)/lint-imports

wheel-test: $(VENV)/dev  ## the tests of the doors again, against the built wheel in an environment of its own
	$(BIN)/python tests/wheel.py

pictures: $(VENV)/dev  ## draw docs/pictures anew (needs Chromium)
	$(BIN)/python -m tests.support.pictures docs/pictures

lock: $(VENV)/dev  ## choose new versions (needs uv); the locks carry versions and hashes, no addresses
	uv pip compile --universal --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate \
		--python-version 3.11 -q --upgrade pyproject.toml -o requirements/run.lock
	uv pip compile --universal --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate \
		--python-version 3.11 -q --upgrade pyproject.toml --group dev -o requirements/dev.lock
	echo hatchling | uv pip compile --universal --generate-hashes --no-emit-index-url --no-emit-find-links --no-header \
		--no-annotate --python-version 3.11 -q - -c requirements/dev.lock -o requirements/build.lock

clean:  ## remove what make made
	rm -rf $(VENV) dist var .mypy_cache .ruff_cache .import_linter_cache

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Tipsheet needs Python 3.11 or newer; say which with: make PYTHON=python3.11"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "No venv module: install it (Debian: python3-venv) and try again"; rm -rf $(VENV); exit 1; }

# The project goes in with --no-build-isolation, from locked tools, so that a later build needs no network.
$(VENV)/run: requirements/run.lock requirements/build.lock pyproject.toml | $(VENV)/bin/python
	$(PIP) install -q --require-hashes -r requirements/run.lock
	$(PIP) install -q --require-hashes -r requirements/build.lock
	$(PIP) install -q --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/dev: requirements/dev.lock $(VENV)/run | $(VENV)/bin/python
	$(PIP) install -q --require-hashes -r requirements/dev.lock
	@touch $@
