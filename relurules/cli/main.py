"""The command line.

Nothing heavy is imported before a command needs it: `--help` must answer at once.
"""

import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from relurules.cli.ask import ask
from relurules.cli.diff import diff
from relurules.cli.emit import emit, schema
from relurules.cli.explain import explain, plot, summary
from relurules.cli.files import TimeLimit, load_model, parse_regions, read_rows, read_table
from relurules.cli.fit import fit
from relurules.cli.interruption import (
    INTERRUPTED,
    WORDS,
    InterruptionError,
    catch_signals,
    describe_resumption,
    show_search,
)
from relurules.cli.options import require_finite, require_interval, require_processes
from relurules.cli.prove import check, prove, verify
from relurules.errors import RelurulesError
from relurules.files.writing import explain_os_error, is_stdout, require_place

if TYPE_CHECKING:
    from relurules.domain import Domain
    from relurules.ir import Graph

app = typer.Typer(
    name="relurules",
    help=(
        "Turn a trained ReLU/PReLU network into exact rules, SQL, Python and C.\n\nStart with "
        "`relurules demo`."
    ),
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)
_out = Console(highlight=False)
_err = Console(stderr=True, highlight=False)

#: Exit code of an error of the program itself (EX_SOFTWARE of sysexits.h).
_INTERNAL = 70
#: So many rules are printed once they are extracted.
_RULES_PRINTED = 200

# Options that several commands have.
_Model = Annotated[
    Path,
    typer.Argument(
        help="Network: an .onnx file, a .pt2 file (torch.export.save), or, with --trust-pickle, a "
        "pickled "
        "scikit-learn pipeline (.joblib, .pkl) or torch module (.pt, .pth)."
    ),
]
_Data = Annotated[
    Path | None, typer.Option(help="CSV or Parquet: names the columns, bounds them, counts rows.")
]
_Drop = Annotated[
    list[str] | None, typer.Option(help="Column of the data that is no input; repeatable.")
]
_DomainFile = Annotated[
    Path | None,
    typer.Option(
        "--domain", help="JSON or TOML file of bounds and inequalities; see docs/inputs.md."
    ),
]
_Where = Annotated[
    list[str] | None, typer.Option(help='Further limit, such as "a + 2*b <= 1"; repeatable.')
]
_Box = Annotated[
    tuple[float, float] | None,
    typer.Option(
        help="Bounds for every column, in place of the data's.", callback=require_interval
    ),
]
_MaxRegions = Annotated[
    float | None,
    typer.Option(
        parser=parse_regions, metavar="NUMBER|none",
        help=("Stop after so many linear regions; none: find all of them, however many are to be "
             "expected."),
    ),
]  # fmt: skip
_MemoryLimit = Annotated[
    float | None,
    typer.Option(help="Stop before the regions take more MB.", min=0, callback=require_finite),
]
_Jobs = Annotated[
    int, typer.Option(help="Processes; -1 is one per core.", callback=require_processes)
]
_Checkpoint = Annotated[
    Path | None,
    typer.Option(help="File from which the same command goes on, where the search was stopped."),
]
_TrustPickle = Annotated[
    bool,
    typer.Option(
        "--trust-pickle",
        help=(
            "Load a pickled model. Loading a pickle runs the code that it names: only for files "
            "that you trust."
        ),
    ),
]


def run(argv: Sequence[str]) -> int:
    """Run the command line; returns the exit code.

    0, 1 for a failed check, 2 for bad input, 130 for Ctrl-C, 143 for SIGTERM.
    """
    debug = "--debug" in argv
    with catch_signals():
        try:
            app(args=[a for a in argv if a != "--debug"], prog_name="relurules")
        except (InterruptionError, KeyboardInterrupt, SystemExit) as end:
            return _report_ending(end, debug)
        except Exception as error:
            return _report_failure(*_describe_error(error), debug)

    return 0


def _describe_error(error: Exception) -> tuple[str, int]:
    """What is said of an error, and the exit code."""
    match error:
        case RelurulesError():
            return str(error), error.exit_code
        case OSError():
            return explain_os_error(error), 2
        case MemoryError():
            why = f" ({error})" if str(error) else ""
            return (
                f"this takes more memory than there is{why}; make the model or the table smaller",
                2,
            )

    return f"internal error, please report it: {type(error).__name__}: {error}", _INTERNAL


