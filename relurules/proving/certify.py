"""Rules and a model's numbers, as their JSON files hold them -> a certificate, as its file holds it."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from relurules.checker import FORMAT, VERSION, Ground, RefusedError, digest, digests, proven, targets, ways
from relurules.errors import DomainError, ModelError
from relurules.proving.cells import Node, Search, first_part, inside
from relurules.proving.floats import floats_of, rows_in_floats, targets_in_floats


def certificate(
    rules: Mapping[str, Any], model: Mapping[str, Any], progress: Callable[[int], None] | None = None
) -> dict[str, Any]:
    """A certificate of the bound that it tells. `progress` is called with the number of rules done.

    DomainError for a domain that isn't bounded; ModelError for a model that the rules don't belong to.
    """
    if lost := [item["name"] for item in rules["features"] if None in (item["lower"], item["upper"])]:
        raise DomainError(
            f"column {lost[0]!r} has no two bounds, and a proof is one over a bounded domain; extract the rules with "
            "data= or domain= that bounds every column"
        )
    try:
        found: dict[str, Any] = {"format": FORMAT, "version": VERSION, "digests": digests(rules, model)}
        found |= _trees(rules, model, progress)
        verdict = proven(found, rules, model)
    except RefusedError as error:
        raise ModelError(f"these rules can't be proven of this model: {error}") from error
    found |= {"bound": verdict.bound, "bounds": [list(own) for own in verdict.bounds]}
    return {**found, "digest": digest(found)}


def _trees(
    rules: Mapping[str, Any], model: Mapping[str, Any], progress: Callable[[int], None] | None
) -> dict[str, list[Node]]:
    ground, said = Ground(rules, model), rules["rules"]
    floats, charts = floats_of(ground), {}  # type: ignore[var-annotated]
    error = rules.get("score_error", rules["max_error"]) or 0.0
    space, m, trees, paths = ground.space, len(ground.scores), [], []
    searches = [
        Search(floats, *targets_in_floats(targets(rule, rules, model, ground), m, space.size), float(error))
        for rule in said
    ]

    def tree(search: Search, sides: list[tuple[int, bool]], point: Any) -> Node:
        rows = rows_in_floats(ground.rows(sides), space.size)
        return search.tree(first_part(space, rows, len(floats.slope), charts), point)

    for number, (rule, search) in enumerate(zip(said, searches, strict=True), start=1):
        point = inside(space, rule["point"])
        trees.append(tree(search, _conditions(rule), point))
        if progress is not None:
            progress(number)
    for number, path in _others(rules):
        paths.append(tree(searches[number - 1], path, None))
    return {"rules": trees, "paths": paths}


def _conditions(rule: Mapping[str, Any]) -> list[tuple[int, bool]]:
    return [(condition["split"], condition["holds"]) for condition in rule["conditions"]]


def _others(rules: Mapping[str, Any]) -> Iterator[tuple[int, list[tuple[int, bool]]]]:
    """Ways down the rules' tree that don't pass all conditions of their rule."""
    for number, path in ways(rules):
        if number and not set(_conditions(rules["rules"][number - 1])) <= set(path):
            yield number, path
