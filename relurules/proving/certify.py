"""Rules and a model's numbers, as their JSON files hold them -> a certificate, as its file holds it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from relurules.checker import (
    FORMAT,
    VERSION,
    Ground,
    RefusedError,
    Sides,
    Target,
    bound_names,
    conditions_of,
    digest,
    digests,
    proven,
    targets,
    unshown_rules,
    ways,
)
from relurules.errors import DomainError, ModelError
from relurules.limits import NEVER, Deadline
from relurules.proving.cells import Node, Search, first_part, inside
from relurules.proving.floats import Floats, floats_of, rows_in_floats, targets_in_floats

#: Rules of another network may differ from this one by twice what they say of themselves, and by
#: this share of the scores' terms: the rounding of a model that was written in float32.
_REWRITTEN = 1e-5
#: A point, and the number of the rule that holds there.
Probe = tuple[int, Sequence[float]]

#: Up to which share of the time the search may go, and the check of what it found.
_SEARCHED, _CHECKED = 0.4, 0.7


def certificate(
    rules: Mapping[str, Any],
    model: Mapping[str, Any],
    progress: Callable[[int], None] | None = None,
    *,
    probes: Sequence[Probe] = (),
    deadline: Deadline = NEVER,
) -> dict[str, Any]:
    """A certificate of the bound that it tells. `progress` is called with the number of rules done.

    probes: where the model's scores are compared with the rules before anything is searched for,
    if it isn't known to be the one that they were extracted from. DomainError for a domain that
    isn't bounded; ModelError for a model that the rules don't belong to.

    The search for it and its check are to end by the deadline, with as much time left as another check takes; else
    OutOfTimeError, since part of a proof is none.
    """
    if lost := [item["name"] for item in rules["features"] if None in (item["lower"], item["upper"])]:
        raise DomainError(
            f"column {lost[0]!r} has no two bounds, and a proof is one over a bounded domain; extract the rules with "
            "data= or domain= that bounds every column"
        )
    try:
        found: dict[str, Any] = {"format": FORMAT, "version": VERSION, "digests": digests(rules, model)}
        checked = deadline.share(_CHECKED)
        found |= _trees(rules, model, progress, deadline.share(_SEARCHED), probes)
        count = len(rules["rules"])
        verdict = proven(found, rules, model, lambda done: checked.check(f"checking rule {done + 1} of {count}"))
    except RefusedError as error:
        raise ModelError(f"these rules can't be proven of this model: {error}") from error
    found |= {"bound": verdict.bound, "bounds": [list(own) for own in verdict.bounds]}
    return {**found, "digest": digest(found)}


def _trees(
    rules: Mapping[str, Any],
    model: Mapping[str, Any],
    progress: Callable[[int], None] | None,
    deadline: Deadline,
    probes: Sequence[Probe],
) -> dict[str, list[Node]]:
    bound_names(rules, model)
    ground, said = Ground(rules, model), rules["rules"]
    conditions = conditions_of(rules)
    count = len(said)
    unshown_rules(rules, ground, conditions, lambda at: deadline.check(f"reading rule {at} of {count}"))
    floats, charts = floats_of(ground), {}  # type: ignore[var-annotated]
    error = rules.get("score_error", rules["max_error"]) or 0.0
    space, m, trees, paths = ground.space, len(ground.scores), [], []
    wanted = []
    for at, rule in enumerate(said, start=1):
        deadline.check(f"reading rule {at} of {count}")
        wanted.append(targets(rule, rules, model, ground))
    if probes:
        _compare(rules, probes, wanted, ground, floats, float(error))
    searches = [
        Search(
            floats, *targets_in_floats(own, m, space.size), float(error), deadline, f"proving rule {i} of {len(said)}"
        )
        for i, own in enumerate(wanted, start=1)
    ]

    def tree(search: Search, sides: list[tuple[int, bool]], point: Any) -> Node:
        rows = rows_in_floats(ground.rows(sides), space.size)
        return search.tree(first_part(space, rows, len(floats.slope), charts), point)

    for number, (rule, search) in enumerate(zip(said, searches, strict=True), start=1):
        trees.append(tree(search, conditions[number - 1], inside(space, rule["point"])))
        if progress is not None:
            progress(number)
    for number, path in _others(rules, conditions):
        paths.append(tree(searches[number - 1], path, None))
    return {"rules": trees, "paths": paths}


def _compare(
    rules: Mapping[str, Any],
    probes: Sequence[Probe],
    wanted: Sequence[Sequence[Target]],
    ground: Ground,
    floats: Floats,
    error: float,
) -> None:
    """RefusedError where the model's scores at a point aren't what its rule says, by far."""
    space, m = ground.space, len(ground.scores)
    points = np.array([inside(space, x) for _, x in probes]).reshape(-1, space.size)
    terms = floats.terms(space)

    for (number, x), point, scores in zip(probes, points, floats.scores_at(points), strict=True):
        signs, forms = targets_in_floats(wanted[number - 1], m, space.size)
        off = signs @ scores - forms[:, :-1] @ np.append(point, 1.0)
        allowed = 2.0 * error + _REWRITTEN * (np.abs(signs) @ terms + np.abs(forms[:, -2]))
        if not (off <= allowed).all():
            what = "the scores differ by" if rules.get("decision") is None else "another class leads by"
            raise RefusedError(
                "it isn't the network that the rules were extracted from, as the digests say; in rule "
                f"{number}, at {_shown(rules, x)}, {what} {off.max():.3g}"
            )


def _shown(rules: Mapping[str, Any], point: Sequence[float], most: int = 4) -> str:
    """A point, for a message."""
    named = [f"{feature['name']} = {x:.6g}" for feature, x in zip(rules["features"], point, strict=True)]
    return ", ".join([*named[:most], *(["..."] if len(named) > most else [])])


def _others(rules: Mapping[str, Any], conditions: Sequence[Sides]) -> Iterator[tuple[int, Sides]]:
    """Ways down the rules' tree that don't pass all conditions of their rule."""
    for number, path in ways(rules):
        if number and not set(conditions[number - 1]) <= set(path):
            yield number, path
