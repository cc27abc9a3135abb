"""Options of the commands that compare with a network: `prove`, `check` and `verify`."""

from pathlib import Path
from typing import Annotated

import typer

Model = Annotated[
    Path,
    typer.Option(
        help="Network, as for extract, or the model.json that was written with a certificate."
    ),
]
TrustPickle = Annotated[
    bool,
    typer.Option("--trust-pickle", help="Load a pickled model, which runs the code that it names."),
]
