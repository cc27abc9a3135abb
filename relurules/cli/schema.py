"""The command `relurules schema`; `main` registers it."""

import sys


def schema() -> None:
    """Print the JSON Schema of rules files (draft 2020-12)."""
    from relurules.codec.rules_json import read_schema_text

    sys.stdout.write(read_schema_text())
