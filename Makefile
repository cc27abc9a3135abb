# make demo   trains, extracts, emits, runs and compares, on data that ships with scikit-learn
# make test   sets up and runs the tests
# make check  format, lint, types, import contracts, tests
# make bench  benchmarks, as a table

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
OUT ?= out

.PHONY: venv demo test check lint bench clean

venv: $(VENV)/ready

$(VENV)/ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $@

demo: venv
	$(BIN)/relurules demo --out $(OUT)

test: venv
	$(BIN)/python -m pytest -n auto

lint: venv
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check: lint test

bench: venv
	$(BIN)/python benchmarks/tracing.py
	$(BIN)/python benchmarks/partition.py
	OPENBLAS_NUM_THREADS=1 $(BIN)/python benchmarks/reached.py
	$(BIN)/python benchmarks/onnx_operators.py

clean:
	rm -rf $(VENV) $(OUT) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
