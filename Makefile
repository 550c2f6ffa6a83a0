# `make test` and `make demo` need nothing but Python 3.11 or later; both make their own environment in .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready

.PHONY: test lint types pytest audit bench demo picture lock clean

test: lint types pytest

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

pytest: $(READY)
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile $(PYTEST_ARGS)

# Known vulnerabilities in the dependencies, where a service can be asked.
audit: $(READY)
	$(BIN)/python -m tests.machine.audit

# Our server beside others, measured in one run; minutes. BENCH_ARGS="--rounds 1 --seconds 1" for a first look.
# It has an environment of its own, of the machine's quickest build of this Python.
bench:
	$(PYTHON) -m tests.benchmarks.interpreter $(BENCH_ARGS)

# docs/terminal.svg, from really running the commands in it.
picture: $(READY)
	$(BIN)/python -m docs.picture

# The main job, from nothing to a live API and back to nothing, in a folder of its own.
demo: $(READY)
	BIN=$(abspath $(BIN)) sh docs/demo.sh

$(READY): requirements-dev.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

# After a change of dependencies in pyproject.toml. Commit the result.
lock: $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip compile --quiet --universal --all-extras --group dev --generate-hashes --python-version 3.11 \
		--custom-compile-command "make lock" -o requirements-dev.lock pyproject.toml

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis dist
