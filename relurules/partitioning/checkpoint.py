"""Checkpoints: everything that a search needs to go on, as arrays in an .npz file.

Nothing in it is a pickle.
"""

import hashlib
import json
import os
import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from relurules.errors import DataError
from relurules.files.writing import replace_atomically
from relurules.ir.network import AFFINE_ARRAYS
from relurules.ir.partition import Side
from relurules.lp.dictionary import Dictionary
from relurules.partitioning.category_memory import with_category_memory
from relurules.partitioning.pieces import SearchPiece, SearchProgress, UpperSplits
from relurules.partitioning.search_run import SearchProblem, begin_search
from relurules.partitioning.soundness import is_sound
from relurules.partitioning.state import CellStack, CurrentCell, OutputBuffers, SearchState

#: What reading an archive of arrays may raise where the file is none, or is broken.
_UNREADABLE = (
    OSError,
    EOFError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    RuntimeError,
    MemoryError,
    SyntaxError,
    OverflowError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)
#: What is said of a file that can't be read.
DAMAGED = "isn't a checkpoint, or is damaged; give another file, or remove this one to start anew"
#: Changes whenever a checkpoint of an older version can't be read any more.
_VERSION = 4
#: Parts of a state that are saved; buffers for what is found are empty then, and made anew.
_GROUPS: dict[str, Any] = {
    "node": CurrentCell,
    "stack": CellStack,
    "work": Dictionary,
    "spare": Dictionary,
    "ball": Dictionary,
}


def save_checkpoint(
    path: Path, problem: SearchProblem, search: SearchProgress, held: dict[str, Any]
) -> None:
    """Write the search and what its sink holds; the file appears whole or not at all."""
    arrays: dict[str, Any] = {f"top.{name}": array for name, array in search.top._asdict().items()}
    for i, piece in enumerate(search.pieces):
        if piece.state is not None:
            for group in _GROUPS:
                named = getattr(piece.state, group)._asdict().items()
                arrays |= {f"piece.{i}.{group}.{name}": array for name, array in named}

    about = {
        "version": _VERSION,
        "digest": digest_problem(problem),
        "pieces": [[*piece.place, piece.found, piece.state is not None] for piece in search.pieces],
    }
    arrays |= {f"held.{name}": array for name, array in held.items()}
    about["content"] = _digest_content(arrays, about)

    with replace_atomically(path) as temporary, temporary.open("wb") as file:
        np.savez(file, about=json.dumps(about), **arrays)


def require_file(path: Path) -> None:
    """DataError where a checkpoint can't stand at `path`."""
    if path.exists() and not path.is_file():
        raise DataError(f"{path}: is no regular file, as a checkpoint must be; name another one")


def remove_checkpoint(path: Path) -> None:
    """Remove a checkpoint; a symbolic link to it stays."""
    Path(os.path.realpath(path)).unlink(missing_ok=True)


def read_checkpoint(path: Path, problem: SearchProblem) -> tuple[SearchProgress, dict[str, Any]]:
    """The search and what its sink held.

    DataError where the file can't be read or is of another search.
    """
    arrays, about = _read_archive(path)
    version, found = about["version"], about["digest"]
    if version != _VERSION or found != digest_problem(problem):
        raise DataError(
            f"{path}: is the checkpoint of another search (another network, domain or kind of "
            "output, or another version); give another file, or remove this one to start anew"
        )

    fresh = begin_search(problem)
    try:
        pieces = [
            SearchPiece(
                Side(int(split), int(side)),
                _restore_state(fresh, arrays, f"piece.{i}") if is_open else None,
                int(count),
            )
            for i, (split, side, count, is_open) in enumerate(about["pieces"])
        ]
        top = UpperSplits(*(arrays[f"top.{name}"] for name in UpperSplits._fields))
    except _UNREADABLE as error:
        raise DataError(f"{path}: {DAMAGED}") from error

    held = {
        name.removeprefix("held."): array
        for name, array in arrays.items()
        if name.startswith("held.")
    }

    return SearchProgress(top, pieces), held


def _read_archive(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The arrays of a checkpoint, and what it says of them."""
    with path.open("rb") as file:
        try:
            if file.read(2) != b"PK":  # np.load would take it for an array, or a pickle
                raise zipfile.BadZipFile
            file.seek(0)
            with np.load(file, allow_pickle=False) as archive:
                arrays = {name: archive[name] for name in archive.files}
            about = json.loads(str(arrays.pop("about")))
            if about["version"] == _VERSION and about.pop("content") != _digest_content(
                arrays, about
            ):
                raise ValueError
        except MemoryError as error:
            raise DataError(f"{path}: has no room in memory, or {DAMAGED}") from error
        except _UNREADABLE as error:
            raise DataError(f"{path}: {DAMAGED}") from error

    return arrays, about


def _digest_content(arrays: Mapping[str, Any], about: Mapping[str, Any]) -> str:
    """A digest of everything: a number that was changed would change the result, in silence."""
    found = hashlib.sha256(json.dumps(about, sort_keys=True).encode())
    for name, array in sorted(arrays.items()):
        array = np.ascontiguousarray(array)  # noqa: PLW2901
        found.update(repr((name, array.dtype.str, array.shape)).encode())
        found.update(array.reshape(-1).view(np.uint8).data)
    return found.hexdigest()


def _restore_state(fresh: SearchState, arrays: dict[str, Any], prefix: str) -> SearchState:
    groups: dict[str, Any] = {
        group: kind(
            *(np.ascontiguousarray(arrays[f"{prefix}.{group}.{name}"]) for name in kind._fields)
        )
        for group, kind in _GROUPS.items()
    }
    buffers: Any = [np.zeros_like(array) for array in fresh.out]
    state = with_category_memory(fresh._replace(out=OutputBuffers(*buffers), **groups))

    if not is_sound(state, fresh):
        raise ValueError(f"the arrays of {prefix} don't fit one another")
    return state


def digest_problem(problem: SearchProblem) -> str:
    """What tells one search from another: every number of its network and domain, and what is
    wanted of regions.
    """
    network, domain, frame = problem.network, problem.domain, problem.frame
    # Slopes first: checkpoints hold what this order gives.
    numbers = [getattr(network, name) for name in ("slope", *AFFINE_ARRAYS)]
    numbers += [
        domain.lower,
        domain.upper,
        domain.normals,
        domain.bounds,
        frame.origin,
        frame.scale,
    ]
    found = hashlib.sha256(
        repr((domain.groups, problem.wanted, [array.shape for array in numbers])).encode()
    )

    for array in numbers:
        found.update(np.ascontiguousarray(array, dtype=np.float64).tobytes())

    return found.hexdigest()
