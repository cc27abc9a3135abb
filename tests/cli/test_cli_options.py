"""Options: numbers that mean nothing are refused, and no message names an option that its command
lacks.
"""

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.main import get_command

import relurules
from relurules.cli.main import app, run

PACKAGE = Path(relurules.__file__).parent
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]+")
COMMANDS = dict(get_command(app).commands)  # type: ignore[attr-defined]
TABLES = frozenset(
    {
        "columns",
        "count",
        "fit",
        "extract",
        "linearize",
        "summary",
        "explain",
        "plot",
        "ask",
        "diff",
        "verify",
        "emit",
    }
)
MODELS = frozenset({"extract", "count", "diff", "prove", "check", "verify"})
FIT, PLOT = frozenset({"fit"}), frozenset({"plot"})

#: Where options are named, module and function ("": outside any) -> the commands that may print it.
#: A function of this name in a module of `cli` that is a command prints for itself.
REACHED_BY = {
    ("cli.main", ""): frozenset(COMMANDS),
    ("cli.search_options", ""): frozenset({"extract", "count"}),
    ("cli.main", "set_global_options"): frozenset(COMMANDS),
    ("cli.main", "run"): frozenset(COMMANDS),
    ("cli.ask", "_parse_scales"): frozenset({"ask"}),
    ("cli.interruption", "describe_resumption"): frozenset({"extract", "count"}),
    ("cli.interruption", "_describe_full_disk"): frozenset({"extract", "count"}),
    ("cli.rules_options", ""): frozenset({"explain", "plot"}),
    ("cli.files", "read_rows"): frozenset({"extract", "summary", "plot"}),
    ("cli.files", "parse_row"): frozenset({"ask", "explain", "plot"}),
    ("cli.files", "_parse_value"): frozenset({"ask", "explain", "plot"}),
    ("cli.emit", "_write_everything"): frozenset({"emit"}),
    ("cli.emit", "_refuse_with_all"): frozenset({"emit"}),
    ("cli.emit", "_parse_name"): frozenset({"emit"}),
    ("cli.fit", "_parse_sizes"): FIT,
    ("cli.fit", "parse_trends"): FIT,
    ("cli.fit", "parse_bounds"): FIT,
    ("cli.fit", "take_sentinels"): FIT,
    ("cli.options", "name_command"): frozenset({"document"}),
    ("pipeline.document_sources", "split_by_record"): frozenset({"document"}),
    ("pipeline.document_sources", "_check_table"): frozenset({"document"}),
    ("training.fit_files", "_describe_tree"): FIT,
    ("training.drawn_rows", "_find_extremes"): FIT,
    ("validation.fit_record", "read_fit_record"): frozenset({"document"}),
    ("proofs.certify_lines", "_search_kinds"): frozenset({"diff"}),
    ("codec.additive_file", "make_additive_schema_text"): frozenset({"schema"}),
    ("ir.additive", "save"): frozenset({"schema"}),
    ("cli.proof_options", ""): frozenset({"prove", "check", "verify"}),
    ("cli.check", ""): frozenset({"check"}),
    ("cli.check", "_find_rules"): frozenset({"check", "verify"}),
    ("cli.ask", "_require_certifiable"): frozenset({"ask"}),
    ("ir.answer_certificate", "load"): frozenset({"ask"}),
    ("proofs.executions", "_refuse"): frozenset({"prove"}),
    ("proofs.folder_check", "check_folder"): frozenset({"check"}),
    ("documents.closing_sections", "_write_commands"): frozenset({"extract", "emit"}),
    ("explaining.samples", "sample_rows"): PLOT,
    ("plotting.plot_kinds", ""): PLOT,
    ("plotting.plot_kinds", "_plot_row"): PLOT,
    ("plotting.plot_request", "judged"): PLOT,
    ("plotting.additive_plots", "plot_pairwise"): PLOT,
    ("plotting.additive_plots", "plot_row"): PLOT,
    ("explaining.part_shapes", "rank_parts"): PLOT,
    ("cli.scorecard_options", ""): frozenset({"emit"}),
    ("cli.scorecard_options", "check_scorecard_options"): frozenset({"emit"}),
    ("cli.reason_options", "read_reference"): frozenset({"emit", "explain", "extract", "fit"}),
    ("cli.diff", "_read_data"): frozenset({"diff"}),
    ("cli.diff_document", ""): frozenset({"diff"}),
    ("cli.diff_document", "_check_request"): frozenset({"diff"}),
    ("documents.versions", "_build_changes"): frozenset({"diff"}),
    ("cli.edit", "_read_frame"): frozenset({"edit"}),
    ("cli.edit", "edit"): frozenset({"edit", "fit"}),
    ("codec.file_entries", ""): frozenset({"edit"}),
    ("documents.edits", "write_edit_commands"): frozenset({"edit"}),
    ("editing.edit_kinds", "write_edit"): frozenset({"edit"}),
    ("editing.edit_rules", "edit"): frozenset({"edit"}),
    ("ir.edit_record", ""): frozenset({"edit"}),
    ("api", "monitor_sql"): frozenset({"monitor"}),
    ("documents.extras", "import_extra"): frozenset({"document"}),
    ("documents.pdf", "_compile"): frozenset({"document"}),
    ("plotting.line_plots", "draw_beeswarm"): PLOT,
    ("plotting.line_plots", "_judge"): PLOT,
    ("training.document_refits", "add_refits"): frozenset({"document"}),
    ("tables.column_scan", "_find_flaw"): TABLES,
    ("tables.column_scan", "_describe_format"): TABLES,
    ("tables.csv_text", "_iterate_records"): TABLES,
    ("tables.csv_text", "_check_rows"): TABLES,
    ("tables.read_file", "describe_misfit"): TABLES,
    ("training.fit_files", "_describe_types"): FIT,
    ("training.fit_target", "read_target"): FIT,
    ("training.fit_target", "_read_classes"): FIT,
    ("training.fit_columns", "_classify_column"): FIT,
    ("training.fit_files", "_describe_data"): FIT,
    ("training.fit_files", "_suggest_commands"): frozenset({"emit", "verify"}),
    ("tracing.pickle_file", "load_pickled"): MODELS,
}
#: These write down commands for somebody to run: each option is one of some of the commands.
WRITTEN = {
    ("documents.closing_sections", "_write_commands"),
    ("training.fit_files", "_suggest_commands"),
    ("cli.main", "set_global_options"),
    ("cli.main", "run"),
    ("cli.edit", "edit"),
}


