"""What questions ask, by other means: scipy's linear programs over the rules' own conditions, one
for every choice of categories, and rows on a grid.
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.optimize import linprog

from relurules.analysis.conditions import restrict_domain
from relurules.analysis.rule_cells import RestrictedRules
from relurules.domain import Domain
from relurules.ir import Rule, RuleSet
from relurules.ir.answers import Witness
from relurules.ir.network import Array

Fixed = Mapping[int, float]


def restrict(rules: RuleSet, *given: str) -> RestrictedRules:
    return RestrictedRules(rules, restrict_domain(rules.domain, given))


def list_choices(domain: Domain, *, whole: bool = False) -> Iterator[Fixed]:
    """Coordinates that are held, for every admitted category of every group, and with `whole` for
    every whole number of every column of these.
    """
    options: list[list[Fixed]] = [
        [
            {j: float(j == i) for j in group}
            for i in group
            if domain.upper[i] > 0 and all(domain.lower[j] < 1 for j in group if j != i)
        ]
        for group in domain.groups
    ]
    own = {i for group in domain.groups for i in group}
    for j in range(len(domain)) if whole else ():
        if domain.integer[j] and j not in own:
            low, high = int(np.ceil(domain.lower[j])), int(np.floor(domain.upper[j]))
            options.append([{j: float(value)} for value in range(low, high + 1)])

    for parts in itertools.product(*options):
        yield {j: value for part in parts for j, value in part.items()}


def read_walls(domain: Domain, rule: Rule) -> tuple[Array, Array]:
    """Rows and limits, rows x <= limits, of a rule's closure; the box is left out."""
    rows, limits = [*domain.normals], [*domain.bounds]
    for condition in rule.conditions:
        sign = -1.0 if condition.holds else 1.0
        rows.append(sign * condition.half_space.normal)
        limits.append(sign * condition.half_space.bound)
    return np.array(rows).reshape(-1, len(domain)), np.array(limits, dtype=float)


def read_box(domain: Domain, fixed: Fixed) -> list[tuple[float, float]]:
    return [
        (fixed.get(j, float(domain.lower[j])), fixed.get(j, float(domain.upper[j])))
        for j in range(len(domain))
    ]


def maximise_least(
    domain: Domain, rule: Rule, weights: Array, constants: Array, fixed: Fixed
) -> float:
    """The largest value that all of weights (k, d) x + constants (k,) reach together on a rule's
    closure; -inf where it is empty.
    """
    rows, limits = read_walls(domain, rule)
    A = np.vstack(
        [
            np.column_stack([rows, np.zeros(len(rows))]),
            np.column_stack([-weights, np.ones(len(weights))]),
        ]
    )
    found = linprog(
        np.append(np.zeros(len(domain)), -1.0),
        A_ub=A,
        b_ub=np.concatenate([limits, constants]),
        bounds=[*read_box(domain, fixed), (-1e6, 1e6)],
    )
    return -float(found.fun) if found.status == 0 else -np.inf


def maximise_all(
    rules: RuleSet, weights: Array, constants: Array, domain: Domain | None = None
) -> float:
    """As `maximise_least`, over all rules and categories; weights (R, k, d), constants (R, k)."""
    domain = rules.domain if domain is None else domain
    return max(
        maximise_least(domain, rule, weights[i], constants[i], fixed)
        for i, rule in enumerate(rules.rules)
        for fixed in list_choices(domain)
    )


def list_rows(domain: Domain, steps: int) -> Array:
    """Rows on a grid of a bounded domain, whole numbers in columns of these."""
    own = {i for group in domain.groups for i in group}
    axes: list[Sequence[float]] = []
    free = [j for j in range(len(domain)) if j not in own]
    for j in free:
        low, high = float(domain.lower[j]), float(domain.upper[j])
        axes.append(
            np.arange(np.ceil(low), np.floor(high) + 1).tolist()
            if domain.integer[j]
            else np.linspace(low, high, steps).tolist()
        )
    numbers = np.array(list(itertools.product(*axes))).reshape(-1, len(free))

    rows = []
    for fixed in list_choices(domain):
        X = np.zeros((len(numbers), len(domain)))
        X[:, free] = numbers
        for j, value in fixed.items():
            X[:, j] = value
        rows.append(X)
    found = np.vstack(rows)
    return found[domain.contains(found)]


def read_witness(rules: RuleSet, witness: Witness) -> Array:
    """The row of a witness, (d,), checked to be in the domain and what the witness says of it."""
    x = rules.domain.rows(pd.DataFrame([witness.row], dtype=object))
    assert rules.domain.contains(x).all()
    assert rules.apply(x)[0] == witness.rule
    assert rules.predict(x)[0].tolist() == list(witness.outputs.values())
    return np.asarray(x[0])
