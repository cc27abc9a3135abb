"""Rules and a model's numbers, as their JSON files hold them -> a certificate, as its file holds
it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from relurules.checker import (
    FORMAT,
    VERSION,
    ProofContext,
    ProofTarget,
    RefusedError,
    Sides,
    bind_names,
    check_trees,
    find_unshown_rules,
    hash_json,
    hash_rules_and_model,
    list_proof_targets,
    list_tree_paths,
    read_conditions,
)
from relurules.errors import DomainError, ModelError
from relurules.ir.limits import NEVER, Deadline
from relurules.proofs.cell_search import CertificateSearch, map_point_to_space
from relurules.proofs.float_cells import ProofNode, make_first_cell
from relurules.proofs.float_model import FloatModel, convert_rows, convert_targets, make_float_model

#: Rules of another network may differ from this one by twice what they say of themselves, and by
#: this share of the scores' terms: the rounding of a model that was written in float32.
_REWRITE_TOLERANCE = 1e-5
#: A point, and the number of the rule that holds there.
Probe = tuple[int, Sequence[float]]

#: Up to which share of the time the search may go, and the check of what it found.
_SEARCH_SHARE, _CHECK_SHARE = 0.4, 0.7


def make_certificate(
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

    The search for it and its check are to end by the deadline, with as much time left as another
    check takes; else OutOfTimeError, since part of a proof is none.
    """
    if lost := [
        item["name"] for item in rules["features"] if None in (item["lower"], item["upper"])
    ]:
        raise DomainError(
            f"column {lost[0]!r} has no two bounds, and a proof is one over a bounded domain; "
            "extract the rules with data= or domain= that bounds every column"
        )

    try:
        found: dict[str, Any] = {
            "format": FORMAT,
            "version": VERSION,
            "digests": hash_rules_and_model(rules, model),
        }
        checked = deadline.share(_CHECK_SHARE)
        found |= _search_trees(rules, model, progress, deadline.share(_SEARCH_SHARE), probes)
        count = len(rules["rules"])
        verdict = check_trees(
            found, rules, model, lambda done: checked.check(f"checking rule {done + 1} of {count}")
        )
    except RefusedError as error:
        raise ModelError(f"these rules can't be proven of this model: {error}") from error

    found |= {"bound": verdict.bound, "bounds": [list(own) for own in verdict.bounds]}
    return {**found, "digest": hash_json(found)}


def _search_trees(
    rules: Mapping[str, Any],
    model: Mapping[str, Any],
    progress: Callable[[int], None] | None,
    deadline: Deadline,
    probes: Sequence[Probe],
) -> dict[str, list[ProofNode]]:
    bind_names(rules, model)
    ground = ProofContext(rules, model)
    error = float(rules.get("score_error", rules["max_error"]) or 0.0)
    return search_trees(rules, model, ground, error, progress, deadline, probes)


def search_trees(
    rules: Mapping[str, Any],
    model: Mapping[str, Any],
    ground: ProofContext,
    error: float,
    progress: Callable[[int], None] | None = None,
    deadline: Deadline = NEVER,
    probes: Sequence[Probe] = (),
) -> dict[str, list[ProofNode]]:
    """Trees of all rules, and of the ways down their tree that they need beside. error: what the
    rules are said to be off.
    """
    said, conditions = rules["rules"], read_conditions(rules)
    count = len(said)
    find_unshown_rules(
        rules, ground, conditions, lambda at: deadline.check(f"reading rule {at} of {count}")
    )
    floats, charts = make_float_model(ground), {}  # type: ignore[var-annotated]
    space, m, trees, paths = ground.space, len(ground.scores), [], []
    wanted = []

    for at, rule in enumerate(said, start=1):
        deadline.check(f"reading rule {at} of {count}")
        wanted.append(list_proof_targets(rule, rules, model, ground))

    if probes:
        _compare_at_probes(rules, probes, wanted, ground, floats, error)

    searches = [
        CertificateSearch(
            floats,
            *convert_targets(own, m, space.size),
            error,
            deadline,
            f"proving rule {i} of {len(said)}",
        )
        for i, own in enumerate(wanted, start=1)
    ]

    def tree(search: CertificateSearch, sides: list[tuple[int, bool]], point: Any) -> ProofNode:
        rows = convert_rows(ground.rows(sides), space.size)
        return search.tree(make_first_cell(space, rows, len(floats.slope), charts), point)

    for number, (rule, search) in enumerate(zip(said, searches, strict=True), start=1):
        trees.append(tree(search, conditions[number - 1], map_point_to_space(space, rule["point"])))
        if progress is not None:
            progress(number)

    for number, path in _list_unproven_paths(rules, conditions):
        paths.append(tree(searches[number - 1], path, None))

    return {"rules": trees, "paths": paths}


def _compare_at_probes(
    rules: Mapping[str, Any],
    probes: Sequence[Probe],
    wanted: Sequence[Sequence[ProofTarget]],
    ground: ProofContext,
    floats: FloatModel,
    error: float,
) -> None:
    """RefusedError where the model's scores at a point aren't what its rule says, by far."""
    space, m = ground.space, len(ground.scores)
    points = np.array([map_point_to_space(space, x) for _, x in probes]).reshape(-1, space.size)
    terms = floats.terms(space)

    for (number, x), point, scores in zip(probes, points, floats.scores_at(points), strict=True):
        signs, forms = convert_targets(wanted[number - 1], m, space.size)
        off = signs @ scores - forms[:, :-1] @ np.append(point, 1.0)
        allowed = 2.0 * error + _REWRITE_TOLERANCE * (np.abs(signs) @ terms + np.abs(forms[:, -2]))
        if not (off <= allowed).all():
            what = (
                "the scores differ by"
                if rules.get("decision") is None
                else "another class leads by"
            )
            raise RefusedError(
                "it isn't the network that the rules were extracted from, as the digests say; in "
                f"rule {number}, at {_format_point(rules, x)}, {what} {off.max():.3g}"
            )


def _format_point(rules: Mapping[str, Any], point: Sequence[float], most: int = 4) -> str:
    """A point, for a message."""
    named = [
        f"{feature['name']} = {x:.6g}" for feature, x in zip(rules["features"], point, strict=True)
    ]
    return ", ".join([*named[:most], *(["..."] if len(named) > most else [])])


def _list_unproven_paths(
    rules: Mapping[str, Any], conditions: Sequence[Sides]
) -> Iterator[tuple[int, Sides]]:
    """Ways down the rules' tree that don't pass all conditions of their rule."""
    for number, path in list_tree_paths(rules):
        if number and not set(conditions[number - 1]) <= set(path):
            yield number, path
