"""Simplification within a bound: does the bound hold, and is it tight? On random networks, against
sampling and search.

    python benchmarks/simplify.py [--networks 200] [--write]

For every network and every max_error: rules are extracted, and the largest |network - rules| is
looked for by sampling the domain densely, by points next to every boundary and where boundaries
meet, and by pattern search from the farthest ones. Reported: how often the bound held (it must,
always), and how often it is at most 1.05 times what the search found, among networks that were
simplified at all (by more than 1e-4 of what was allowed).
"""

import argparse
import time
from collections.abc import Callable

import networkx
import numpy as np
from numpy.typing import NDArray
from results import add_write_option, record_output

import relurules as rr
from relurules.ir import Graph, Network, Neuron, RuleSet

Array = NDArray[np.float64]

ERRORS = (1e-3, 1e-2, 0.1)
#: The bound counts as tight when it is no more than this times the largest difference found.
TIGHT = 1.05


def random_network(seed: int) -> Network:
    """1 to 3 inputs, 2 to 8 neurons in 1 or 2 layers, ReLU or PReLU; every fourth has small
    integers for weights.
    """
    rng = np.random.default_rng(seed)
    d, K, m = int(rng.integers(1, 4)), int(rng.integers(2, 9)), int(rng.integers(1, 3))
    first = K if rng.random() < 0.5 else (K + 1) // 2

    def weights(*shape: int) -> Array:
        return (
            rng.integers(-2, 3, shape).astype(float)
            if seed % 4 == 0
            else rng.normal(size=shape) / np.sqrt(shape[-1])
        )

    A, L = weights(K, d), np.tril(weights(K, K), -1)
    A[first:], L[:first], L[first:, first:] = 0.0, 0.0, 0.0
    return Network(
        A=A,
        L=L,
        b=weights(1, K)[0],
        C=weights(m, d),
        U=weights(m, K),
        c=weights(1, m)[0],
        slope=np.full(K, rng.choice([0.0, 0.0, 0.25])),
        neurons=tuple(Neuron("random", k) for k in range(K)),
    )


def graph_of(network: Network) -> Graph:
    """The network as `extract` takes it."""
    d, m = network.A.shape[1], len(network.c)
    names = tuple(f"x{i}" for i in range(d)), tuple(f"y{i}" for i in range(m))
    return Graph(*names, network, networkx.DiGraph())


def largest_difference(
    network: Network, rules: RuleSet, rng: np.random.Generator, samples: int = 20_000
) -> float:
    """The largest |network - rules| that sampling and pattern search find in the domain."""

    def off(X: Array) -> Array:
        return np.asarray(np.abs(network.evaluate(X) - rules.predict(X)).max(axis=1))

    low, high = rules.domain.lower, rules.domain.upper
    meeting = _meeting_points(network, rules, rng)
    X = np.vstack(
        [
            rng.uniform(low, high, (samples, len(low))),
            _corners(low, high),
            _boundary(rules, rng),
            meeting,
        ]
    )
    start = X[np.argsort(-off(X))[:40]]

    return float(_climbed(off, start, low, high).max())


def _corners(low: Array, high: Array) -> Array:
    return np.array(np.meshgrid(*zip(low, high, strict=True))).reshape(len(low), -1).T


def _boundary(rules: RuleSet, rng: np.random.Generator, count: int = 200) -> Array:
    """Points on either side of every split, as close to it as floats allow."""
    low, high = rules.domain.lower, rules.domain.upper
    points = [np.empty((0, len(low)))]
    for normal, offset in zip(rules.tree.normals, rules.tree.offsets, strict=True):
        X = rng.uniform(low, high, (count, len(low)))
        on = X - np.outer((X @ normal + offset) / (normal @ normal), normal)
        points += [on + side * 1e-12 * normal for side in (-1, 1)]
    X = np.vstack(points)
    return X[rules.domain.contains(X)]


def _meeting_points(
    network: Network, rules: RuleSet, rng: np.random.Generator, most: int = 5000
) -> Array:
    """Points around those where boundaries of rules, of regions and of the domain meet: there
    maxima lie.
    """
    d, regions = len(rules.domain), rr.partition(graph_of(network), rules.domain)
    walls = np.vstack(
        [np.column_stack([np.eye(d), -side]) for side in (rules.domain.lower, rules.domain.upper)]
    )
    trees = [np.column_stack([tree.normals, tree.offsets]) for tree in (rules.tree, regions.tree)]
    planes = np.vstack([walls, *trees])
    chosen = [rng.choice(len(planes), d, replace=False) for _ in range(most)]
    system = planes[np.array(chosen)]
    system = system[np.abs(np.linalg.det(system[:, :, :-1])) > 1e-9]
    X = np.linalg.solve(system[:, :, :-1], -system[:, :, -1:])[:, :, 0]
    X = X[((rules.domain.lower - 1e-9 <= X) & (rules.domain.upper + 1e-9 >= X)).all(axis=1)]
    near = X + rng.normal(size=(6, *X.shape)) * 1e-11

    return np.clip(near.reshape(-1, d), rules.domain.lower, rules.domain.upper)


def _climbed(off: Callable[[Array], Array], X: Array, low: Array, high: Array) -> Array:
    """Pattern search along coordinates and at random from every point, with ever smaller steps."""
    rng, best, step = np.random.default_rng(0), off(X), 0.1
    while step > 1e-9:
        moves = rng.normal(size=(24, *X.shape)) * step * (high - low)
        trials = np.clip(X + moves, low, high)
        found = off(trials.reshape(-1, X.shape[1])).reshape(len(moves), -1)
        top = found.argmax(axis=0)
        better = found[top, np.arange(len(X))] > best
        X[better], best[better] = (
            trials[top, np.arange(len(X))][better],
            found[top, np.arange(len(X))][better],
        )
        step *= 0.8

    return best


def main() -> None:
    """Judge as many networks as are asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--networks", type=int, default=200)
    add_write_option(parser)
    given = parser.parse_args()
    with record_output("Bounds of simplified rules", write=given.write):
        show_bounds(given.networks)


def show_bounds(count: int) -> None:
    """Print one row per `max_error`."""
    print(
        f"{'max_error':>9} {'networks':>9} {'held':>6} {'tight':>6} {'rules, exact':>13} "
        f"{'rules':>6} {'seconds':>8}"
    )

    for error in ERRORS:
        held = tight = counted = exact_rules = rules_left = 0
        spent = 0.0
        for seed in range(count):
            network = random_network(seed)
            graph, domain = (
                graph_of(network),
                rr.Domain.box(-np.ones(network.A.shape[1]), np.ones(network.A.shape[1])),
            )
            start = time.perf_counter()
            rules = rr.extract(graph, domain=domain, max_error=error)
            spent += time.perf_counter() - start
            found = largest_difference(network, rules, np.random.default_rng(seed))
            held += found <= rules.max_error + 1e-12 and rules.max_error <= error
            if rules.max_error > 1e-4 * error:
                counted += 1
                tight += rules.max_error <= TIGHT * found
            exact_rules += len(rr.extract(graph, domain=domain))
            rules_left += len(rules)
        rules_each = f"{exact_rules / count:13.1f} {rules_left / count:6.1f}"
        print(
            (
                f"{error:9g} {count:9d} {held:6d} {tight:3d}/{counted} {rules_each} "
                f"{spent / count:8.3f}"
            ),
            flush=True,
        )


if __name__ == "__main__":
    main()
