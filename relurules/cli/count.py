"""The command `relurules count`; `main` registers it."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from relurules.cli.files import load_model, read_table
from relurules.cli.interruption import describe_resumption, show_search
from relurules.cli.options import TimeLimit
from relurules.cli.search_options import (
    Box,
    Checkpoint,
    Data,
    DomainFile,
    Drop,
    Jobs,
    MaxRegions,
    Model,
    TrustPickle,
    Where,
    build_domain,
)
from relurules.cli.table_options import TableArguments, make_model_options, take_table_options
from relurules.files.writing import require_place

_out, _err = Console(highlight=False), Console(stderr=True, highlight=False)


@take_table_options
def count(
    reading: TableArguments,
    model: Model,
    data: Data = None,
    drop: Drop = None,
    domain_file: DomainFile = None,
    where: Where = None,
    box: Box = None,
    max_regions: MaxRegions = None,
    time_limit: TimeLimit = None,
    jobs: Jobs = 1,
    checkpoint: Checkpoint = None,
    estimate: Annotated[
        bool, typer.Option("--estimate", help="Only estimate the number, by random probes.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the regions, as Parquet files.")
    ] = None,
    maps: Annotated[bool, typer.Option(help="Whether these hold the affine maps.")] = True,
    trust_pickle: TrustPickle = False,
) -> None:
    """Count the linear regions of a network: `relurules count model.onnx --box -1 1`.

    Regions are activation patterns of all neurons whose cell in the domain, as for extract, has an
    interior. With --out, they are written while they are found, in memory that doesn't grow with
    them.
    """
    from relurules import api
    from relurules.cli.display import describe_estimate
    from relurules.wording.numbers import format_count, inflect_noun

    if out is not None:
        require_place(out, folder=True)

    graph = api.trace(load_model(model, trust_pickle))
    options = make_model_options(graph, reading, drop or [])
    table = None if data is None else read_table(data, options).frame
    domain = build_domain(graph, table, box, domain_file, where or [])

    with show_search(checkpoint, out) as progress:
        # With categories, probes take long.
        if estimate or (_err.is_terminal and not domain.groups):
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
        f"{found.regions} {inflect_noun('linear region', found.regions)}"
        + ("" if found.complete else " so far"),
        markup=False,
    )
    if out is not None:
        _err.print(
            f"{format_count(len(found.files), 'file')} written to {out}",
            markup=False,
            soft_wrap=True,
        )
    if not found.complete:
        _out.print(describe_estimate(found.estimate), markup=False, soft_wrap=True)
        _err.print(
            f"the search was ended early; {describe_resumption(checkpoint)}",
            markup=False,
            soft_wrap=True,
        )
