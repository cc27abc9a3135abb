"""How far an artefact is from a network, exactly, and rows on which it is far: sampled, at
boundaries, and climbed to.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.domain import Domain
from relurules.ir import Artifact, Network
from relurules.verifying.engines import run_artifact
from relurules.verifying.exact_network import ExactNetwork

Array = NDArray[np.float64]
#: Scores of rows in coordinates, (N, d) -> (N, m).
Run = Callable[[Array], Array]
#: Rows whose scores are worked out at a time.
_PIECE = 50_000


@dataclass(frozen=True)
class RowSearch:
    """Looks for the largest error over a domain. step: an ulp of 1 in the rows' format."""

    network: Network
    domain: Domain
    step: float = 2.0**-52

    def measure(self, X: Array, scores: Array) -> Array:
        """(N,) the largest error of a row's scores: exact but for the last rounding."""
        exact = ExactNetwork(self.network)
        return np.array(
            [
                max(abs(float(e - type(e)(s))) for s, e in zip(row, exact.scores(x), strict=True))
                for x, row in zip(X, scores.tolist(), strict=True)
            ]
        )

    def solve(self, X: Array) -> NDArray[np.longdouble]:
        """(N, m) the network's scores in extended precision, which is enough to find rows by."""
        parts = np.array_split(X, max(1, len(X) // _PIECE))
        return np.concatenate([self._solve_piece(part) for part in parts])

    def _solve_piece(self, X: Array) -> NDArray[np.longdouble]:
        net, wide = self.network, X.astype(np.longdouble)
        z = wide @ net.A.T.astype(np.longdouble) + net.b
        active = np.zeros_like(z)
        for level in net.levels:
            z[:, level] += active @ net.L[level].T.astype(np.longdouble)
            active[:, level] = np.where(z[:, level] > 0, 1.0, net.slope[level]) * z[:, level]
        scores = wide @ net.C.T.astype(np.longdouble) + active @ net.U.T.astype(np.longdouble)

        return np.asarray(scores + net.c, dtype=np.longdouble)

    def draw_pool(self, count: int, rng: np.random.Generator) -> "RowPool":
        """Rows of the box and their scores."""
        return self.work_out(self.draw(count, rng))

    def work_out(self, X: Array) -> "RowPool":
        """Rows with their scores."""
        return RowPool(X, self.solve(X))

    def draw(self, count: int, rng: np.random.Generator) -> Array:
        """Rows of the box: anywhere, at powers of two and ends, on boundaries of neurons, and a few
        ulps beside.
        """
        low, high = self.domain.lower, self.domain.upper
        X = low + (high - low) * rng.random((count, len(low)))
        powers = np.concatenate([2.0 ** np.arange(-3, 20), -(2.0 ** np.arange(-3, 20))])
        for j in range(len(low)):
            values = np.concatenate([[low[j], high[j]], powers])
            chosen = rng.random(count) < 0.2
            X[chosen, j] = rng.choice(np.clip(values, low[j], high[j]), chosen.sum())
        X = self.settle(X, rng)
        meeting = np.flatnonzero(rng.random(count) < 0.5 * bool(len(self.network)))
        for walls in (1, 2, len(low)):
            own = meeting[rng.integers(3, size=len(meeting)) == 0]
            X[own] = self._move_to_walls(X[own], min(walls, len(low), len(self.network)), rng)
        return self.settle(X, rng, kept=True)

    def _move_to_walls(self, X: Array, count: int, rng: np.random.Generator) -> Array:
        """Rows where so many neurons, drawn at random, are 0 or some ulps beside: on facets, edges
        and corners of linear regions, by Newton's method.
        """
        width = np.where(
            self.domain.upper > self.domain.lower, self.domain.upper - self.domain.lower, 1.0
        )
        chosen = rng.random((len(X), len(self.network))).argsort(axis=1)[:, :count]
        at = np.arange(len(X))[:, None]
        for _ in range(3):
            z, slopes = self._differentiate(X)
            steep = slopes[at, chosen] * width
            products = steep @ steep.transpose(0, 2, 1)
            ridge = 1e-14 * np.trace(products, axis1=1, axis2=2) + 1e-300
            products += ridge[:, None, None] * np.eye(count)
            steps = steep.transpose(0, 2, 1) @ np.linalg.solve(products, z[at, chosen][:, :, None])
            X = np.clip(X - steps[:, :, 0] * width, self.domain.lower, self.domain.upper)
        return X * (1.0 + rng.integers(-2, 3, X.shape) * self.step)

    def _differentiate(self, X: Array) -> tuple[Array, Array]:
        """Every neuron's z, (N, K), and its slopes, (N, K, d)."""
        net = self.network
        z = net.preactivations(X)
        given = np.where(z > 0, 1.0, net.slope)
        slopes = np.tile(net.A, (len(X), 1, 1))
        for level in net.levels[1:]:
            slopes[:, level] += np.einsum("ki,ni,nid->nkd", net.L[level], given, slopes)
        return z, slopes

    def settle(self, X: Array, rng: np.random.Generator, kept: bool = False) -> Array:
        """One category per group, whole numbers where columns hold them, in the row's format."""
        X = np.clip(X, self.domain.lower, self.domain.upper)
        if self.step > 1e-10:
            X = np.clip(
                X.astype(np.float32).astype(np.float64), self.domain.lower, self.domain.upper
            )
        whole = np.flatnonzero(self.domain.integer)
        X[:, whole] = np.round(X[:, whole])
        for group in self.domain.groups:
            at = np.array(group)
            chosen = at[X[:, at].argmax(axis=1)] if kept else rng.choice(at, len(X))
            X[:, at] = 0.0
            X[np.arange(len(X)), chosen] = 1.0
        return X

    def climb(self, run: Run, rng: np.random.Generator, size: int = 2000, rounds: int = 8) -> float:
        """The largest error found, exactly. Rows without scores count for nothing."""
        X, errors = self.collect(run, rng, self.draw_pool(size, rng), size, rounds)
        return self.measure_worst(run, X, errors)

    def collect(
        self,
        run: Run,
        rng: np.random.Generator,
        pool: "RowPool",
        size: int,
        rounds: int,
        seen: "list[RowPool] | None" = None,
    ) -> tuple[Array, Array]:
        """Rows and about their errors: the best rows of each round, first those of the pool, are
        changed in a few numbers. seen: where all changes are kept.
        """
        X, errors = pool.rows, _compare(run(pool.rows), pool.scores)
        for _ in range(rounds):
            best = np.argsort(-errors)[: max(10, size // 20)]
            children = self.work_out(self._change(X[best], pool.rows, size, rng))
            X = np.vstack([X[best], children.rows])
            found = _compare(run(children.rows), children.scores)
            errors = np.concatenate([errors[best], found])
            if seen is not None:
                seen.append(children)

        return X, errors

    def measure_worst(self, run: Run, X: Array, errors: Array) -> float:
        """The largest error of the ten rows of the largest, exactly."""
        top = X[np.argsort(-errors)[:10]]
        return float(np.nanmax(self.measure(top, run(top))))

    def _change(self, best: Array, pool: Array, size: int, rng: np.random.Generator) -> Array:
        parents, fresh = (each[rng.integers(len(each), size=size)] for each in (best, pool))
        other, shape = best[rng.integers(len(best), size=size)], parents.shape
        nudged = parents * (1.0 + rng.integers(-64, 65, shape) * self.step)
        change = rng.random(shape) < rng.choice([0.05, 0.2, 0.5])
        way = rng.random(shape)
        children = np.where(way < 0.4, nudged, np.where(way < 0.7, fresh, other))

        return self.settle(np.where(change, children, parents), rng, kept=True)


class RowPool(NamedTuple):
    """rows: (N, d); scores: (N, m) of the network, in extended precision."""

    rows: Array
    scores: NDArray[np.longdouble]


def _compare(scores: Array, exact: NDArray[np.longdouble]) -> Array:
    """(N,) the largest error of a row, 0 where it has no scores."""
    return np.nan_to_num(np.abs(scores - exact).max(axis=1).astype(np.float64), nan=0.0)


def run_by(artifact: Artifact, engine: str | None = None) -> Run:
    """The scores of an artefact without links, in an engine."""

    def run(X: Array) -> Array:
        return np.asarray(run_artifact(artifact, X, engine)[1].outputs)

    return run
