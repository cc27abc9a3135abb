"""Checks that partition rules over numbers are a model, up to a bound, everywhere in a box.

    python check_short.py certificate.json rules.json model.json

Ends with 0 where that is proven, 1 where it isn't, 2 where a file can't be read, and 3 where only
check.py judges such certificates. It needs Python alone, and is read from top to bottom.

Every number of a file is the rational that it is, and nothing is rounded, but that multipliers have
64 binary digits. Nothing in the certificate is believed: it proposes where to cut the domain, and
which inequalities to add up in each piece. What isn't as it should be raises one of REFUSALS.
"""

import hashlib
import json
import math
import sys
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import islice
from operator import mul
from pathlib import Path
from typing import Any, NamedTuple

REFUSALS = (ValueError, ArithmeticError, AttributeError, LookupError, TypeError, RecursionError)
MOST_BYTES, MOST_WAYS, MOST_MULTIPLIER = 1 << 30, 1 << 17, 1e200
DOMAIN_PARTS = ("features", "constraints", "groups", "columns")
PARTS_ASIDE = ("provenance", "evidence", "reference", "tradeoffs", "reduction")


def require(holds: bool, why: str) -> None:
    """Go on only where something holds."""
    if not holds:
        raise ValueError(why)


def read_file(path: str) -> dict[str, Any]:
    """The object that a JSON file holds."""
    require(Path(path).stat().st_size <= MOST_BYTES, "it is too large")
    hooks: Any = dict.fromkeys(("parse_int", "parse_float", "parse_constant"), read_literal)
    text = Path(path).read_bytes().decode("utf-8")
    found = json.loads(text, object_pairs_hook=read_members, **hooks)
    require(isinstance(found, dict), "it holds no object")
    return dict(found)


def read_members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object, in which no key is twice."""
    require(len(dict(pairs)) == len(pairs), "a key is twice in one object")
    return dict(pairs)


def read_literal(text: str) -> int | float:
    """A finite float64, or a whole number of at most 300 digits."""
    whole = text.lstrip("-").isdigit()
    require(len(text) <= 300 if whole else math.isfinite(float(text)), "a number is too large")
    return int(text) if whole else float(text)


def read_list(value: Any) -> list[Any]:
    """A list."""
    require(isinstance(value, list), "something is no list where one is due")
    return list(value)


def read_number(value: Any) -> Fraction:
    """A number, exactly; no text, true, false or null."""
    require(type(value) in (int, float), "something is no number where one is due")
    return Fraction(value)


def read_numbers(values: Any) -> list[Fraction]:
    """A list of numbers."""
    return [read_number(value) for value in read_list(values)]


def is_index(value: Any, count: int) -> bool:
    """Whether a value is one of 0, 1, ..., count - 1."""
    return type(value) is int and 0 <= value < count


def hash_json(value: Any) -> str:
    """SHA-256 of values, whatever the order of keys."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def find_unjudged(certificate: Any, rules: Any, model: Any) -> str:
    """What of the claim check.py alone judges; empty where all is judged here."""
    labels = [hash_json(found.get("labels")) for found in (rules, model)]
    kinds = {
        "an answer": certificate.get("format") == "relurules.answer",
        "additive rules": rules.get("format") == "relurules.additive",
        "a decision between classes": rules.get("decision") is not None,
        "rules that leave columns of the model out": rules.get("places") is not None,
        "links other than the model's": rules.get("heads") != model.get("heads"),
        "labels other than the model's": labels[0] != labels[1],
        "categories": any("categories" in column for column in rules.get("columns") or ()),
        "groups of columns": bool(rules.get("groups")),
        "columns made of others": any(
            own.keys() - {"name", "categories"} for own in rules.get("columns") or ()
        ),
        "inequalities of the domain": rules.get("constraints") != [],
        "rules without conditions": any("conditions" not in own for own in rules.get("rules", ())),
        "open columns": any(None in own.values() for own in rules.get("features", ())),
    }
    return ", ".join(kind for kind, found in kinds.items() if found)