def _report_ending(end: InterruptionError | KeyboardInterrupt | SystemExit, debug: bool) -> int:
    """The exit code; says so where a signal ended the command, or where what it printed finds no
    room.
    """
    code = INTERRUPTED if isinstance(end, KeyboardInterrupt) else end.code
    if code in WORDS:  # SystemExit too: what typer makes of Ctrl-C, and what SIGTERM raises
        with suppress(OSError):  # the terminal may be gone
            _err.print(
                str(end) if isinstance(end, InterruptionError) else WORDS[code],
                markup=False,
                soft_wrap=True,
            )

    try:
        sys.stdout.flush()
    except OSError as error:
        sys.stdout = None  # or it is flushed again at the end
        if not isinstance(error, BrokenPipeError):  # else whoever read it has seen enough
            return _report_failure(f"standard output: {error.strerror}", 2, debug)

    return code if isinstance(code, int) else 0


def _report_failure(message: str, code: int, debug: bool) -> int:
    if debug:
        traceback.print_exc()
    _err.print("error: " + message, markup=False, soft_wrap=True)
    return code


@app.callback(invoke_without_command=True)
def set_global_options(
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
    debug: Annotated[
        bool,
        typer.Option("--debug", help="Show the traceback of an error. Works after a command too."),
    ] = False,
) -> None:
    """Hold the options that stand before a command."""
    del debug  # read by `run`
    if version:
        from relurules.files.version import VERSION

        _out.print(VERSION)
        raise typer.Exit


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="Folder for what is written.")] = Path("out"),
    seed: Annotated[
        int, typer.Option(help="Seed of the split and of the training.", min=0, max=2**32 - 1)
    ] = 0,
) -> None:
    """Train, extract, emit, run and compare, on the breast cancer data that ships with
    scikit-learn.

    Writes rules.json, rules.txt, rules.md, rules.html, score.sql, score.py, score.h, score.c, the
    network as model.pt2 and the held-back rows as rows.csv into the folder, and prints how far each
    artefact is from the network.
    """
    from relurules.cli.demo_run import run_demo

    raise typer.Exit(0 if run_demo(out, seed, _out) else 1)


app.command()(fit)


@app.command()
def extract(
    model: _Model,
    data: _Data = None,
    drop: _Drop = None,
    target: Annotated[
        str | None,
        typer.Option(
            help="Column of the data with the true values: what it says of the rules is kept."
        ),
    ] = None,
    domain_file: _DomainFile = None,
    where: _Where = None,
    box: _Box = None,
    max_error: Annotated[
        float,
        typer.Option(
            help=(
                "How far the rules may be off anywhere, in units of the outputs: fewer, shorter "
                "rules."
            ),
            min=0,
            callback=require_finite,
        ),
    ] = 0.0,
    max_rules: Annotated[
        int | None, typer.Option(help="Merge to so many rules, with the least error.", min=1)
    ] = None,
    fidelity: Annotated[
        str,
        typer.Option(
            help=(
                "Where --max-rules are to be close to the network: domain, or rows, those of the "
                "data."
            )
        ),
    ] = "domain",
    decision: Annotated[
        str | None,
        typer.Option(
            help="Rules that say which class: argmax, or a number that the output must reach."
        ),
    ] = None,
    max_regions: _MaxRegions = None,
    time_limit: TimeLimit = None,
    memory_limit: _MemoryLimit = None,
    jobs: _Jobs = 1,
    checkpoint: _Checkpoint = None,
    solver: Annotated[
        str, typer.Option(help="compiled, or scipy: slow, for comparison.")
    ] = "compiled",
    trust_pickle: _TrustPickle = False,
    out: Annotated[Path, typer.Option(help="Rules file to write.")] = Path("rules.json"),
) -> None:
    """Extract the rules of a network: `relurules extract model.onnx --data rows.csv --target y`.

    The rules hold on the domain: the range of the data, or --box, as changed by --domain, cut by
    every --where; without any of them, everywhere. They are the network itself there, unless
    --max-error or --max-rules allows a difference, which is bounded and printed with the steps that
    led there; `relurules plot rules.json tradeoff` draws these.

    Where more than a million linear regions are to be expected, and no limit is given, an estimate
    is all that is done. --max-regions, --time-limit and --memory-limit hold for all of the work:
    what is finished then is written, and rows elsewhere have rule 0. Of many rules the first ones
    are shown.
    """
    from relurules.api import extract as extract_rules
    from relurules.api import trace
    from relurules.cli.display import describe_errors, tabulate_tradeoffs
    from relurules.emitting.text.printer import print_first_rules
    from relurules.partitioning.checkpoint import remove_checkpoint
    from relurules.wording.coverage import describe_missing

    require_place(out)
    graph = trace(load_model(model, trust_pickle))
    table, y = read_rows(data, drop or [], target)
    domain = _build_domain(graph, table, box, domain_file, where or [])

    with show_search(checkpoint, compiles=solver == "compiled") as progress:
        rules = extract_rules(
            graph, domain=domain, data=table, y=y, max_error=max_error, max_rules=max_rules, fidelity=fidelity,
            decision=_parse_decision(decision), max_regions=max_regions, time_limit=time_limit, memory_limit=memory_limit,
            jobs=jobs, progress=progress, merging=progress.merging, checkpoint=checkpoint, keep_checkpoint=True,
            solver=solver,
        )  # fmt: skip
        rules = replace(rules, provenance=replace(rules.provenance, model=model.name))
        rules.save(out)

    if checkpoint is not None and rules.complete:
        remove_checkpoint(checkpoint)

    (_err if is_stdout(out) else _out).print(
        print_first_rules(rules, _RULES_PRINTED), markup=False, soft_wrap=True
    )
    if rules.tradeoffs:
        _err.print(tabulate_tradeoffs(rules.tradeoffs))
    if rules.tradeoffs and table is not None:
        text = describe_errors(rules, graph.evaluate(domain.rows(table)), rules.predict(table))
        _err.print(text, markup=False, soft_wrap=True)

    _err.print(f"{len(rules)} rules written to {out}", markup=False)
    if not rules.complete:
        text = f"{describe_missing(rules)} To go on: {describe_resumption(checkpoint)}"
        _err.print(text, markup=False, soft_wrap=True)


