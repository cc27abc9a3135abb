"""Certificates of answers about rules of both kinds; rules evaluated without the checker."""

import json
from collections.abc import Iterator
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from file_copies import copy_content
from handmade import graph, network
from instances import instance, named_instance

import relurules as rr
from relurules import checker
from relurules.codec.additive_json import additive_to_json
from relurules.codec.rules_json import to_json
from relurules.links.heads import Head

BOX = rr.Domain.box([-1, -2, -1], [1, 1, 3])


def _draw_rules(kind: str) -> tuple[Any, tuple[str, ...]]:
    """Rules, and conditions that they are asked under."""
    if kind == "categories":
        return named_instance("categories")[1], ("job = nurse|cook", "income + age <= 0.9")
    name, seed = kind.split()
    if name == "rules":
        return instance(int(seed))[1], ()
    rng = np.random.default_rng(int(seed))
    slope = rng.choice([0.0, 0.25, -1.0], size=5)
    net = network(rng.normal(size=(5, 3)), rng.normal(size=5), rng.normal(size=(2, 5)), slope=slope)
    domain = BOX.where("x0 + x1 <= 0.5") if int(seed) % 2 else BOX
    rules = rr.extract(graph(net), domain=domain, form="additive")
    return rules, ("x2 >= 0", "x0 - x2 <= 0.25") if int(seed) == 2 else ()


class AnswerCase(NamedTuple):
    """A certificate and its rules as they are in their files, and the rules; other: those that a
    difference is from, as in their file, old: themselves.
    """

    found: dict[str, Any]
    said: dict[str, Any]
    rules: Any
    other: dict[str, Any] | None = None
    old: Any = None

    @property
    def files(self) -> tuple[Any, ...]:
        """What a checker is given."""
        return (self.found, self.said) + (() if self.other is None else (self.other,))


#: Names of cases; seeds of partition rules that don't decide.
RANGES = ("categories", "rules 0", "rules 5", "rules 7", "rules 8", "lines 0", "lines 1", "lines 2")
CASES = (
    *RANGES, "monotone categories", "monotone rules 0", "monotone regions", "monotone lines 1",
    "monotone lines 2", "decision rules 0", "decision lines 3", "decision three",
    "difference rules", "difference lines", "difference mixed", "difference columns",
)  # fmt: skip


def _write(rules: Any) -> Any:
    said = additive_to_json(rules) if isinstance(rules, rr.AdditiveRules) else to_json(rules)
    return json.loads(json.dumps(said))


def make_answer(kind: str) -> AnswerCase:
    """One case."""
    question, _, rest = kind.partition(" ")
    if kind in RANGES:
        rules, given = _draw_rules(kind)
        found = rr.prove_answer(rules, output=rules.scores[-1], given=given).found
    elif question == "monotone":
        rules, given = (_draw_two("rules")[0], ()) if rest == "regions" else _draw_rules(rest)
        feature = "income" if rest == "categories" else rules.domain.names[-1]
        found = rr.prove_answer(
            rules, question, feature=feature, output=rules.scores[-1], given=given
        ).found
    elif question == "decision":
        rules, target, given = _draw_classes(rest)
        found = rr.prove_answer(rules, question, target=target, given=given).found
    else:
        rules, old = _draw_two(rest)
        found = rr.prove_answer(rules, question, old=old, output=rules.scores[-1]).found
        return AnswerCase(json.loads(json.dumps(found)), _write(rules), rules, _write(old), old)
    return AnswerCase(json.loads(json.dumps(found)), _write(rules), rules)


def _draw_classes(rest: str) -> tuple[Any, str, tuple[str, ...]]:
    """Rules that have classes, a class, and conditions under which no row is of it."""
    rng = np.random.default_rng(3)
    if rest == "three":
        net = network(rng.normal(size=(3, 2)), rng.normal(size=3), rng.normal(size=(3, 3)),
                      c=[0.0, 9.0, 0.5])  # fmt: skip
        model = graph(net, heads=[Head("softmax", (0, 1, 2), i) for i in range(3)])
        return rr.extract(model, domain=rr.Domain.box([-1, -1], [1, 1])), "y2", ()
    net = network(rng.normal(size=(3, 3)), rng.normal(size=3), rng.normal(size=(1, 3)))
    model = graph(net, heads=[Head("complement", (0,), 0), Head("sigmoid", (0,), 0)])
    form = "partition" if rest.startswith("rules") else "additive"
    return rr.extract(model, domain=BOX, form=form), "y1", ("x0 <= -0.5", "x1 <= -1.5", "x2 >= 2.5")


