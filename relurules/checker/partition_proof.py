"""The proof of partition rules: a tree for each rule, and for ways that miss a condition."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from relurules.checker.forms import ONE, round_up
from relurules.checker.groups import describe_groups
from relurules.checker.json_values import RefusedError
from relurules.checker.names import bind_names
from relurules.checker.rule_trees import find_unshown_rules, list_tree_paths, read_conditions
from relurules.checker.targets import list_proof_targets
from relurules.checker.trees import ProofContext, Sides, TreeChecker


class ExecutedClaim(NamedTuple):
    """What is shown of an artefact, by its file, language and SHA-256: how far each score, executed
    in binary64, is from that of the rules, at most; is_of_model: from the model's.
    """

    name: str
    target: str
    digest: str
    bounds: tuple[Fraction, ...]
    is_of_model: bool = False


class Verdict(NamedTuple):
    """What a check found; true when it holds.

    bound: |model - rules| is nowhere more, for any score; of decisions, the margin above which they
    are the model's. bounds: for each rule how far every score may be above it and below, or how far
    every other class ahead. leaves: of the certificate; covers: whether every point of the domain
    has a rule; model: from which of its numbers the proof starts; notes: what the claim leaves
    open, such as names that are compared by position alone; executed: of the artefacts given; why:
    what was wrong, if anything.
    """

    holds: bool
    bound: float
    bounds: tuple[tuple[float, ...], ...] = ()
    leaves: int = 0
    covers: bool = True
    decision: bool = False
    model: str = ""
    notes: tuple[str, ...] = ()
    why: str = ""
    lines: int | None = None
    share: float | None = None
    executed: tuple[ExecutedClaim, ...] = ()

    def __bool__(self) -> bool:
        """True when the certificate holds."""
        return self.holds


def check_trees(
    found: Mapping[str, Any],
    rules: Mapping[str, Any],
    model: Mapping[str, Any],
    told: Callable[[int], None] = lambda _: None,
) -> Verdict:
    """What the trees of a certificate show, whatever it says of that.

    RefusedError where they show nothing.

    told: called with the number of rules done.
    """
    notes = bind_names(rules, model)
    ground = ProofContext(rules, model)
    walks, covers, unshown = walk_trees(found, rules, model, ground, told)
    bounds = tuple(tuple(round_up(Fraction(worst, ONE)) for worst in walk.worst) for walk in walks)
    bound = max((most for own in bounds for most in own), default=0.0)
    leaves = sum(walk.leaves for walk in walks)
    deciding = rules.get("decision") is not None
    notes = (*describe_groups(rules), *notes, *_describe_unshown(unshown))

    return Verdict(True, bound, bounds, leaves, covers, deciding, model["read"], notes)


def walk_trees(
    found: Mapping[str, Any],
    rules: Mapping[str, Any],
    model: Mapping[str, Any],
    ground: ProofContext,
    told: Callable[[int], None] = lambda _: None,
) -> tuple[list[TreeChecker], bool, list[int]]:
    """What the trees show of every rule, whether every point has one, and the rules that aren't
    shown to hold anywhere.
    """
    said, sides = rules["rules"], read_conditions(rules)
    unshown = find_unshown_rules(rules, ground, sides)
    walks = [TreeChecker(list_proof_targets(rule, rules, model, ground)) for rule in said]
    covers = cover_domain(found, ground, walks, sides, list_tree_paths(rules), told)
    return walks, covers, unshown


def cover_domain(
    found: Mapping[str, Any],
    ground: ProofContext,
    walks: Sequence[TreeChecker],
    sides: Sequence[Sides],
    ways: Iterable[tuple[int, Sides]],
    told: Callable[[int], None] = lambda _: None,
) -> bool:
    """Go through a tree of every rule, and of every way that misses one of its rule's conditions;
    whether every point has a rule. sides: the rules' conditions; ways: down their tree.
    """
    if len(found["rules"]) != len(walks):
        raise RefusedError(f"it proves {len(found['rules'])} rules of {len(walks)}")

    for number, (walk, own, tree) in enumerate(zip(walks, sides, found["rules"], strict=True)):
        told(number)
        walk.node(ground.cell(own), tree)

    others, covers = iter(found["paths"]), True
    for number, path in ways:
        covers &= number > 0
        if number and not set(sides[number - 1]) <= set(path):
            if (tree := next(others, None)) is None:
                raise RefusedError(f"a way down the rules' tree to rule {number} isn't proven")
            walks[number - 1].node(ground.cell(path), tree)

    if next(others, None) is not None:
        raise RefusedError("a way down the rules' tree too many")
    return covers


def _describe_unshown(numbers: Sequence[int]) -> Iterator[str]:
    if numbers:
        some = ", ".join(map(str, numbers[:5])) + (", ..." if len(numbers) > 5 else "")
        yield (
            f"rules not shown to hold anywhere, as their points are on a boundary or beyond: {some}"
        )
