"""A score that a certificate is about, in floats -> rows near its ends, by a search one column at a
time.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relurules.checker import AffineScore, AnsweredScore, find_outside_reason
from relurules.ir.limits import Deadline

Array = NDArray[np.float64]
#: Rows that are drawn first, and how many of the best of them are made better.
_DRAWN, _KEPT = 2000, 12
#: How often all columns are gone through.
_ROUNDS = 6


@dataclass(frozen=True, kw_only=True)
class FloatTree:
    """Partition rules. normals (S, d), offsets (S,): of splits; children (S, 2): `otherwise` and
    `then`, a split, or minus the number of a rule; weights (R, d), constants (R,).
    """

    normals: Array
    offsets: Array
    children: NDArray[np.intp]
    weights: Array
    constants: Array

    def at(self, X: Array) -> Array:
        """(N, d) -> (N,) the scores; NaN for rows without a rule."""
        place = np.zeros(len(X), dtype=np.intp) if len(self.normals) else np.full(len(X), -1)
        for _ in range(len(self.normals)):
            rows = np.flatnonzero(place >= 0)
            if not len(rows):
                break
            split = place[rows]
            holds = np.einsum("nd,nd->n", X[rows], self.normals[split]) >= self.offsets[split]
            place[rows] = self.children[split, holds.astype(np.intp)]

        found = np.full(len(X), np.nan)
        rows = np.flatnonzero((place < 0) & (place >= -len(self.weights)))
        rule = -place[rows] - 1
        found[rows] = np.einsum("nd,nd->n", X[rows], self.weights[rule]) + self.constants[rule]
        return found


class FloatScore:
    """The score of a certificate, over its domain, in floats."""

    def __init__(self, score: AnsweredScore) -> None:
        self.space, ground = score.space, score.make_context()
        base = score.add_bases()
        self.base, self.constant = self._spread([base])[0], float(base.constant)
        lines = [line for line in score.list_lines() if line[1]]
        self.lines = self._spread([z for z, _ in lines])
        self.above = np.array([-float(z.constant) for z, _ in lines])
        self.slopes = np.array([float(slope) for _, slope in lines])
        walls = [AffineScore(terms, most) for terms, most in ground.limits]
        self.walls = self._spread(walls)
        self.most = np.array([float(wall.constant) for wall in walls])
        self.low, self.high = (
            np.array([*map(float, ends)]) for ends in (score.space.low, score.space.high)
        )
        plain = np.isin(np.arange(len(self.low)), self.space.columns[: self.space.plain])
        self.pairs = self.walls[((self.walls != 0.0) @ np.where(plain, 1, 9) == 2)]

        cuts = [AffineScore(*cut) for cut in ground.cuts]
        self.trees, first = list[FloatTree](), 0
        for term in score.trees:
            splits, rules = term.rules.get("splits", ()), term.rules["rules"]
            own = cuts[first : first + len(splits)]
            first += len(splits)
            maps = [score.combine(rule["outputs"], term.sign) for rule in rules]
            self.trees.append(FloatTree(
                normals=self._spread(own),
                offsets=np.array([-float(cut.constant) for cut in own]),
                children=np.array([_list_children(s, len(maps)) for s in splits]).reshape(-1, 2),
                weights=self._spread(maps),
                constants=np.array([float(one.constant) for one in maps]),
            ))  # fmt: skip

    def _spread(self, functions: Sequence[AffineScore]) -> Array:
        """Coefficients, (n, d)."""
        found = np.zeros((len(functions), len(self.space.names)))
        for row, function in zip(found, functions, strict=True):
            for j, value in function.terms.items():
                row[j] = float(value)
        return found

    def at(self, X: Array) -> Array:
        """(N, d) -> (N,) the scores; NaN outside the inequalities, and for rows without a rule."""
        total = X @ self.base + self.constant
        total = total + np.maximum(X @ self.lines.T - self.above, 0.0) @ self.slopes
        for tree in self.trees:
            total = total + tree.at(X)
        inside = (self.most >= X @ self.walls.T).all(axis=1)
        return np.asarray(np.where(inside, total, np.nan))

    def draw(self, count: int, rng: np.random.Generator) -> Array:
        """Rows of the box, half of them with columns at their ends, one of each group."""
        low, high = self.low, self.high
        share = rng.uniform(size=(count, len(low)))
        half = count // 2
        share[:half] = np.where(rng.uniform(size=share[:half].shape) < 0.7, share[:half].round(),
                                share[:half])  # fmt: skip
        X = low + share * (high - low)
        for members, allowed in zip(self.space.groups, self.space.allowed, strict=True):
            X[:, [self.space.columns[i] for i in members]] = 0.0
            if allowed:
                chosen = np.array([self.space.columns[i] for i in allowed])
                X[np.arange(count), chosen[rng.integers(len(chosen), size=count)]] = 1.0
        return np.asarray(np.clip(X, low, high))

    def list_moves(self, x: Array) -> Iterator[Array]:
        """Rows that differ from one in a column, at its ends and where a line or a split begins; in
        another one too where an inequality ties just these two; or in the member of a group.
        """
        kinks = np.vstack([self.lines, self.walls, *(tree.normals for tree in self.trees)])
        starts = [self.above, self.most, *(tree.offsets for tree in self.trees)]

        left = np.concatenate(starts) - kinks @ x
        for j in self.space.columns[: self.space.plain]:
            low, high = self.low[j], self.high[j]

            reads = kinks[:, j] != 0.0
            with np.errstate(over="ignore"):  # a kink beyond all numbers is outside the bounds
                at = x[j] + left[reads] / kinks[reads, j]
            values = np.concatenate(
                [[low, high], at, np.nextafter(at, low), np.nextafter(at, high)]
            )
            values = np.unique(values[(values >= low) & (values <= high)])

            rows = np.repeat(x[None], len(values), axis=0)
            rows[:, j] = values
            yield rows

            for wall in self.pairs[self.pairs[:, j] != 0.0]:
                i = next(i for i in np.flatnonzero(wall).tolist() if i != j)
                with np.errstate(over="ignore"):  # and what an inequality ties to it at its end
                    along = x[i] - wall[j] * (values - x[j]) / wall[i]
                both = rows.copy()
                both[:, i] = np.clip(along, self.low[i], self.high[i])
                yield both

        for members, allowed in zip(self.space.groups, self.space.allowed, strict=True):
            rows = np.repeat(x[None], len(allowed), axis=0)
            rows[:, [self.space.columns[i] for i in members]] = 0.0
            rows[np.arange(len(allowed)), [self.space.columns[i] for i in allowed]] = 1.0
            yield rows


def _list_children(split: Mapping[str, Any], rules: int) -> list[int]:
    """Where the sides of a split lead; beyond all rules where there is none."""
    ends = [split["otherwise"], split["then"]]
    return [end.get("split", -end.get("rule", rules + 1)) for end in ends]


def find_rows_near_ends(score: AnsweredScore, deadline: Deadline) -> list[list[Fraction] | None]:
    """Rows near the lowest and the highest score, None where none was found in the domain."""
    floats, rng = FloatScore(score), np.random.default_rng(0)

    X = floats.draw(_DRAWN, rng)
    values = floats.at(X)
    found: list[list[Fraction] | None] = []
    for sign in (-1.0, 1.0):
        order = np.argsort(np.where(np.isnan(values), np.inf, -sign * values))[:_KEPT]
        starts = [X[i] for i in order if not np.isnan(values[i])]
        rows = [_climb(floats, x, sign, deadline) for x in starts]
        rows.sort(key=lambda x: -sign * float(floats.at(x[None])[0]))
        exact = ([Fraction(value) for value in row.tolist()] for row in rows)
        found.append(next((x for x in exact if find_outside_reason(x, score) is None), None))
    return found


def _climb(floats: FloatScore, x: Array, sign: float, deadline: Deadline) -> Array:
    """The best row that moves of one column after the other lead to."""
    best = sign * float(floats.at(x[None])[0])
    for _ in range(_ROUNDS):
        before = best
        for rows in floats.list_moves(x):
            values = np.nan_to_num(sign * floats.at(rows), nan=-np.inf)
            i = int(values.argmax())
            if values[i] > best:
                x, best = rows[i], float(values[i])
        if best == before or deadline.is_over():
            break
    return x