def _draw_two(rest: str) -> tuple[Any, Any]:
    """Rules, and others to compare them with."""
    rng = np.random.default_rng(4)
    A, b, U = rng.normal(size=(4, 3)), rng.normal(size=4), rng.normal(size=(1, 4))
    forms = {"rules": ("partition", "partition"), "mixed": ("partition", "additive")}
    forms["lines"] = forms["columns"] = ("additive", "additive")
    moved = b + np.array([0.0, 0.25, 0.0, 0.0])
    wide = rr.Domain.box([-1, -1.5, -1], [1, 1, 2.5]).where("x0 - x1 <= 1.5")
    if rest == "columns":
        A[:, 1] = 0.0
        moved, wide = b, BOX
    one = rr.extract(graph(network(A, moved, U)), domain=wide, form=forms[rest][0])
    if rest == "columns":
        A[:, 2] += A[:, 0]
        A[:, 0] = 0.0
    return one, rr.extract(graph(network(A, b, U)), domain=BOX, form=forms[rest][1])


def stamp(found: dict[str, Any], rules: dict[str, Any], other: Any = None) -> dict[str, Any]:
    """A changed certificate with digests as a forger would write them."""
    said = {name: value for name, value in found.items() if name != "digest"}
    said["digests"] = checker.hash_subjects(rules, other)
    return {**said, "digest": checker.hash_json(said)}


def _sum_terms(item: Any, x: dict[str, Fraction]) -> Fraction:
    return sum((Fraction(v) * x[n] for n, v in item["coefficients"].items()), Fraction(0))


def evaluate(rules: dict[str, Any], point: list[float], weights: list[float]) -> Fraction:
    """A sum of scores at a row, as rules are read by people."""
    x = {f["name"]: Fraction(v) for f, v in zip(rules["features"], point, strict=True)}
    if "lines" in rules:
        names = list(rules["base"])
        scores = {n: _sum_terms(o, x) + Fraction(o["constant"]) for n, o in rules["base"].items()}
        for line in rules["lines"]:
            excess = max(Fraction(0), _sum_terms(line, x) - Fraction(line["above"]))
            for name in names:
                scores[name] += Fraction(line["slopes"][name]) * excess
    else:
        at = {"split": 0} if rules["splits"] else {"rule": 1}
        while "split" in at:
            split = rules["splits"][at["split"]]
            at = split[
                "then" if _sum_terms(split, x) >= Fraction(split["at_least"]) else "otherwise"
            ]
        own = rules["rules"][at["rule"] - 1]["outputs"]
        names = list(own)
        scores = {n: _sum_terms(o, x) + Fraction(o["constant"]) for n, o in own.items()}

    return sum(
        (Fraction(w) * scores[n] for w, n in zip(weights, sorted(names), strict=True)), Fraction(0)
    )


def evaluate_claim(case: AnswerCase, point: list[float]) -> Fraction:
    """What a certificate bounds, at a row of its domain."""
    weights, count = case.found["weights"], len(case.said["features"])
    if case.found["question"] == "monotone":
        before, after = _split_step(case, point)
        return evaluate(case.said, after, weights) - evaluate(case.said, before, weights)
    if case.other is None:
        return evaluate(case.said, point, weights)
    names = [feature["name"] for feature in case.said["features"]]
    names += [f["name"] for f in case.other["features"] if f["name"] not in names]
    theirs = [point[names.index(feature["name"])] for feature in case.other["features"]]
    return evaluate(case.said, point[:count], weights) - evaluate(case.other, theirs, weights)


def _split_step(case: AnswerCase, point: list[float]) -> tuple[list[Any], list[Any]]:
    """The rows before and after a step of a column, exactly."""
    *before, step = map(Fraction, point)
    after = list(before)
    names = [feature["name"] for feature in case.said["features"]]
    after[names.index(case.found["column"])] += step
    return before, after