def options_of(command: str) -> set[str]:
    """All names of its options, and of those that stand before any command."""
    own = [
        name
        for parameter in COMMANDS[command].params
        for name in (*parameter.opts, *parameter.secondary_opts)
    ]
    return {*own, "--help", "--debug", "--version"}


@functools.cache
def holders() -> tuple[tuple[str, str, str], ...]:
    """(module, function, text) of every text in which an option is named; those of a module itself
    under "".
    """
    return tuple(iterate_holders())


def iterate_holders() -> Iterator[tuple[str, str, str]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        module = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
        if (
            module.startswith("checker") or module == "verifying.servers"
        ):  # a script of its own; options of database servers
            continue
        source = path.read_text(encoding="utf-8")
        if "--" not in source:
            continue
        tree = ast.parse(source)
        functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
        for text, line in texts(tree):
            if OPTION.search(text):
                around = [f for f in functions if f.lineno <= line <= (f.end_lineno or line)]
                yield module, around[-1].name if around else "", text


def texts(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Every text with its line; what an f-string puts in is left out."""
    inside = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        for part in node.values
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield (
                "".join(str(p.value) if isinstance(p, ast.Constant) else "{}" for p in node.values),
                node.lineno,
            )
        elif (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in inside
        ):
            yield node.value, node.lineno


def named(text: str, own: frozenset[str]) -> Iterator[tuple[str, frozenset[str]]]:
    """(option, commands) of a text: in `relurules NAME ...` those of that command, elsewhere of
    those that print it.
    """
    for part in re.split(r"(`?relurules [a-z]+ [^`]*`?)", text):
        command = re.match(r"`?relurules ([a-z]+) ", part)
        commands = frozenset({command[1]}) if command else own
        yield from ((option, commands) for option in OPTION.findall(part))


def lacking() -> Iterator[str]:
    """What is wrong with the texts in which options are named."""
    for module, function, text in holders():
        if (module, function) in WRITTEN:
            every = {
                name for command in REACHED_BY[module, function] for name in options_of(command)
            }
            yield from (
                f"{module}.{function}: {option}"
                for option in OPTION.findall(text)
                if option not in every
            )
            continue
        own = REACHED_BY.get((module, function))
        if own is None and module.startswith("cli.") and function in COMMANDS:
            own = frozenset({function})
        if own is None:
            yield (
                f"{module}.{function or 'itself'} names an option, and REACHED_BY doesn't say "
                "which commands print it"
            )
            continue
        for option, commands in named(text, own):
            yield from (
                f"{module}.{function}: {option}, which {command} lacks"
                for command in commands
                if option not in options_of(command)
            )


def test_no_text_names_an_option_that_its_command_lacks() -> None:
    assert not list(lacking())


def test_texts_are_found_and_judged() -> None:
    """The test above must be able to fail."""
    texts_of = {(module, function) for module, function, _ in holders()}
    assert set(REACHED_BY) <= texts_of, "REACHED_BY tells of functions that name no option"
    assert list(named("give --data, or `relurules emit rules.json --to sql`", PLOT)) == [
        ("--data", PLOT), ("--to", frozenset({"emit"})),
    ]  # fmt: skip
    assert "--checkpoint" not in options_of("diff")
    assert {"--class", "--json", "--whole", "--any"} <= options_of("ask")


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "1e999", "-1"])
@pytest.mark.parametrize(
    ("command", "option"),
    [
        (["extract", "model.onnx"], "--max-error"),
        (["extract", "model.onnx"], "--time-limit"),
        (["count", "model.onnx"], "--time-limit"),
        (["extract", "model.onnx"], "--max-regions"),
        (["extract", "model.onnx"], "--max-rules"),
        (["extract", "model.onnx"], "--jobs"),
        (["diff", "a.json", "b.json"], "--tolerance"),
        (["plot", "a.json", "importance"], "--top"),
        (["plot", "a.json", "intervals"], "--rule"),
        (["fit", "a.csv", "--target", "y"], "--max-rules"),
        (["fit", "a.csv", "--target", "y"], "--seed"),
        (["demo"], "--seed"),
        (["emit", "a.json", "--to", "sql"], "--top"),
    ],
)
def test_numbers_that_mean_nothing(
    command: list[str], option: str, value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if (option, value) == ("--jobs", "-1"):
        value = "-2"
    assert run([*command, option, value]) == 2
    said = capsys.readouterr().err
    assert option in said
    assert "internal error" not in said


@pytest.mark.parametrize("value", ["nan", "inf", "-inf"])
@pytest.mark.parametrize("option", ["--at-least", "--at-most"])
def test_limits_of_a_question(option: str, value: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["ask", "rules.json", "bounded", option, value]) == 2
    assert "is no finite number" in capsys.readouterr().err


@pytest.mark.parametrize("bounds", [("nan", "1"), ("1", "0"), ("inf", "inf"), ("-inf", "-inf")])
def test_a_box_without_a_number(
    bounds: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["extract", "model.onnx", "--box", *bounds]) == 2
    assert "holds no number" in capsys.readouterr().err


@pytest.mark.parametrize("jobs", ["0", "-2", "5000", "9" * 30])
def test_numbers_of_processes(jobs: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["extract", "model.onnx", "--jobs", jobs]) == 2
    assert "is no number" in capsys.readouterr().err


def test_too_little_memory_is_a_sentence(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def exhausted(*_: object) -> None:
        raise MemoryError("Unable to allocate 8.00 TiB for an array")

    monkeypatch.setattr("relurules.files.writing.read_text", exhausted)
    assert run(["ask", "rules.json", "range"]) == 2
    said = capsys.readouterr().err
    assert said == (
        "error: this takes more memory than there is (Unable to allocate 8.00 TiB for an array); "
        "make the model or the "
        "table smaller\n"
    )
