"""Passes over the rows that have a local model: the first one numbers them, later ones leave out
the others.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relurules.ir.network import Array
from relurules.statistics.row_source import RowSource

Indices = NDArray[np.intp]
#: Arrays of the same rows, (n, ...) each.
Columns = tuple[NDArray[Any], ...]

#: Rows that are looked at together. Sums of blocks are put together by their numbers alone, so
#: that results don't depend on the pieces that rows come in.
BLOCK_ROWS = 2**16
#: Rows that are packed for the digest at once.
_DIGEST_ROWS = 2**12
#: Numbers of a file's rows that are kept instead of reading them again.
_KEPT_NUMBERS = 2**25


@dataclass(frozen=True, eq=False, kw_only=True)
class RowBlock:
    """Some of the rows that have a model, one after the other.

    first: number of the first among all that have one; X: (n, d); of: (n,) the model of each;
    values: (n,) of the response, (0,) without one.
    """

    first: int
    X: Array
    of: Indices
    values: Array

    @property
    def at(self) -> slice:
        """Their place among all rows that have a model."""
        return slice(self.first, self.first + len(self.X))


class RowPasses:
    """The rows of a source, of which some have a model.

    rows, outside: how many there are, and have none; digest: SHA-256 of all; of: (N,) int32 the
    model of each that has one; values: (N,) their response,
    (0,) without one. All are known after the first pass.
    """

    def __init__(self, source: RowSource, number_rows: Callable[[Array], Indices]) -> None:
        """number_rows: (n, d) -> (n,) number of each row's model from 1, 0 for none."""
        self.source, self.number_rows = source, number_rows
        self.rows, self.outside, self.digest = 0, 0, ""
        self.of: NDArray[np.int32] = np.empty(0, dtype=np.int32)
        self.values: Array = np.empty(0)
        self._inside: NDArray[np.bool_] = np.empty(0, dtype=np.bool_)
        self._known: Array | None = None
        self._pieces: list[Array] | None = None

    def number(self) -> Iterator[RowBlock]:
        """The first pass."""
        digest, numbers = hashlib.sha256(), list[NDArray[np.int32]]()
        kept: list[Array] | None = [] if self.source.whole is None else None

        def read() -> Iterator[Columns]:
            nonlocal kept
            for X in self.source.read():
                if kept is not None:
                    kept.append(X)
                    kept = kept if sum(part.size for part in kept) <= _KEPT_NUMBERS else None
                update_digest(digest, X)
                number = self.number_rows(X).astype(np.int32)
                own: Columns = (X, number - 1)
                if self.source.response is not None:
                    own = (*own, self.source.response.values[self.rows : self.rows + len(X)])
                numbers.append(number)
                self.rows += len(X)
                inside = number > 0
                yield own if inside.all() else tuple(part[inside] for part in own)

        yield from _make_blocks(read())
        self.digest, self._pieces = digest.hexdigest(), kept
        self._keep(np.concatenate([np.empty(0, dtype=np.int32), *numbers]))

    def _keep(self, number: NDArray[np.int32]) -> None:
        """What later passes need of every row."""
        self._inside = number > 0
        self.of = number[self._inside] - 1
        self.outside = self.rows - len(self.of)
        whole, response = self.source.whole, self.source.response
        if response is not None:
            self.values = response.values[self._inside] if self.outside else response.values
        if whole is not None:
            self._known = whole[self._inside] if self.outside else whole

    def repeat(self) -> Iterator[RowBlock]:
        """A later pass."""

        def read() -> Iterator[Columns]:
            done = 0
            for X in self.source.read() if self._pieces is None else self._pieces:
                inside = self._inside[done : done + len(X)]
                done += len(X)
                yield (X if inside.all() else X[inside],)

        known = self._known
        if known is None:
            pieces = (own[0] for own in _cut(read(), BLOCK_ROWS))
        else:
            pieces = (known[at : at + BLOCK_ROWS] for at in range(0, len(known), BLOCK_ROWS))

        first = 0
        for X in pieces:
            at = slice(first, first + len(X))
            values = self.values[at]
            yield RowBlock(first=first, X=X, of=self.of[at].astype(np.intp), values=values)
            first += len(X)


def update_digest(digest: Any, X: Array) -> None:
    """Add rows in coordinates, (n, d), to their digest."""
    for start in range(0, len(X), _DIGEST_ROWS):
        rows = X[start : start + _DIGEST_ROWS] + 0.0
        digest.update(np.ascontiguousarray(rows, dtype="<f8"))


def hash_rows(X: Array) -> str:
    """SHA-256 of rows in coordinates, (N, d), as evidence keeps it."""
    digest = hashlib.sha256()
    update_digest(digest, X)
    return digest.hexdigest()


def _make_blocks(parts: Iterable[Columns]) -> Iterator[RowBlock]:
    first = 0
    for X, of, *rest in _cut(parts, BLOCK_ROWS):
        values = rest[0] if rest else np.empty(0)
        yield RowBlock(first=first, X=X, of=of.astype(np.intp), values=values)
        first += len(X)


def _cut(parts: Iterable[Columns], rows: int) -> Iterator[Columns]:
    """Parts of any numbers of rows as blocks of so many, of which the last one may be shorter."""
    waiting: list[Columns] = []
    count = 0
    for part in parts:
        waiting.append(part)
        count += len(part[0])
        if count < rows:
            continue
        joined = _join(waiting)
        whole = count - count % rows
        for start in range(0, whole, rows):
            yield tuple(array[start : start + rows] for array in joined)
        waiting, count = [tuple(array[whole:] for array in joined)], count - whole

    if count:
        yield _join(waiting)


def _join(parts: list[Columns]) -> Columns:
    some = [part for part in parts if len(part[0])] or parts[:1]
    if len(some) == 1:
        return some[0]
    return tuple(np.concatenate(arrays) for arrays in zip(*some, strict=True))
