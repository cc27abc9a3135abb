"""Options of the commands that search a network, `extract` and `count`."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from relurules.cli.options import (
    parse_regions,
    require_finite,
    require_interval,
    require_processes,
)

if TYPE_CHECKING:
    from relurules.domain import Domain
    from relurules.ir import Graph

Model = Annotated[
    Path,
    typer.Argument(
        help="Network: an .onnx file, a .pt2 file (torch.export.save), a model.json file of "
        "relurules, or, with --trust-pickle, a pickled "
        "scikit-learn pipeline (.joblib, .pkl) or torch module (.pt, .pth)."
    ),
]
Data = Annotated[
    Path | None, typer.Option(help="CSV or Parquet: names the columns, bounds them, counts rows.")
]
Labels = Annotated[
    str | None,
    typer.Option(
        help=(
            "What the classes are called, in the order of the model's outputs, where the model "
            "doesn't name them: good,bad; whole numbers are numbers."
        )
    ),
]
Positive = Annotated[
    str | None,
    typer.Option(
        help="Class that scores and contributions speak of; by default the second of two."
    ),
]
Drop = Annotated[
    list[str] | None, typer.Option(help="Column of the data that is no input; repeatable.")
]
DomainFile = Annotated[
    Path | None,
    typer.Option(
        "--domain", help="JSON or TOML file of bounds and inequalities; see docs/inputs.md."
    ),
]
Where = Annotated[
    list[str] | None, typer.Option(help='Further limit, such as "a + 2*b <= 1"; repeatable.')
]
Box = Annotated[
    tuple[float, float] | None,
    typer.Option(
        help="Bounds for every column, in place of the data's.", callback=require_interval
    ),
]
MaxRegions = Annotated[
    float | None,
    typer.Option(
        parser=parse_regions, metavar="NUMBER|none",
        help=("Stop after so many linear regions; none: find all of them, however many are to be "
             "expected."),
    ),
]  # fmt: skip
MemoryLimit = Annotated[
    float | None,
    typer.Option(help="Stop before the regions take more MB.", min=0, callback=require_finite),
]
Jobs = Annotated[
    int, typer.Option(help="Threads or processes; -1 is one per core.", callback=require_processes)
]
Checkpoint = Annotated[
    Path | None,
    typer.Option(help="File from which the same command goes on, where the search was stopped."),
]
TrustPickle = Annotated[
    bool,
    typer.Option(
        "--trust-pickle",
        help=(
            "Load a pickled model. Loading a pickle runs the code that it names: only for files "
            "that you trust."
        ),
    ),
]


def build_domain(
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


def parse_labels(text: str | None) -> list[str] | list[int] | list[float] | None:
    """Labels between commas: all whole numbers, all numbers, or text."""
    if text is None:
        return None
    parts = [part.strip() for part in text.split(",")]
    for kind in (int, float):
        try:
            return [kind(part) for part in parts]
        except ValueError:
            continue

    return parts
