"""How far an artefact is from its rules, exactly, and rows on which it is far: sampled, at
thresholds, and climbed to.
"""

from collections.abc import Callable
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from relurules.ir import AdditiveRules, Artifact
from relurules.verifying.engines import run_artifact

Array = NDArray[np.float64]
#: Scores of rows in coordinates, (N, d) -> (N, m).
Run = Callable[[Array], Array]


def score_exactly(rules: AdditiveRules, x: Array) -> list[Fraction]:
    """The scores of a row, in rational numbers."""
    at = [Fraction(value) for value in x.tolist()]
    scores = [
        sum((Fraction(w) * v for w, v in zip(row, at, strict=True) if w), start=Fraction(c))
        for row, c in zip(rules.base.weights.tolist(), rules.base.constants.tolist(), strict=True)
    ]
    for line in rules.lines:
        normal, bound = line.condition.half_space.normal.tolist(), line.condition.half_space.bound
        beyond = sum(
            (Fraction(w) * v for w, v in zip(normal, at, strict=True) if w), start=-Fraction(bound)
        )
        if beyond > 0:
            scores = [
                s + Fraction(k) * beyond for s, k in zip(scores, line.slopes.tolist(), strict=True)
            ]
    return scores


def measure_errors(rules: AdditiveRules, X: Array, scores: Array) -> Array:
    """(N,) the largest error of a row's scores; exact but for its own last rounding."""
    return np.array(
        [
            max(
                abs(float(Fraction(s) - e))
                for s, e in zip(row.tolist(), score_exactly(rules, x), strict=True)
            )
            for x, row in zip(X, scores, strict=True)
        ]
    )


def estimate_errors(rules: AdditiveRules, X: Array, scores: Array) -> Array:
    """(N,) the same in extended precision, which is enough to find rows by."""
    wide = X.astype(np.longdouble)
    exact = wide @ rules.base.weights.T.astype(np.longdouble) + rules.base.constants
    beyond = wide @ rules.normals.T.astype(np.longdouble) - rules.bounds
    exact = exact + np.maximum(beyond, 0) @ rules.slopes.astype(np.longdouble)
    return np.asarray(np.abs(scores - exact).max(axis=1), dtype=np.float64)


def draw_rows(rules: AdditiveRules, count: int, rng: np.random.Generator) -> Array:
    """Rows of the box: anywhere, and some numbers at thresholds and ends, and an ulp beside."""
    domain = rules.domain
    low, high = domain.lower, domain.upper
    X = low + (high - low) * rng.random((count, len(low)))
    special = _list_special_values(rules)
    for j, values in enumerate(special):
        chosen = rng.random(count) < 0.3
        X[chosen, j] = rng.choice(values, chosen.sum())
    return _settle_rows(rules, X, rng)


def _list_special_values(rules: AdditiveRules) -> list[Array]:
    found = []
    for j, (low, high) in enumerate(zip(rules.domain.lower, rules.domain.upper, strict=True)):
        own = [low, high]
        for normal, bound in zip(rules.normals, rules.bounds, strict=True):
            if normal[j] and np.count_nonzero(normal) == 1:
                knot = bound / normal[j]
                own += [knot, np.nextafter(knot, np.inf), np.nextafter(knot, -np.inf)]
        powers = 2.0 ** np.arange(-3, 20)
        own += [p for p in (*powers, *-powers) if low < p < high]
        own += [np.nextafter(p, s) for p in own for s in (np.inf, -np.inf)]
        found.append(np.clip(own, low, high))
    return found


def _settle_rows(rules: AdditiveRules, X: Array, rng: np.random.Generator) -> Array:
    """One category per group, whole numbers where columns hold them."""
    domain = rules.domain
    X = np.clip(X, domain.lower, domain.upper)
    whole = np.flatnonzero(domain.integer)
    X[:, whole] = np.round(X[:, whole])
    for group in domain.groups:
        at = np.array(group)
        chosen = at[X[:, at].argmax(axis=1)] if rng.random() < 0.5 else rng.choice(at, len(X))
        X[:, at] = 0.0
        X[np.arange(len(X)), chosen] = 1.0
    return X


def climb(
    rules: AdditiveRules, run: Run, rng: np.random.Generator, size: int = 2000, rounds: int = 8
) -> tuple[float, Array]:
    """The largest error found, exactly, and its row: the best rows of each round are changed in a
    few numbers.
    """
    X = draw_rows(rules, size, rng)
    errors = estimate_errors(rules, X, run(X))
    for _ in range(rounds):
        best = X[np.argsort(-errors)[: max(10, size // 20)]]
        parents = best[rng.integers(len(best), size=size)]
        fresh = draw_rows(rules, size, rng)
        change = rng.random(parents.shape) < rng.choice([0.05, 0.2, 0.5])
        nudged = parents * (1 + rng.integers(-64, 64, parents.shape) * 2.0**-52)
        other = best[rng.integers(len(best), size=size)]
        children = np.where(
            change,
            np.where(
                rng.random(parents.shape) < 0.4,
                nudged,
                np.where(rng.random(parents.shape) < 0.5, fresh, other),
            ),
            parents,
        )
        children = _settle_rows(rules, children, rng)
        found = estimate_errors(rules, children, run(children))
        X, errors = (
            np.vstack([best, children]),
            np.concatenate([np.sort(errors)[::-1][: len(best)], found]),
        )
    top = X[np.argsort(-errors)[:20]]
    exact = measure_errors(rules, top, run(top))
    return float(exact.max()), top[exact.argmax()]


def run_by(artifact: Artifact, engine: str | None = None) -> Run:
    """The scores of an artefact without links, in an engine."""

    def run(X: Array) -> Array:
        return np.asarray(run_artifact(artifact, X, engine)[1].outputs)

    return run