def check_head(certificate: Any, rules: Any, model: Any) -> None:
    """The certificate is whole, and about these rules, their domain and this model."""
    aside = (*DOMAIN_PARTS, *PARTS_ASIDE)
    digests = {
        "model": hash_json({key: model[key] for key in model if key != "labels"}),
        "domain": hash_json({key: rules.get(key) for key in DOMAIN_PARTS}),
        "rules": hash_json({key: rules[key] for key in rules if key not in aside}),
    }
    own = hash_json({key: certificate[key] for key in certificate if key != "digest"})
    require(certificate["digest"] == own, "the certificate was changed after it was written")
    for name, digest in digests.items():
        require(certificate["digests"][name] == digest, f"it is about another {name}")
    kind = [certificate.get(name) for name in ("format", "version", "form")]
    require(kind == ["relurules.certificate", 2, None], "it is of another format or version")
    require((model["format"], model["version"]) == ("relurules.model", 2), "this is no model")
    require(model["read"] in ("stored weights", "canonical form as traced"), "of which numbers?")
    require(rules.get("version", 1) in (1, 2), "the rules are of another version")


def check_names(rules: Any, model: Any) -> list[str]:
    """ValueError where names differ; in words, what they leave open."""
    own, features = model["named"], read_list(rules["features"])
    require(len(model.get("heads", model["outputs"])) == len(model["outputs"]), "links are lacking")
    columns = ([feature["name"] for feature in features], model["features"], "x")
    outputs = (rules["outputs"], model["outputs"], "y")
    notes = compare_names("columns", *columns, is_own=own["columns"] is True)
    return notes + compare_names("outputs", *outputs, is_own=own["outputs"] is True)


def compare_names(what: str, rules: Any, model: Any, letter: str, is_own: bool) -> list[str]:
    """letter: what made up names begin with; is_own: the model has names that aren't made up."""
    made_up = [[f"{letter}{i}" for i in range(len(rules))], [letter]]
    require(all(isinstance(name, str) for name in (*rules, *model)), f"{what} without a name")
    require(len(rules) == len(set(rules)) == len(model), f"not the model's {what}, or one twice")
    require(rules == model or set(rules) != set(model), f"the {what} are in another order")
    require(rules == model or not is_own or rules in made_up, f"the {what} aren't the model's")
    return [] if rules == model and is_own else [f"{what} are compared by position only"]


class Affine(NamedTuple):
    """Coefficients, constant, and slack: how far it is from the true function; over one number."""

    parts: list[int]
    over: int


def make_affine(values: Sequence[Fraction | int]) -> Affine:
    """Coefficients, constant and slack."""
    over = math.lcm(*(value.denominator for value in values))
    return Affine([int(value * over) for value in values], over)


