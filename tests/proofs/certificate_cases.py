"""Honest certificates of all kinds, and changed ones, as files."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import networkx
import numpy as np
from changed_values import change_values
from file_copies import copy_content
from handmade import graph, layered, network, random_network
from instances import NAMED, files, instance, named_instance
from rewritten import rewrite
from second_checker import Files, encode_files
from tampering import TAMPERINGS, InapplicableError, stamped, tampered
from tampering_text import RETOUCHES, retouched
from test_line_proofs import CHANGES, draw_hinges

import relurules as rr
from relurules.codec.additive_json import additive_to_json
from relurules.domain.columns import Category, Column
from relurules.ir import Graph
from relurules.proofs.proving import read_model_numbers

Triple = tuple[Any, Any, Any]
BOX = rr.Domain.box([-1, -2, -1], [1, 1, 3])
DOMAINS = (BOX, BOX.where("x0 + x1 <= 0.5"), None)
SLOPES = (0.0, 0.25, -1.0, 1.5)


def _prove_lines(model: Any, domain: Any, guard_unread: bool = True) -> Triple:
    rules: Any = rr.extract(model, domain=domain, form="additive", guard_unread=guard_unread)
    said = json.loads(json.dumps(additive_to_json(rules)))
    found = json.loads(json.dumps(rr.prove(rules, model).found))
    return found, said, json.loads(json.dumps(read_model_numbers(model)))


def _draw_categories(seed: int) -> Any:
    rng = np.random.default_rng(seed)
    columns = (Column("kind", (Category(("a",)), Category(("b",), other=True))), Column("x"))
    A = rng.normal(size=(4, 3))
    A[2:] = [[1, 0.3, 0], [0.5, 0.25, 0]]
    net = network(A, rng.normal(size=4), rng.normal(size=(1, 4)), slope=rng.choice(SLOPES, size=4))
    names = rr.Domain.over(columns).names
    return Graph(names, ("y",), net, networkx.DiGraph(), columns=columns)


def _draw_narrow(seed: int) -> Any:
    """A network that doesn't read x1, and two neurons of which no kink is left."""
    rng = np.random.default_rng(seed)
    A, b, U = rng.normal(size=(5, 3)), rng.normal(size=5), rng.normal(size=(2, 5))
    A[:, 1] = 0.0
    A[4], b[4], U[:, 4] = -A[3], -b[3], -U[:, 3]
    return graph(network(A, b, U))


def make_lines(seed: int) -> Triple:
    """An additive certificate: lines, groups of neurons, deep networks, categories."""
    domain = DOMAINS[seed // 4 % 3]
    if seed % 8 == 4:
        return _prove_lines(_draw_narrow(seed), domain if seed % 3 else BOX, False)
    if seed % 4 == 0:
        return _prove_lines(graph(draw_hinges(seed)), domain)
    if seed % 4 == 1:
        return _prove_lines(graph(layered(seed, 3, (3, 2), 2)), domain or BOX)
    if seed % 4 == 2:
        net = random_network(seed, 3, 5, 1, slopes=SLOPES)
        return _prove_lines(graph(net), domain or BOX)
    model = _draw_categories(seed)
    bounded = rr.Domain.over(model.columns).bounded({"x": (-3.0, 3.0)})
    return _prove_lines(model, bounded if seed % 8 == 3 else None)


def make_sources(seeds: int, lines: int, most_rules: int = 20) -> Iterator[Triple]:
    """Honest certificates, their rules and models."""
    for name in NAMED:
        model, rules = named_instance(name)
        yield files(model, rules, rr.prove(rules, model))
    narrow = _draw_narrow(0)
    rules = rr.extract(narrow, domain=BOX)
    yield files(narrow, rules, rr.prove(rules, narrow))
    for seed in range(seeds):
        model, rules = instance(seed)
        if len(rules) <= most_rules:
            yield files(model, rules, rr.prove(rules, model))

    for seed in range(lines):
        yield make_lines(seed)


def _tamper(triple: Triple, rng: np.random.Generator) -> Triple:
    """A change that means something: of the kinds that other tests refuse."""
    if triple[0].get("form") == "additive":
        changed = copy_content(triple)
        change: Callable[..., Any] = CHANGES[int(rng.integers(len(CHANGES)))]
        change(*changed, rng)
        return changed
    return tampered(str(rng.choice(list(TAMPERINGS))), triple, rng)


def draw_case(triple: Triple, rng: np.random.Generator) -> tuple[str, Files]:
    """One honest or changed certificate, and what was done to it."""
    choice = rng.random()
    if choice < 0.04:
        return "honest", encode_files(triple)
    if choice < 0.12:
        texts = [json.dumps(value) for value in triple]
        kind = str(rng.choice(list(RETOUCHES)))
        return kind, encode_files(retouched(kind, (texts[0], texts[1], texts[2]), rng))
    if choice < 0.5:
        changed, kind = copy_content(triple), "rewritten"
        rewrite(changed, rng)
    elif choice < 0.65:
        try:
            changed, kind = _tamper(triple, rng), "tampered"
        except (InapplicableError, LookupError, ValueError, TypeError):
            changed, kind = change_values(triple, rng), "changed"
    else:
        changed, kind = copy_content(triple), "changed"
        if rng.random() < 0.6:
            rewrite(changed, rng)
        changed = change_values(changed, rng)
    if rng.random() < 0.95 and isinstance(changed[0], dict):
        changed = _stamp(changed)
    return kind, encode_files(changed)


def _stamp(changed: Triple) -> Triple:
    try:
        return stamped(changed)
    except (TypeError, AttributeError):
        return changed
