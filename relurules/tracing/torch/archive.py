"""Loads torch.export archives (.pt2) from strangers, by torch, once they are checked."""

import io
import zipfile
from pathlib import Path

import torch
from torch.export import ExportedProgram

from relurules.errors import ModelError
from relurules.tracing.pt2.archive import check_members, check_uncompressed, read_archive


def load_archive(path: Path) -> ExportedProgram:
    """Return the program of a .pt2 file.

    ModelError names what isn't as in a plain archive; nothing in it is run.
    """
    content = read_archive(path)
    try:
        check_members(path, content, _check_pickle)
        program = torch.export.load(io.BytesIO(content))
    except ModelError:
        raise
    except Exception as error:
        raise ModelError(
            f"{path}: can't be read as a torch.export archive ({type(error).__name__}: "
            f"{str(error)[:120]}); expected a file that torch.export.save wrote"
        ) from error

    program._guards_code = []  # source text that ExportedProgram.module() would compile and run
    return program


def _check_pickle(path: Path, name: str, member: bytes) -> None:
    if zipfile.is_zipfile(io.BytesIO(member)):
        with zipfile.ZipFile(io.BytesIO(member)) as inner:
            check_uncompressed(path, inner, len(member))

    try:
        torch.load(io.BytesIO(member), weights_only=True)
    except Exception as error:
        raise ModelError(
            f"{path}: {name} holds pickled objects, which could run code; save plain tensors"
        ) from error
