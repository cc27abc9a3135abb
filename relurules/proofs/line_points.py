"""Points for proofs of additive rules: one that shows the domain, and others where another model is
compared with the rules.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from relurules.checker import LineProof, RefusedError
from relurules.domain import Domain
from relurules.errors import DomainError, ModelError
from relurules.ir import AdditiveRules, Network
from relurules.ir.network import Array
from relurules.partitioning import SearchOptions, search_regions

#: Points where a model that may be another one is compared.
_PROBES = 256
#: Rules of another network may differ by twice what they say of themselves, and by this share of
#: the terms: the rounding of a model that was written in float32.
_REWRITE_TOLERANCE = 1e-5


def find_domain_point(rules: AdditiveRules) -> list[float]:
    """A point of the domain, (d,)."""
    domain = rules.domain
    for group in rules.groups:
        return [float(value) for value in group.rules.rules[0].point]
    if len(domain.normals):
        d = len(domain.names)
        none = Network(
            A=np.zeros((0, d)), L=np.zeros((0, 0)), b=np.zeros(0), C=np.zeros((1, d)),
            U=np.zeros((1, 0)), c=np.zeros(1), slope=np.zeros(0), neurons=(),
        )  # fmt: skip
        found = search_regions(none, domain, SearchOptions())
        return [float(value) for value in found.points[0]]

    return [float(value) for value in _draw_points(domain, 1)[0]]


def _draw_points(domain: Domain, count: int) -> Array:
    """Points of the box and its groups, the first in the middle."""
    low = np.where(np.isfinite(domain.lower), domain.lower, np.minimum(domain.upper, 1.0) - 1.0)
    low = np.where(np.isfinite(low), low, -1.0)
    high = np.where(np.isfinite(domain.upper), domain.upper, np.maximum(low, -1.0) + 1.0)
    rng = np.random.default_rng(0)
    shares = rng.random((count, len(low)))
    shares[0] = 0.5
    points = np.clip(low + (high - low) * shares, low, high)
    for group in map(list, domain.groups):
        free = [i for i, j in enumerate(group) if domain.upper[j] >= 1]
        if not free:
            raise DomainError(f"no category of {domain.names[group[0]]} is left in the domain")
        points[:, group] = np.eye(len(group))[rng.choice(free, size=count)]

    return np.asarray(points)


def compare_with_lines(
    rules: AdditiveRules, said: Mapping[str, Any], numbers: Mapping[str, Any]
) -> None:
    """ModelError where a model's scores in the domain aren't what the rules say, by far."""
    try:
        proof = LineProof(said, numbers)
    except RefusedError as error:
        raise ModelError(f"these rules can't be proven of this model: {error}") from error

    X = _draw_points(rules.domain, _PROBES)
    X = X[rules.domain.contains(X)]
    active, sizes = np.zeros((len(proof.neurons), len(X))), np.zeros((len(proof.neurons), len(X)))

    def evaluate(unit: Any) -> tuple[Array, Array]:
        parts = [(float(value), X[:, j], np.abs(X[:, j])) for j, value in unit.inputs.items()]
        parts += [(float(value), active[k], sizes[k]) for k, value in unit.reads.items()]
        value = np.full(len(X), float(unit.constant))
        size = np.abs(value)
        for weight, own, terms in parts:
            value, size = value + weight * own, size + abs(weight) * terms
        return value, size

    for k, unit in enumerate(proof.neurons):
        z, size = evaluate(unit)
        slope = float(unit.slope)
        active[k] = np.where(z >= 0, z, slope * z)
        sizes[k] = max(1.0, abs(slope)) * size

    found = rules.predict_scores(X)
    for i, unit in enumerate(proof.scores):
        value, size = evaluate(unit)
        off = np.abs(float(proof.turn) * value - found[:, i])
        if not (off <= 2.0 * rules.score_error + _REWRITE_TOLERANCE * size).all():
            raise ModelError(
                "these rules can't be proven of this model: it isn't the network that the rules "
                "were extracted from, as the digests say; in the domain "
                f"{rules.scores[i]} differs by {off.max():.3g}"
            )
