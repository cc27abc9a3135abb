# make demo   trains, extracts, emits, runs and compares, on data that ships with scikit-learn
# make test   sets up and runs the tests
# make test-fast  quick tests of every room, without engines
# make format  formats all code
# make lint   checks format, lint, types and import contracts
# make check  lint and tests
# make proven-checker  has Coq prove a checker of certificates, and builds it (coq, libzarith-ocaml-dev)
# make wheel  builds dist/relurules-*.whl with the search's machine code, so that nothing compiles where it is installed
# make metrics  measures how the package reads: names, lengths, circles of imports
# make examples  the documents and figures in examples/, anew
# make bench  benchmarks, as a table
# make bench-all    one table of speeds beside rivals and what is to be reached, in at most 40 minutes
# make bench-lines      what accuracy a number of lines gives, on tables in ../shared/data (about half an hour)
# make bench-linearise  what accuracy a number of rules costs, on tables in ../shared/data (about half an hour)
# make bench-trees      what accuracy a number of partition rules gives, on tables in ../shared/data (about five minutes)
# make bench-monotone   monotone fits against a million pairs of rows each, on tables in ../shared/data (about ten minutes)
# make bench-scoring-code  emitted C, Python and numpy beside other generators, in an environment of their own
# make bench-scoring  emitted SQL in its engines: right on many rows, and beside another tool in an environment of its own
# make bench-standards  every target in engines that others wrote, every input beside what made it, as tables (tools/install_servers.sh installs them)
# make bench-rounding  certified bounds of rounding beside the largest errors that searching finds
# make bench-tables  a Parquet file of ten million rows scored, judged and verified in pieces, beside one numpy pass
# make bench-start  commands from a cold start, beside importing a framework
# make bench-soundness  regions, values and claims beside exact rationals, on 1,300 drawn networks
# make bench-mutations  artefacts with one character changed: which are rejected (gcc, Node.js)
# make bench-checkers  all checkers of certificates on 10,000 honest and changed ones (Node.js, coq, libzarith-ocaml-dev)
# make bench-page       the page on which rules are tried: its size, and how fast it scores a file, in Chromium
# make bench-rivals  our rules and lines beside what others would use, in an environment of their own
# make bench-categories  questions and comparisons of rules over many categories (about 15 minutes of a processor)
# make bench-suite  how long the tests take, on a machine that does nothing else
# make bench-large  counts two hundred million regions on one core (about 40 minutes)
# make bench-first-search  how long the first search waits for its functions, of a wheel and of the sources
# make bench-partition  the search for regions in full, beside another tool in an environment of its own

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
OUT ?= out
# WRITE=--write has full runs put what they print into benchmarks/RESULTS.md
WRITE ?=

.PHONY: venv demo test test-fast check format lint metrics wheel bench bench-all bench-lines bench-trees bench-linearise bench-categories bench-monotone bench-partition bench-scoring
.PHONY: bench-first-search bench-large bench-suite bench-scoring-code bench-page bench-rivals bench-checkers bench-mutations bench-rounding bench-soundness bench-standards bench-start bench-tables
.PHONY: examples proven-checker clean

venv: $(VENV)/ready

$(VENV)/ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $@

demo: venv
	$(BIN)/relurules demo --out $(OUT)

test: venv
	$(BIN)/python -m pytest -n auto  # tests of a file in one worker: tests/distribution.py

# Folders and files whose tests take a moment each and need no engine: of every room some.
FAST := $(addprefix tests/,domain wording files tables links codec statistics networks explaining reasons scorecards \
  ir/test_artifact.py ir/test_compensated_forms.py ir/test_network.py ir/test_partition.py ir/test_row_patterns.py ir/test_rule_table.py \
  analysis/test_nearer_rows.py benchmarks/test_results.py cli/test_display.py documents/test_markup.py documents/test_context.py \
  documents/test_closing_sections.py documents/test_overview.py documents/test_cards.py documents/test_guarantees.py \
  editing/test_line_edits.py emitting/test_golden.py emitting/test_golden_sql.py emitting/test_notation.py \
  exact/test_known_cases.py lp/test_maxima.py lp/test_rational.py partitioning/test_category_sides.py partitioning/test_tray.py \
  plotting/test_tradeoffs.py proofs/test_proven_positive.py \
  rounding/test_row_parts.py rules/test_merge.py tracing/test_switches.py \
  signed_documents/test_signed_validator.py training/test_objective.py training/test_quadratic_steps.py validation/test_comparisons.py validation/test_monitoring.py \
  verifying/test_choices.py verifying/test_sql_depth.py test_style.py test_design.py)
# What takes longest in those folders, for `make test` alone.
SLOW := $(addprefix --ignore=tests/,codec/test_rules_file.py codec/test_rules_json.py explaining/test_additive_rows.py \
  explaining/test_checked_conditions.py networks/test_program_maximum.py networks/test_program_slopes.py wording/test_conditions.py)

test-fast: venv
	$(BIN)/python -m pytest -q -n auto $(SLOW) $(FAST)

format: venv
	$(BIN)/ruff format .
	$(BIN)/ruff check --select I --fix .

metrics: venv
	$(BIN)/python tools/measure_style.py

lint: venv
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check: lint test