def add_up(terms: Sequence[tuple[Fraction | int, Affine]]) -> Affine:
    """A weighted sum, exactly. Slacks add up, whatever the signs."""
    over = math.lcm(*(weight.denominator * own.over for weight, own in terms))
    weights = [weight.numerator * (over // weight.denominator // own.over) for weight, own in terms]
    *columns, slacks = zip(*(own.parts for _, own in terms), strict=True)
    values = [sum(map(mul, weights, column)) for column in columns]
    return Affine([*values, sum(map(mul, map(abs, weights), slacks))], over)


class Box:
    """The domain: bounds of columns, over one number."""

    def __init__(self, rules: Any) -> None:
        self.names = [feature["name"] for feature in rules["features"]]
        sides = [feature[side] for side in ("lower", "upper") for feature in rules["features"]]
        parts, self.over = make_affine(read_numbers(sides))
        self.ends = list(zip(parts[: len(self.names)], parts[len(self.names) :], strict=True))
        require(all(low <= high for low, high in self.ends), "bounds are crossed")
        self.slack = Affine([*[0] * len(self.names), 0, 1], 1)

    def express(self, coefficients: Any, constant: Fraction) -> Affine:
        """An affine function of columns by name."""
        known = {name: read_number(value) for name, value in coefficients.items()}
        require(known.keys() <= set(self.names), "a column isn't there")
        return make_affine([*(known.get(name, 0) for name in self.names), constant, 0])

    def find_highest(self, own: Affine) -> Fraction:
        """The most that a function can be."""
        *values, constant, slack = own.parts
        total = self.over * (constant + slack)
        for value, (low, high) in zip(values, self.ends, strict=True):
            total += value * (high if value > 0 else low)
        return Fraction(total, self.over * own.over)


#: Terms by number: inputs are 0, 1, ..., outputs of neurons -1, -2, ..., and the constant is None.
Signal = dict[int | None, Fraction]


def combine(signals: Sequence[Signal], weights: Sequence[Fraction], constant: Fraction) -> Signal:
    """A weighted sum of signals."""
    total: Signal = {None: constant}
    for weight, own in zip(weights, signals, strict=True):
        for key, value in own.items() if weight else ():
            total[key] = total.get(key, Fraction(0)) + weight * value
    return total


def apply_layer(layer: Any, signals: list[Signal], neurons: Any) -> list[Signal]:
    """The signals after a layer. Neurons are added as z and slope: z where z >= 0, else slope z."""

    def add_neuron(z: Signal, slope: Fraction) -> Signal:
        neurons.append((z, slope))
        return {-len(neurons): Fraction(1)}

    def read_rows(*names: str) -> Any:
        return zip(*(map(read_numbers, layer[name]) for name in names[:-1]),
                   read_numbers(layer[names[-1]]), strict=True)  # fmt: skip

    kind, count = layer["kind"], len(signals)
    if kind == "affine":
        return [combine(signals, *row) for row in read_rows("weights", "constants")]
    if kind == "scale":  # (signal - minus) times / over + plus
        defaults = {"minus": 0, "over": 1, "times": 1, "plus": 0}
        parts = [read_numbers(layer.get(name, [own] * count)) for name, own in defaults.items()]
        rows = zip(signals, *parts, strict=True)
        return [combine([s], [times / over], plus - minus * times / over)
                for s, minus, over, times, plus in rows]  # fmt: skip
    if kind == "prelu":  # where a slope is 1 there is no neuron
        pairs = zip(signals, read_numbers(layer["slopes"]), strict=True)
        return [z if slope == 1 else add_neuron(z, slope) for z, slope in pairs]
    require(kind == "canonical", "a layer is of no kind that is known")
    given, slopes = list(signals), read_numbers(layer["slope"])
    for k, (row, reads, constant) in enumerate(read_rows("A", "L", "b")):  # z = A s + L y + b
        require(len(reads) == len(slopes) and not any(reads[k:]), "a neuron reads a later one")
        given.append(add_neuron(combine(given, row + reads[:k], constant), slopes[k]))
    require(len(given) == count + len(slopes), "slopes of neurons that aren't there")
    rows = read_rows("C", "U", "c")
    return [combine(given, own + reads, constant) for own, reads, constant in rows]


Sides = tuple[tuple[int, bool], ...]


def list_ways(rules: Any, at: Any, way: Sides = ()) -> Iterator[tuple[int, Sides]]:
    """All ways down the tree and the rules that they lead to, 0 for none: they fill the domain."""
    if "split" in at:
        split = at["split"]
        require(is_index(split, len(rules["splits"])), "there is no such split")
        require(not way or split > way[-1][0], "the rules' tree runs in a circle")
        for side in ("otherwise", "then"):
            further = (*way, (split, side == "then"))
            yield from list_ways(rules, rules["splits"][split][side], further)
        return
    number = at.get("rule", 0)
    require(is_index(number, len(rules["rules"]) + 1), "the rules' tree leads to no rule")
    require(number > 0 if "rule" in at else not rules["complete"], "a part has no rule")
    yield number, way


def read_condition(own: Any, count: int) -> tuple[int, bool]:
    """A split of so many, and whether it holds."""
    require(is_index(own["split"], count), "a condition on no split")
    require(isinstance(own["holds"], bool), "a condition that doesn't say whether it holds")
    return own["split"], own["holds"]


def name_scores(rules: Any, count: int) -> list[str]:
    """What rules call scores: as outputs, or where these have links by a name of their own."""
    if "heads" not in rules:
        require(len(rules["outputs"]) == count, "not as many outputs as scores")
        return list(rules["outputs"])
    name, taken = "score", [*rules["outputs"], *(own["name"] for own in rules["features"])]
    while any(other.lower().startswith(name) for other in taken):
        name = f"raw_{name}"
    return [name] if count == 1 else [f"{name}_{i}" for i in range(1, count + 1)]


class Network(NamedTuple):
    """Of neurons, then scores, what they add of the columns and of neurons; slopes of neurons."""

    own: list[Affine]
    reads: list[dict[int, Fraction]]
    slopes: list[Fraction]


def express_network(model: Any, count: int) -> Network:
    """The model of so many columns; scores come after neurons."""
    neurons = list[tuple[Signal, Fraction]]()
    signals: list[Signal] = [{j: Fraction(1)} for j in range(count)]
    for layer in model["layers"]:
        signals = apply_layer(layer, signals, neurons)
    units = [*(z for z, _ in neurons), *signals]
    own = [make_affine([*(unit.get(j, 0) for j in range(count)), unit.get(None, 0), 0])
           for unit in units]  # fmt: skip
    reads = [{-1 - j: w for j, w in unit.items() if w and j is not None and j < 0}
             for unit in units]  # fmt: skip
    return Network(own, reads, [slope for _, slope in neurons])


def make_row(own: Affine, side: int) -> Affine:
    """What isn't negative where the true function times a sign isn't."""
    *values, constant, slack = own.parts
    return Affine([*(side * value for value in values), side * constant + slack, 0], own.over)


class Piece:
    """A part of the domain: rows that aren't negative there; z and outputs of neurons, if known."""

    def __init__(self, box: Box, network: Network, rows: list[Affine]) -> None:
        self.box, self.network, self.rows = box, network, rows
        self.z, self.outputs = dict[int, Affine](), dict[int, Affine]()

    def evaluate(self, i: int) -> Affine:
        """A neuron's z or a score, by what is told of neurons; KeyError where nothing is told."""
        reads = self.network.reads[i].items()
        return add_up([(1, self.network.own[i]), *((w, self.outputs[k]) for k, w in reads)])

    def find_z(self, k: Any) -> Affine:
        """A neuron's z, computed where it is first needed."""
        require(is_index(k, len(self.network.slopes)), "there is no such neuron")
        return self.z.setdefault(k, self.z.get(k) or self.evaluate(k))

    def bound(self, terms: list[tuple[int, Affine]], pairs: Any) -> Fraction:
        """The most that a sum can be: no more than with what isn't negative here added to it."""
        total: list[tuple[int | Fraction, Affine]] = [*terms]
        for row, y in zip(read_list(pairs)[::2], pairs[1::2], strict=True):
            require(is_index(row, len(self.rows)), "a multiplier of no row")
            require(0 <= read_number(y) < MOST_MULTIPLIER, "a multiplier is negative, or too large")
            total.append((Fraction(int(y * 2**64), 2**64), self.rows[row]))
        return self.box.find_highest(add_up(total))

    def tell(self, k: int, side: int, beyond: Fraction) -> None:
        """An output is z or slope z, off by |1 - slope| of what z is on the other side of 0."""
        slope = self.network.slopes[k]
        spill = (abs(1 - slope) * beyond, self.box.slack)
        self.outputs[k] = add_up([(1 if side > 0 else slope, self.z[k]), spill])

    def take(self, told: Any) -> None:
        """Take a neuron to be on one side of 0, with multipliers that show how far it is beyond."""
        code, *pairs = told if isinstance(told, list) else [told]
        if code in ("chord", "change"):
            raise NotImplementedError("a proof by chords")
        require(type(code) is int and code != 0, "no neuron is told")
        k, side = abs(code) - 1, 1 if code > 0 else -1
        self.tell(k, side, max(Fraction(0), self.bound([(-side, self.find_z(k))], pairs)))

    def cut(self, k: Any, side: int) -> "Piece":
        """The part in which sign times a neuron's z isn't negative."""
        other = Piece(self.box, self.network, [*self.rows, make_row(self.find_z(k), side)])
        other.z, other.outputs = dict(self.z), dict(self.outputs)
        other.tell(k, side, Fraction(0))
        return other


def walk(piece: Piece, node: Any, said: list[Affine]) -> list[Fraction]:
    """How far scores are above what a rule says in a piece, and below, as a node shows, or 0."""
    takes, kind, *rest = read_list(node)
    for told in read_list(takes):
        piece.take(told)
    if kind == "empty":  # what isn't negative would be negative: no row is here
        require(piece.bound([(0, piece.box.slack)], rest[0]) < 0, "a piece isn't shown to be empty")
        return [Fraction(0)] * 2 * len(said)
    if kind == "leaf":
        first, multipliers = len(piece.network.slopes), iter(rest)
        gaps = [(sign, piece.evaluate(first + i), own) for i, own in enumerate(said)
                for sign in (1, -1)]  # fmt: skip
        shown = [piece.bound([(sign, score), (-sign, own)], next(multipliers, []))
                 for sign, score, own in gaps]  # fmt: skip
        return [max(Fraction(0), own) for own in shown]
    require(kind == "split", "a node of no kind that is known")
    neuron, below, above = rest
    parts = (walk(piece.cut(neuron, -1), below, said), walk(piece.cut(neuron, 1), above, said))
    return list(map(max, *parts))


def find_gaps(certificate: Any, rules: Any, model: Any) -> tuple[list[list[Fraction]], bool]:
    """How far scores are above and below what rules say; whether each row of the domain has one."""
    box, said = Box(rules), read_list(rules["rules"])
    network = express_network(model, len(box.names))
    splits = [box.express(own["coefficients"], -read_number(own["at_least"]))
              for own in read_list(rules["splits"])]  # fmt: skip
    require(isinstance(rules["complete"], bool), "are the rules complete?")
    ways = list(islice(list_ways(rules, {"split": 0} if splits else {"rule": 1}), MOST_WAYS + 1))
    require(len(ways) <= MOST_WAYS, "too many ways")
    conditions = [tuple(read_condition(own, len(splits)) for own in read_list(rule["conditions"]))
                  for rule in said]  # fmt: skip

    def show(number: int, sides: Sides, tree: Any) -> list[Fraction]:
        rows = [make_row(splits[split], 1 if holds else -1) for split, holds in sides]
        return walk(Piece(box, network, rows), tree, maps[number - 1])

    names = name_scores(rules, len(network.own) - len(network.slopes))
    maps = [read_maps(rule, names, box) for rule in said]
    trees, paths = read_list(certificate["rules"]), iter(read_list(certificate["paths"]))
    require(len(trees) == len(said), "not as many trees as rules")
    gaps = list(map(show, range(1, len(said) + 1), conditions, trees))
    for number, way in ways:  # a row that gets there may miss a condition of the rule
        if number and not set(conditions[number - 1]) <= set(way):
            more = show(number, way, next(paths, None))
            gaps[number - 1] = list(map(max, gaps[number - 1], more))
    require(next(paths, None) is None, "a tree too many")
    return gaps, all(number for number, _ in ways)


def read_maps(rule: Any, names: list[str], box: Box) -> list[Affine]:
    """What a rule says of each score."""
    require(rule["outputs"].keys() == set(names), "a rule has other scores")
    found = [rule["outputs"][name] for name in names]
    return [box.express(own["coefficients"], read_number(own["constant"])) for own in found]


def judge(certificate: Any, rules: Any, model: Any) -> str:
    """What is proven, in words; one of REFUSALS where it isn't."""
    check_head(certificate, rules, model)
    notes = check_names(rules, model)
    gaps, covers = find_gaps(certificate, rules, model)
    claims = map(read_numbers, read_list(certificate["bounds"]))
    for own, most in zip(gaps, claims, strict=True):
        require(all(a <= b for a, b in zip(own, most, strict=True)), "it claims less than is shown")
    bound = read_number(certificate["bound"])
    require(all(gap <= bound for own in gaps for gap in own), "its bound is less than is shown")
    where = "everywhere in the domain" if covers else "wherever there is a rule"
    notes += ["what it claims of code isn't judged here"] * ("artefacts" in certificate)
    said = f"proven: |model - rules| <= {float(bound)!r} for every score, {where}"
    return "; ".join([f"{said} ({len(gaps)} rules, from the {model['read']})", *notes])


def main(paths: list[str]) -> int:
    """Judge the files of a command line."""
    try:
        certificate, rules, model = map(read_file, paths)
    except (OSError, RecursionError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    try:
        if unjudged := find_unjudged(certificate, rules, model):
            raise NotImplementedError(unjudged)
        print(judge(certificate, rules, model))
    except NotImplementedError as error:
        print(f"not judged: {error}; use check.py")
        return 3
    except REFUSALS as error:
        print(f"refused: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
