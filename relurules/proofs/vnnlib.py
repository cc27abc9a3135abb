"""A certificate's claims as questions to verifiers of networks that others wrote: ONNX and VNN-LIB.

VNN-LIB: S. Demarie and others, The VNN-LIB standard for benchmarks, version 1.0, 2021. A file asks
whether there is a point; where a verifier says `unsat`, the claim holds.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import product
from math import prod
from typing import NamedTuple

import numpy as np

from relurules.analysis.joined_networks import get_network, join_networks
from relurules.domain import Domain
from relurules.domain.ranges import list_open_members
from relurules.emitting.onnx.queries import print_network_query
from relurules.errors import DomainError, UnsupportedError
from relurules.files.templates import flatten_text
from relurules.ir import AdditiveRules, AffineMap, Certificate, Network, RuleSet
from relurules.ir.network import Array

#: A verifier of floats can't tell whether a bound is attained: it is asked about so much more, as
#: a share of the bound and of what the terms of the scores come to at most.
_MARGIN = 1e-6
#: More files than anybody runs.
_MOST_QUESTIONS = 10_000
#: The list of questions, as at the competitions of verifiers: network, question, seconds.
INSTANCES = "instances.csv"
_SECONDS = 300
#: To which side a score may be off: its name, how VNN-LIB compares, and the bound's sign.
_SIDES = (("above", ">=", 1.0), ("below", "<=", -1.0))


class DifferenceClaim(NamedTuple):
    """|Y_0|, |Y_1|, .. |Y_(scores - 1)| of this network are at most `bound`, wherever its other
    outputs aren't negative.
    """

    name: str
    said: str
    network: Network
    scores: int
    bound: float


def list_vnnlib_files(
    certificate: Certificate, rules: RuleSet | AdditiveRules, model: Network
) -> dict[str, bytes]:
    """Files by name: for every claim an ONNX model of what model and rules differ by, and for every
    score and side of it a question that is `unsat` where the claim holds; `instances.csv` lists
    them.

    model: in the user's units, with scores that speak of the rules' class. A column of categories
    holds one value: there is a question for each combination. Whole numbers count as continuous.

    Raises UnsupportedError for rules that decide, whose claim is no bound of scores, and for more
    than 10,000 questions; DomainError for columns without bounds.
    """
    _require_bounds(certificate, rules)
    claims = [*_list_claims(certificate, rules, model)]
    boxes = [*_list_boxes(rules.domain, 2 * sum(claim.scores for claim in claims))]
    files, listed = dict[str, bytes](), list[str]()

    for claim in claims:
        model_file = f"{claim.name}.onnx"
        files[model_file] = print_network_query(claim.network, claim.said)
        for name, text in _print_questions(claim, boxes, rules.domain):
            files[name] = text.encode("utf-8")
            listed.append(f"{model_file},{name},{_SECONDS}\n")

    return {**files, INSTANCES: "".join(listed).encode("utf-8")}


def _require_bounds(certificate: Certificate, rules: RuleSet | AdditiveRules) -> None:
    if rules.decision is not None:
        raise UnsupportedError(
            "VNN-LIB: these rules decide, and what is proven of them is no bound of scores; "
            "extract rules of scores"
        )
    if not rules.domain.is_bounded or not np.isfinite(certificate.bound):
        raise DomainError(
            "VNN-LIB: verifiers of networks need two bounds of every column; extract the rules "
            "with data= or domain= that bounds them"
        )


def _list_claims(
    certificate: Certificate, rules: RuleSet | AdditiveRules, model: Network
) -> Iterator[DifferenceClaim]:
    """One for each rule, or one of all lines."""
    if isinstance(rules, AdditiveRules):
        said = "what the model's scores are above those of its lines"
        apart = _subtract_network(model, get_network(rules))
        yield _make_claim("lines", said, apart, certificate.bound, rules.domain)
        return

    width = len(str(len(rules)))
    for rule, bound in zip(rules.rules, certificate.bounds, strict=True):
        said = f"what the model's scores are above those of rule {rule.number}, and its conditions"
        apart = _subtract_map(model, rule.map)
        claim = _make_claim(f"rule{rule.number:0{width}d}", said, apart, bound, rules.domain)
        normals, bounds = rule.stack_conditions()
        yield claim._replace(network=_add_outputs(claim.network, normals, -bounds))


def _make_claim(
    name: str, said: str, apart: Network, bound: float, domain: Domain
) -> DifferenceClaim:
    """With the domain's inequalities as outputs that aren't negative."""
    corner = np.maximum(np.abs(domain.lower), np.abs(domain.upper))[None]
    asked = bound * (1.0 + _MARGIN) + _MARGIN * float(apart.magnitude(corner).max())
    whole = _add_outputs(apart, -domain.normals, domain.bounds)
    return DifferenceClaim(name, said, whole, len(apart.c), asked)


def _subtract_network(model: Network, rules: Network) -> Network:
    joined, (own, others) = join_networks(model, rules)
    U = np.zeros((len(model.c), len(joined)))
    np.add.at(U.T, own, model.U.T)
    np.subtract.at(U.T, others, rules.U.T)
    return replace(joined, C=model.C - rules.C, U=U, c=model.c - rules.c)


def _subtract_map(model: Network, rule: AffineMap) -> Network:
    return replace(model, C=model.C - rule.weights, c=model.c - rule.constants, lifting=None)


def _add_outputs(network: Network, weights: Array, constants: Array) -> Network:
    """The network with these affine functions of its inputs beside its outputs."""
    return replace(
        network,
        C=np.vstack([network.C, weights]),
        U=np.vstack([network.U, np.zeros((len(constants), len(network)))]),
        c=np.concatenate([network.c, constants]),
    )


def _list_boxes(domain: Domain, each: int) -> Iterator[tuple[Array, Array]]:
    """Lower and upper sides of the domain for every combination of categories; each: how many
    questions there are about one.
    """
    held = list_open_members(domain.groups, domain.lower, domain.upper)
    count = prod(map(len, held))
    if count * each > _MOST_QUESTIONS:
        raise UnsupportedError(
            f"VNN-LIB: {count * each:,} questions, {each:,} for each of {count:,} combinations of "
            f"categories, and at most {_MOST_QUESTIONS:,} are written; ask for fewer rules, or for "
            "a domain of fewer categories"
        )

    for chosen in product(*held):
        lower, upper = domain.lower.copy(), domain.upper.copy()
        for group, held_one in zip(domain.groups, chosen, strict=True):
            lower[list(group)] = upper[list(group)] = 0.0
            lower[held_one] = upper[held_one] = 1.0
        yield lower, upper


def _print_questions(
    claim: DifferenceClaim, boxes: Sequence[tuple[Array, Array]], domain: Domain
) -> Iterator[tuple[str, str]]:
    """Names and texts: whether there is a point where a score is off by more, to one side."""
    width = len(str(len(boxes)))
    declared = [*_declare(claim, domain)]
    admitted = [
        f"(assert (>= Y_{other} 0.0))" for other in range(claim.scores, len(claim.network.c))
    ]
    asked = list(product(range(claim.scores), _SIDES))

    for number, box in enumerate(boxes, 1):
        place = f"_{number:0{width}d}" if len(boxes) > 1 else ""
        common = [*declared, *_bound_inputs(*box), *admitted]
        for score, (side, relation, sign) in asked:
            lines = [
                f"; {claim.name}, score {score + 1}, {side}: unsat where the claim holds",
                f"; Y_{score}: {claim.said}",
                *common,
                f"(assert ({relation} Y_{score} {_print_real(sign * claim.bound)}))",
            ]
            yield f"{claim.name}{place}_{score + 1}_{side}.vnnlib", "\n".join(lines) + "\n"


def _declare(claim: DifferenceClaim, domain: Domain) -> Iterator[str]:
    for j, name in enumerate(domain.names):
        yield f"(declare-const X_{j} Real) ; {flatten_text(name)}"
    for i in range(len(claim.network.c)):
        yield f"(declare-const Y_{i} Real)"


def _bound_inputs(lower: Array, upper: Array) -> Iterator[str]:
    for j, (least, most) in enumerate(zip(lower.tolist(), upper.tolist(), strict=True)):
        yield f"(assert (>= X_{j} {_print_real(least)}))"
        yield f"(assert (<= X_{j} {_print_real(most)}))"


def _print_real(value: float) -> str:
    """Exactly, without an exponent, which the language has none of."""
    text = format(Decimal(value), "f")
    return text if "." in text else f"{text}.0"
