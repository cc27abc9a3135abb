"""Reading TOML."""

import tomllib
from pathlib import Path
from typing import Any

from relurules.errors import InputError
from relurules.files.writing import read_text


def read_toml(path: Path) -> dict[str, Any]:
    """What a file holds; InputError naming it for what is no TOML, or no UTF-8."""
    try:
        return tomllib.loads(read_text(path))
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path}: is no TOML that can be read: {error}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: isn't UTF-8, from byte {error.start} on") from error