def is_within(case: AnswerCase, point: list[float]) -> bool:
    """Whether a row is in the domain of all rules, and meets the conditions."""
    if case.found["question"] == "monotone":
        return all(_meets(case.said, case.found["given"], x) for x in _split_step(case, point))
    x = {f["name"]: Fraction(v) for f, v in zip(_list_features(case), point, strict=True)}
    own = [x[feature["name"]] for feature in case.said["features"]]
    if case.other is None:
        return _meets(case.said, case.found["given"], own)
    theirs = [x[feature["name"]] for feature in case.other["features"]]
    nothing: Any = {"bounds": {}, "constraints": []}
    return _meets(case.said, nothing, own) and _meets(case.other, nothing, theirs)


def _list_features(case: AnswerCase) -> list[Any]:
    """Columns of all rules."""
    own = list(case.said["features"])
    names = {feature["name"] for feature in own}
    others = [] if case.other is None else case.other["features"]
    return own + [feature for feature in others if feature["name"] not in names]


def _meets(rules: dict[str, Any], given: Any, point: list[Any]) -> bool:
    x = {f["name"]: Fraction(v) for f, v in zip(rules["features"], point, strict=True)}
    bounded = all(low <= x[name] <= high for name, (low, high) in given["bounds"].items())
    bounded &= all(f["lower"] <= x[f["name"]] <= f["upper"] for f in rules["features"])
    return bounded and all(
        _sum_terms(item, x) <= Fraction(item["at_most"])
        for item in (*given["constraints"], *rules["constraints"])
    )


def draw_points(case: AnswerCase, count: int) -> list[list[float]]:
    """Rows of the box, with categories, and the rows that a certificate shows."""
    features, rng = _list_features(case), np.random.default_rng(0)
    lower, upper = ([feature[end] for feature in features] for end in ("lower", "upper"))
    if case.found["question"] == "monotone":
        j = [feature["name"] for feature in features].index(case.found["column"])
        lower, upper = [*lower, 0.0], [*upper, upper[j] - lower[j]]
    X = rng.uniform(lower, upper, size=(count, len(lower)))
    for group in case.rules.domain.groups:
        X[:, group] = np.eye(len(group))[rng.integers(len(group), size=count)]
    shown = [case.found[end]["point"] for end in ("lowest", "highest") if case.found[end]]
    return [*X.tolist(), *shown]


def list_numbers(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where numbers are, in JSON."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield from list_numbers(part, (*path, key))
    elif isinstance(value, list):
        for i, part in enumerate(value):
            yield from list_numbers(part, (*path, i))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield path


def change_number(found: Any, path: tuple[Any, ...], rng: np.random.Generator) -> None:
    """Another number at a place: far off, or a billionth."""
    at = found
    for key in path[:-1]:
        at = at[key]
    value = at[path[-1]]
    if isinstance(value, int):
        at[path[-1]] = value + int(rng.choice([-2, -1, 1, 2]))
    else:
        step = float(rng.choice([1e-9, 0.1, 1.0]))
        at[path[-1]] = value + float(rng.choice([-1, 1])) * step * max(1.0, abs(value))


def drop_part(found: Any, rng: np.random.Generator) -> None:
    """An entry somewhere is lost, or of another type."""
    at = found
    while True:
        keys = list(at) if isinstance(at, dict) else list(range(len(at)))
        key = keys[int(rng.integers(len(keys)))]
        inner = at[key]
        if not isinstance(inner, dict | list) or not inner or rng.random() < 0.3:
            break
        at = inner

    if rng.random() < 0.5:
        del at[key]
    else:
        at[key] = [None, "1", True, [], {}, -1, 1.5][int(rng.integers(7))]


def draw_files(case: AnswerCase, rng: np.random.Generator) -> tuple[str, tuple[Any, ...]]:
    """The files of a certificate, honest or changed with forged digests, and what was changed."""
    files = copy_content(case.files)
    if rng.random() < 0.05:
        return "honest", files
    place = 0 if rng.random() < 0.7 else int(rng.integers(1, len(files)))
    what = "certificate" if place == 0 else "rules"
    if rng.random() < 0.7:
        places = list(list_numbers(files[place]))
        change_number(files[place], places[int(rng.integers(len(places)))], rng)
        how = "a number"
    else:
        drop_part(files[place], rng)
        how = "a part"
    return f"{how} of the {what}", (stamp(*files), *files[1:])


def judge_by_ours(found: Any, rules: Any, other: Any = None) -> tuple[int, str]:
    """What relurules' own checker says: the code, and the sentence of a proof."""
    verdict = checker.check_answer(found, rules, other)
    return (0, checker.describe_answer(verdict)) if verdict else (1, "")
