"""Sums that conditions compare more than once: each is computed once, under its name in texts."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from relurules.emitting.identifiers import make_unique
from relurules.emitting.notation import Notation
from relurules.ir import RuleSet
from relurules.ir.network import Array
from relurules.wording.sum_names import SumName, key_of_sum, name_sums


class SharedSum(NamedTuple):
    """A sum under its name in a language; read: what texts call it, if they name it."""

    name: str
    expression: str
    read: SumName | None


class SharedSums(NamedTuple):
    """features: what writes conditions with the names of sums."""

    features: Notation
    sums: list[SharedSum]


def list_compared_sums(rules: RuleSet, form: str) -> list[Array]:
    """The coefficients, (d,) each, of every comparison that a form writes out."""
    if form == "rules":
        return [c.half_space.normal for rule in rules for c in rule.conditions]
    return list(rules.tree.normals)


def share_sums(
    rules: RuleSet, form: str, features: Notation, pattern: str, *, every: bool = False
) -> SharedSums:
    """Name the sums that the form compares more than once.

    pattern: what a name of ours is, with {} for _ and the name in texts, or else a number. every:
    name those that are compared once, too.
    """
    normals = list_compared_sums(rules, form)
    counts = Counter(key_of_sum(normal) for normal in normals)
    by_key = {key_of_sum(n): n for n in normals if np.count_nonzero(n) > 1}
    chosen = [key for key in by_key if every or counts[key] > 1]
    read = name_sums(rules) if chosen else {}

    known = sorted((k for k in chosen if k in read), key=lambda k: _order_name(read[k].name))
    other = [key for key in chosen if key not in read]
    fresh = [pattern.format(f"_{read[key].name}") for key in known]
    fresh += [pattern.format(number) for number in range(1, len(other) + 1)]
    names = dict(zip([*known, *other], make_unique(fresh), strict=True))
    sums = [
        SharedSum(name, features.affine(by_key[key]), read.get(key)) for key, name in names.items()
    ]

    return SharedSums(replace(features, named=names), sums)


def _order_name(name: str) -> tuple[int, str]:
    """S2 stands before S10."""
    return len(name), name


def describe_shared_sums(sums: Sequence[SharedSum]) -> str:
    """What a comment says of all of them: how they are called in texts, if they are."""
    told = [_relate_sum(each.name, each.read) for each in sums if each.read is not None]
    return "sums that conditions share" + (f"; in rules.txt, {', '.join(told)}" if told else "")


def _relate_sum(name: str, read: SumName) -> str:
    """How a sum differs from the one that texts call so."""
    if (read.factor, read.constant) == (1.0, 0.0):
        return read.name
    constant = f" {'-' if read.constant < 0 else '+'} {abs(read.constant):.6g}"
    return f"{name} = {read.factor:.6g} * {read.name}{constant if read.constant else ''}"