@app.command()
def count(
    model: _Model,
    data: _Data = None,
    drop: _Drop = None,
    domain_file: _DomainFile = None,
    where: _Where = None,
    box: _Box = None,
    max_regions: _MaxRegions = None,
    time_limit: TimeLimit = None,
    jobs: _Jobs = 1,
    checkpoint: _Checkpoint = None,
    estimate: Annotated[
        bool, typer.Option("--estimate", help="Only estimate the number, by random probes.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the regions, as Parquet files.")
    ] = None,
    maps: Annotated[bool, typer.Option(help="Whether these hold the affine maps.")] = True,
    trust_pickle: _TrustPickle = False,
) -> None:
    """Count the linear regions of a network: `relurules count model.onnx --box -1 1`.

    Regions are activation patterns of all neurons whose cell in the domain, as for extract, has an
    interior. With --out, they are written while they are found, in memory that doesn't grow with
    them.
    """
    from relurules import api
    from relurules.cli.display import describe_estimate

    if out is not None:
        require_place(out, folder=True)

    graph = api.trace(load_model(model, trust_pickle))
    table = None if data is None else read_table(data, drop or [])
    domain = _build_domain(graph, table, box, domain_file, where or [])

    with show_search(checkpoint, out) as progress:
        if estimate or (
            _err.is_terminal and not domain.groups
        ):  # with categories, probes take long
            guess: Any = api.count(graph, domain, max_regions=0).estimate
            progress.expected = guess.regions
        if estimate:
            _out.print(describe_estimate(guess), markup=False, soft_wrap=True)
            return
        found: Any
        limits: Any = {
            "max_regions": max_regions,
            "time_limit": time_limit,
            "jobs": jobs,
            "checkpoint": checkpoint,
        }
        if out is None:
            found = api.count(graph, domain, data=table, progress=progress, **limits)
        else:
            found = api.stream(
                graph, domain, out, data=table, maps=maps, progress=progress, **limits
            )

    _out.print(
        f"{found.regions} linear regions" + ("" if found.complete else " so far"), markup=False
    )
    if out is not None:
        _err.print(f"{len(found.files)} files written to {out}", markup=False, soft_wrap=True)
    if not found.complete:
        _out.print(describe_estimate(found.estimate), markup=False, soft_wrap=True)
        _err.print(
            f"the search was ended early; {describe_resumption(checkpoint)}",
            markup=False,
            soft_wrap=True,
        )


for _command in (summary, explain, plot, ask, diff, emit, verify, prove, check, schema):
    app.command()(_command)


def _parse_decision(text: str | None) -> str | float | None:
    try:
        return None if text is None else float(text)
    except ValueError:
        return text


def _build_domain(
    graph: "Graph",
    table: Any,
    box: tuple[float, float] | None,
    file: Path | None,
    where: Sequence[str],
) -> "Domain":
    """The range of the data, or the box, as changed by the file, cut by every inequality."""
    from relurules.domain.domain_file import read_domain
    from relurules.tracing.model_domain import derive_domain

    domain = derive_domain(graph, table)
    numbers = [
        name
        for i, name in enumerate(domain.names)
        if not any(i in group for group in domain.groups)
    ]

    if box is not None:
        domain = domain.bounded(dict.fromkeys(numbers, box))
    if file is not None:
        domain = read_domain(
            file, domain if graph.named or table is not None or box is not None else None
        )

    for text in where:
        domain = domain.where(text)

    return domain
