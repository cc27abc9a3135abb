"""The command `relurules schema`; `main` registers it."""

import sys


def schema() -> None:
    """Print the JSON Schema of rules files (draft 2020-12)."""
    from relurules.codec.rules_file import make_schema_text

    sys.stdout.write(make_schema_text())
