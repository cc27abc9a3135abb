"""Options of the commands that show rules, `summary`, `explain` and `plot`."""

from pathlib import Path
from typing import Annotated

import typer

Rules = Annotated[Path, typer.Argument(help="Rules file that `relurules extract` wrote.")]
Data = Annotated[Path | None, typer.Option(help="CSV or Parquet with the columns of the rules.")]
Target = Annotated[str | None, typer.Option(help="Column of the data with the true values.")]
Output = Annotated[
    str | None,
    typer.Option(help="Output whose score is taken apart; by default class 1, or the first."),
]
Uncentred = Annotated[
    bool,
    typer.Option("--uncentred", help="Contributions against 0, not against the mean of the rows."),
]
