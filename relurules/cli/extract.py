"""The command `relurules extract`; `main` registers it."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from relurules.cli.files import load_model, read_rows, restrict_schema
from relurules.cli.interruption import describe_resumption, show_search
from relurules.cli.options import TimeLimit, require_finite
from relurules.cli.reason_options import Reference, read_reference
from relurules.cli.search_options import (
    Box,
    Checkpoint,
    Data,
    DomainFile,
    Drop,
    Jobs,
    Labels,
    MaxRegions,
    MemoryLimit,
    Model,
    Positive,
    TrustPickle,
    Where,
    build_domain,
    parse_labels,
)
from relurules.cli.table_options import TableArguments, make_model_options, take_table_options
from relurules.errors import UnusedOptionWarning
from relurules.files.writing import is_stdout, require_place

_out, _err = Console(highlight=False), Console(stderr=True, highlight=False)

#: So many rules are printed once they are extracted.
_RULES_PRINTED = 200


@take_table_options
def extract(
    reading: TableArguments,
    model: Model,
    data: Data = None,
    drop: Drop = None,
    target: Annotated[
        str | None,
        typer.Option(
            help="Column of the data with the true values: what it says of the rules is kept."
        ),
    ] = None,
    form: Annotated[
        str,
        typer.Option(help="partition, rules of which one applies; or additive, lines that add up."),
    ] = "partition",
    domain_file: DomainFile = None,
    where: Where = None,
    box: Box = None,
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
    labels: Labels = None,
    positive: Positive = None,
    max_regions: MaxRegions = None,
    time_limit: TimeLimit = None,
    memory_limit: MemoryLimit = None,
    jobs: Jobs = 1,
    checkpoint: Checkpoint = None,
    solver: Annotated[
        str, typer.Option(help="compiled, or highs: slow, for comparison.")
    ] = "compiled",
    guard_unread: Annotated[
        bool,
        typer.Option(
            "--guard-unread",
            help="Keep the range of columns that the network doesn't read: other rows have rule 0.",
        ),
    ] = False,
    reference: Reference = None,
    trust_pickle: TrustPickle = False,
    check: Annotated[
        bool,
        typer.Option(
            "--check",
            help="Compare with the model's own framework on random rows of the domain; .pt2 files "
            "are read without torch.",
        ),
    ] = False,
    out: Annotated[Path, typer.Option(help="Rules file to write.")] = Path("rules.json"),
) -> None:
    """Extract the rules of a network: `relurules extract model.onnx --data rows.csv --target y`.

    The rules hold on the domain: the range of the data, or --box, as changed by --domain, cut by
    every --where; without any of them, everywhere. They are the network itself there, unless
    --max-error or --max-rules allows a difference, which is bounded and printed with the steps that
    led there; `relurules plot rules.json tradeoff` draws these.

    With --form additive the rules are lines that add up: a base, and so much for every unit of a
    sum of columns beyond a bound. There are as many as neurons, without any search: --decision and
    --checkpoint don't go with it, and --max-regions, --memory-limit, --jobs and --solver are for
    neurons that read one another alone; a note says where there are none.

    The rules have the columns that the network reads, and no others: what a row holds there doesn't
    matter, unless --guard-unread keeps their range too.

    Where more than a million linear regions are to be expected, and no limit is given, an estimate
    is all that is done. --max-regions, --time-limit and --memory-limit hold for all of the work:
    what is finished then is written, and rows elsewhere have rule 0. Of many rules the first ones
    are shown.
    """
    from relurules.api import extract as extract_rules
    from relurules.api import trace
    from relurules.cli.display import (
        describe_errors,
        describe_size,
        name_unit,
        print_first,
        tabulate_tradeoffs,
    )
    from relurules.ir import RuleSet
    from relurules.partitioning.checkpoint import remove_checkpoint
    from relurules.tracing import check_by_framework
    from relurules.wording.coverage import describe_missing

    require_place(out)
    loaded = load_model(model, trust_pickle)
    graph = trace(loaded)
    options = make_model_options(graph, reading, drop or [], target)
    table, y, schema = read_rows(data, options, target)
    domain = build_domain(graph, table, box, domain_file, where or [])
    if check:
        _err.print(check_by_framework(loaded, graph, domain), markup=False, soft_wrap=True)
    known = options if schema is None else replace(options, schema=schema)
    measured_from = read_reference(reference, known)

    with show_search(checkpoint, compiles=solver == "compiled") as progress, _hear_notices():
        rules = extract_rules(
            graph, domain=domain, data=table, y=y, form=form, max_error=max_error,
            max_rules=max_rules, fidelity=fidelity, decision=_parse_decision(decision),
            max_regions=max_regions, time_limit=time_limit, memory_limit=memory_limit,
            jobs=jobs, progress=progress, merging=progress.merging, checkpoint=checkpoint,
            keep_checkpoint=True, solver=solver, guard_unread=guard_unread,
            reference=measured_from,
            labels=parse_labels(labels), positive=positive,
        )  # fmt: skip
        rules = replace(
            rules,
            provenance=replace(rules.provenance, model=model.name),
            schema=restrict_schema(schema, rules),
        )
        rules.save(out)

    if checkpoint is not None and rules.complete:
        remove_checkpoint(checkpoint)

    (_err if is_stdout(out) else _out).print(
        print_first(rules, _RULES_PRINTED), markup=False, soft_wrap=True
    )
    if rules.tradeoffs:
        _err.print(tabulate_tradeoffs(rules.tradeoffs, what=f"{name_unit(rules)}s"))
    if rules.tradeoffs and table is not None:
        text = describe_errors(
            rules, graph.evaluate(domain.rows(table)), rules.predict_numbers(table)
        )
        _err.print(text, markup=False, soft_wrap=True)

    _err.print(f"{describe_size(rules)} written to {out}", markup=False)
    if isinstance(rules, RuleSet) and not rules.complete:
        text = f"{describe_missing(rules)} To go on: {describe_resumption(checkpoint)}"
        _err.print(text, markup=False, soft_wrap=True)


@contextmanager
def _hear_notices() -> Iterator[None]:
    """Print what options had nothing to do, when the work is done."""
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always", UnusedOptionWarning)
        yield
    for one in heard:
        if issubclass(one.category, UnusedOptionWarning):
            _err.print(f"note: {one.message}", markup=False, soft_wrap=True)
        else:
            warnings.warn_explicit(one.message, one.category, one.filename, one.lineno)


def _parse_decision(text: str | None) -> str | float | None:
    try:
        return None if text is None else float(text)
    except ValueError:
        return text
