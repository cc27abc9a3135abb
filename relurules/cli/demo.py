"""The command `relurules demo`; `main` registers it."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

_out = Console(highlight=False)


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
