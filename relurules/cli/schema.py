"""The command `relurules schema`; `main` registers it."""

import sys
from typing import Annotated

import typer


def schema(
    form: Annotated[
        str, typer.Option("--form", help="Of which rules: partition, or additive.")
    ] = "partition",
) -> None:
    """Print the JSON Schema of rules files (draft 2020-12)."""
    from relurules.codec.additive_file import make_additive_schema_text
    from relurules.codec.rules_file import make_schema_text
    from relurules.errors import UnsupportedError

    texts = {"partition": make_schema_text, "additive": make_additive_schema_text}
    if form not in texts:
        raise UnsupportedError(f"--form {form!r}; supported: {', '.join(texts)}")
    sys.stdout.write(texts[form]())