wheel: venv
	$(BIN)/python tools/ship_machine_code.py
	$(BIN)/python -m build --wheel --no-isolation --outdir dist .

# The checker that Coq proves right: out/proven_checker/check.
proven-checker:
	$(MAKE) -C tools/proven_checker OUT=$(abspath $(OUT))/proven_checker

.venv-peer/ready:
	$(PYTHON) -m venv .venv-peer
	.venv-peer/bin/python -m pip install --quiet torch==2.13.0 relucent==1.0.0
	touch $@

bench-partition: venv .venv-peer/ready
	$(BIN)/python benchmarks/partition.py --peer .venv-peer/bin/python $(WRITE)

bench-first-search: venv
	$(BIN)/python benchmarks/first_search.py $(WRITE)

bench-suite: venv
	$(BIN)/python benchmarks/suite_time.py $(WRITE)

bench-large: venv
	$(BIN)/python benchmarks/partition.py --only large $(WRITE)

.venv-peer-code/ready:
	$(PYTHON) -m venv .venv-peer-code
	.venv-peer-code/bin/python -m pip install --quiet emlearn==0.23.2 emx-onnx-cgen==1.4.0 scikit-learn==1.9.1
	touch $@

bench-scoring-code: venv .venv-peer-code/ready
	OPENBLAS_NUM_THREADS=1 $(BIN)/python benchmarks/scoring_code.py --peer .venv-peer-code/bin/python $(WRITE)

.venv-orbital/ready:
	$(PYTHON) -m venv .venv-orbital
	.venv-orbital/bin/python -m pip install --quiet orbital==0.6.0 scikit-learn==1.9.1 joblib==1.6.0
	touch $@

bench-scoring: venv .venv-orbital/ready
	OPENBLAS_NUM_THREADS=1 $(BIN)/python benchmarks/scoring.py --peer .venv-orbital/bin/python $(WRITE)

# six is needed by imodels, which doesn't say so.
.venv-rivals/ready:
	$(PYTHON) -m venv .venv-rivals
	.venv-rivals/bin/python -m pip install --quiet cubist==1.2.2 interpret-core==0.7.8 optbinning==1.0.0 \
	  imodels==3.0.4 six==1.17.0 scikit-learn==1.9.1 pandas==3.1.1
	touch $@

bench-rivals: venv .venv-rivals/ready
	OPENBLAS_NUM_THREADS=1 $(BIN)/python benchmarks/rivals.py --peer .venv-rivals/bin/python $(WRITE)

bench-lines: venv
	OPENBLAS_NUM_THREADS=1 $(BIN)/python benchmarks/lines.py $(WRITE)

bench-trees: venv
	OPENBLAS_NUM_THREADS=1 $(BIN)/python benchmarks/tree_rules.py $(WRITE)

bench-monotone: venv
	OPENBLAS_NUM_THREADS=1 $(BIN)/python benchmarks/monotone.py $(WRITE)

bench-linearise: venv
	OPENBLAS_NUM_THREADS=1 $(BIN)/python benchmarks/linearise.py $(WRITE)

bench-categories: venv
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -W ignore benchmarks/category_questions.py $(WRITE)

bench-page: venv
	$(BIN)/python benchmarks/try_page.py $(WRITE)

bench-mutations: venv
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -W ignore benchmarks/mutations.py $(WRITE)

bench-checkers: venv proven-checker
	$(BIN)/python -W ignore benchmarks/second_checker.py --proven $(OUT)/proven_checker/check $(WRITE)

bench-start: venv
	$(BIN)/python benchmarks/start.py $(WRITE)

bench-tables: venv
	OPENBLAS_NUM_THREADS=1 $(BIN)/python benchmarks/tables.py $(WRITE)

bench-rounding: venv
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -W ignore benchmarks/rounding.py $(WRITE)

bench-soundness: venv
	$(BIN)/python benchmarks/soundness.py --list $(WRITE)

bench-standards: venv
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -W ignore benchmarks/standards.py $(WRITE)
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -W ignore benchmarks/standards_inputs.py $(WRITE)

bench-all: venv .venv-peer-code/ready .venv-orbital/ready
	OPENBLAS_NUM_THREADS=1 $(BIN)/python benchmarks/all_figures.py --write

bench: venv
	$(BIN)/python benchmarks/tracing.py --only small $(WRITE)
	$(BIN)/python benchmarks/partition.py --quick
	OPENBLAS_NUM_THREADS=1 $(BIN)/python benchmarks/reached.py $(WRITE)
	OPENBLAS_NUM_THREADS=1 $(BIN)/python benchmarks/summary.py $(WRITE)
	$(BIN)/python benchmarks/onnx_operators.py $(WRITE)
	OPENBLAS_NUM_THREADS=1 $(BIN)/python benchmarks/questions.py $(WRITE)
	$(BIN)/python benchmarks/simplify.py $(WRITE)
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -W ignore benchmarks/proofs.py $(WRITE)

examples: venv
	OPENBLAS_NUM_THREADS=1 $(BIN)/python examples/documents.py
	OPENBLAS_NUM_THREADS=1 $(BIN)/python examples/signed.py
	OPENBLAS_NUM_THREADS=1 $(BIN)/python examples/figures.py

clean:
	rm -rf $(VENV) .venv-peer .venv-orbital .venv-peer-code .venv-rivals $(OUT) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
