"""Packages that some formats need and that aren't installed with this one."""

import importlib
from typing import Any

from relurules.errors import UnsupportedError


def import_extra(module: str, package: str, extra: str) -> Any:
    """A module of an optional package; UnsupportedError says how to install it. extra: of this
    package, which is the format too.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != module.partition(".")[0]:
            raise
        raise UnsupportedError(
            f"the format {extra} needs the package {package}: pip install 'relurules[{extra}]', "
            "or leave the format out of --format"
        ) from error
