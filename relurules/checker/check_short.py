"""Checks that partition rules are a model, up to a bound, everywhere in their domain.

    python check_short.py certificate.json rules.json model.json

Ends with 0 where that is proven, 1 where it isn't, 2 where a file can't be read, and 3 where the
certificate is of a kind that only check.py judges. To be read from top to bottom: files, claim,
names, domain, model, rules, proof. It needs Python alone, and no other file.

Every number of a file is the rational that it is, and nothing is rounded, but that multipliers have
64 binary digits. Nothing in the certificate is believed: it proposes where to cut the domain, and
which inequalities to add up in each piece. Whatever isn't as it should be raises one of REFUSALS;
NotImplementedError is for what isn't judged.
"""

import hashlib
import json
import math
import sys
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import accumulate, islice
from operator import mul
from typing import Any, NamedTuple

REFUSALS = (ValueError, ArithmeticError, AttributeError, LookupError, TypeError, RecursionError)
MOST_BYTES, MOST_DIGITS, MOST_WAYS, MOST_MULTIPLIER = 1 << 30, 300, 1 << 17, 1e200
#: Rows of a table may exceed an inequality by this share of its terms: the proof includes them.
MEMBERSHIP = Fraction(9, 8 * 10**12)
DOMAIN_PARTS = ("features", "constraints", "groups", "columns")
#: What a rules file says of where it comes from, which is no part of the claim.
PARTS_ASIDE = ("provenance", "evidence", "reference", "tradeoffs", "reduction")
LISTS = (*DOMAIN_PARTS, "outputs", "heads", "splits", "rules", "lines", "neuron_groups", "layers",
         "paths", "neurons", "virtual", "ranges")  # fmt: skip


def require(holds: bool, why: str) -> None:
    """Go on only where something holds."""
    if not holds:
        raise ValueError(why)


# ---- Files, strictly as they stand. ----


def read_file(path: str) -> dict[str, Any]:
    """The object that a JSON file holds."""
    with open(path, "rb") as file:
        data = file.read(MOST_BYTES + 1)
    require(len(data) <= MOST_BYTES, "it is too large")
    hooks: Any = dict.fromkeys(("parse_float", "parse_int", "parse_constant"), read_literal)
    found = json.loads(data.decode("utf-8"), object_pairs_hook=read_members, **hooks)
    require(isinstance(found, dict), "it holds no object")
    return dict(found)


def read_members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object, in which no key is twice."""
    require(len(dict(pairs)) == len(pairs), "a key is twice in one object")
    return dict(pairs)


def read_literal(text: str) -> int | float:
    """An integer of not too many digits, or a finite float64."""
    whole = text.lstrip("-").isdigit()
    if whole and len(text) <= MOST_DIGITS:
        return int(text)
    require(not whole and math.isfinite(float(text)), f"{text[:20]} is too large, or no number")
    return float(text)


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


# ---- The claim: what it is about, and whether it is judged here. ----


def hash_json(value: Any) -> str:
    """SHA-256 of values, whatever the order of keys."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def find_unjudged(certificate: Any, rules: Any, model: Any) -> str:
    """What of the claim check.py alone judges; empty where all is judged here."""
    groups, categories = list_groups(rules)
    labels = [hash_json(found.get("labels")) for found in (rules, model)]
    kinds = {
        "an answer": certificate.get("format") == "relurules.answer",
        "additive rules": rules.get("format") == "relurules.additive",
        "a decision between classes": rules.get("decision") is not None,
        "claims about code": certificate.get("artefacts") is not None,
        "rules that leave columns of the model out": rules.get("places") is not None,
        "links other than the model's": rules.get("heads") != model.get("heads"),
        "labels other than the model's": labels[0] != labels[1],
        "groups other than categories": sorted(map(sorted, groups)) != categories,
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
    kind = (certificate["format"], certificate["version"], certificate.get("form") == "additive")
    require(kind == ("relurules.certificate", 2, False), "it is of another format or version")
    require((model["format"], model["version"]) == ("relurules.model", 2), "this is no model")
    require(model["read"] in ("stored weights", "canonical form as traced"), "of which numbers?")
    require(rules.get("version", 1) in (1, 2), "the rules are of another version")
    for found in (certificate, rules, model):
        for name in LISTS:
            read_list(found.get(name, []))


# ---- Names: columns and outputs of the rules are the model's. ----


def check_names(rules: Any, model: Any) -> list[str]:
    """ValueError where names differ; in words, what they leave open."""
    own, columns = model["named"], [feature["name"] for feature in rules["features"]]
    kinds = [drop_plain_columns(found.get("columns")) for found in (rules, model)]
    require(own["columns"] is not True or kinds[0] == kinds[1], "kinds of columns differ")
    require(bool(model.get("columns", [0]) or not columns), "the model has no table columns")
    outputs = model["outputs"]
    require(len(model.get("heads", outputs)) == len(outputs), "not as many links as outputs")

    default = [f"x{i}" for i in range(len(columns))]
    notes = compare_names("columns", (columns, model["features"], default), own["columns"])
    default = ["y"] if len(outputs) == 1 else [f"y{i}" for i in range(len(outputs))]
    notes += compare_names("outputs", (rules["outputs"], outputs, default), own["outputs"])
    if own["columns"] is not True and rules.get("columns") is not None:
        notes.append("how a table becomes columns of numbers is the rules' word alone")
    return notes


def drop_plain_columns(columns: Any) -> Any:
    """What is said of columns; None where all are numbers that are used as they are."""
    return columns if any(column.keys() - {"name"} for column in columns or ()) else None


def compare_names(what: str, names: Any, own: Any) -> list[str]:
    """names: the rules', the model's, and those that either makes up; own: true of the model's that
    aren't made up.
    """
    rules, model, default = names
    require(all(isinstance(name, str) for name in (*rules, *model)), f"{what} without a name")
    require(len(rules) == len(set(rules)) == len(model), f"not the model's {what}, or one twice")
    if rules != model:
        require(own is not True or rules == default, f"the {what} aren't the model's")
        require(set(rules) != set(model), f"the {what} are the model's in another order")
    elif own is True:
        return []
    return [f"{what} are compared by position only"]


# ---- The domain: a box, categories, inequalities. ----


class Affine(NamedTuple):
    """An affine function of the columns: coefficients, constant and slack, all over one number. The
    true function is nowhere in the domain further from it than the slack.
    """

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


def list_groups(rules: Any) -> tuple[list[list[int]], list[list[int]]]:
    """Features of which just one is 1: the groups, and the categories of each table column."""
    places = {feature["name"]: j for j, feature in enumerate(rules["features"])}
    groups = [[places[name] for name in read_list(own)] for own in rules.get("groups", [])]
    columns = rules.get("columns") or []
    counts = [len(read_list(column.get("categories", []))) for column in columns]
    ends = list(accumulate(count or 1 for count in counts))
    require(not columns or ends[-1] == len(places), "table columns don't become the features")
    pairs = zip(counts, ends, strict=True)
    return groups, [list(range(end - count, end)) for count, end in pairs if count]


class Box:
    """Bounds of columns and groups of categories, and inequalities, as functions that are at most 0:
    limits as they are written, wider ones as they are forgiven.
    """

    def __init__(self, rules: Any) -> None:
        self.names = [feature["name"] for feature in rules["features"]]
        self.groups, count = list_groups(rules)[0], len(self.names)
        self.tied = [j for group in self.groups for j in group]
        self.low, self.high = (
            [read_number(feature[side]) for feature in rules["features"]]
            for side in ("lower", "upper")
        )
        require(all(map(lambda a, b: a <= b, self.low, self.high)), "bounds are crossed")
        ends, self.over = make_affine(self.low + self.high)
        self.ends = list(zip(ends[:count], ends[count:], strict=True))
        fixed = [j for j, (low, high) in enumerate(self.ends) if low == high]
        #: Columns as trees number them.
        self.order = [*(j for j in range(count) if j not in {*fixed, *self.tied}), *self.tied]
        self.allowed = [[j for j in group if self.may_be(j, group)] for group in self.groups]
        self.slack = Affine([0] * (count + 1) + [1], 1)

        constraints = [(own["coefficients"], own["at_most"]) for own in rules["constraints"]]
        self.limits = [self.express(own, -read_number(most)) for own, most in constraints]
        self.wider = [self.widen(limit) for limit in self.limits]

    def may_be(self, member: int, group: list[int]) -> bool:
        """Whether bounds let this member of a group be 1, and the others 0."""
        return all(self.low[j] <= (j == member) <= self.high[j] for j in group)

    def express(self, coefficients: Any, constant: Fraction) -> Affine:
        """An affine function of columns by name."""
        known = {name: read_number(value) for name, value in coefficients.items()}
        require(known.keys() <= set(self.names), "a column isn't there")
        return make_affine([*(known.get(name, 0) for name in self.names), constant, 0])

    def widen(self, limit: Affine) -> Affine:
        """An inequality a x - b <= 0 by as much as rows of a table may exceed it."""
        far = [*(max(-low, high) for low, high in self.ends), self.over, 0]
        reach = Fraction(sum(map(mul, map(abs, limit.parts), far)), self.over * limit.over)
        *values, constant, slack = (Fraction(part, limit.over) for part in limit.parts)
        return make_affine([*values, constant - MEMBERSHIP * reach, slack])

    def find_highest(self, own: Affine, allowed: list[list[int]]) -> Fraction:
        """The most that a function can be, where these members of groups may be 1."""
        *values, constant, slack = own.parts
        total = self.over * (constant + slack)
        total += self.over * sum(max(values[j] for j in group) for group in allowed)
        for j, (low, high) in enumerate(self.ends):
            if j not in self.tied:
                total += values[j] * (high if values[j] > 0 else low)
        return Fraction(total, self.over * own.over)

    def holds(self, point: list[Fraction]) -> bool:
        """Whether a point is within bounds and groups."""
        require(len(point) == len(self.names), "a point of other columns")
        inside = all(map(lambda low, x, high: low <= x <= high, self.low, point, self.high))
        for group in self.groups:
            inside &= sorted(point[j] for j in group) == [*[0] * (len(group) - 1), 1]
        return inside


# ---- The model: its layers, composed exactly. ----

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
    """The signals after a layer, whose neurons are added to others as z and slope. A neuron's output
    is z where z >= 0, and slope z elsewhere.
    """

    def add_neuron(z: Signal, slope: Fraction) -> Signal:
        neurons.append((z, slope))
        return {-len(neurons): Fraction(1)}

    def read_rows(*names: str) -> Iterator[Any]:
        tables = [map(read_numbers, layer[name]) for name in names[:-1]]
        return zip(*tables, read_numbers(layer[names[-1]]), strict=True)

    kind, count = layer["kind"], len(signals)
    if kind == "affine":
        return [combine(signals, *row) for row in read_rows("weights", "constants")]
    if kind == "scale":  # (signal - minus) times / over + plus
        defaults = {"minus": 0, "over": 1, "times": 1, "plus": 0}
        parts = [read_numbers(layer.get(name, [own] * count)) for name, own in defaults.items()]
        rows = zip(signals, *parts, strict=True)
        return [
            combine([s], [t / over], plus - minus * t / over) for s, minus, over, t, plus in rows
        ]
    if kind == "prelu":  # where a slope is 1 there is no neuron
        pairs = zip(signals, read_numbers(layer["slopes"]), strict=True)
        return [z if slope == 1 else add_neuron(z, slope) for z, slope in pairs]
    require(kind == "canonical", "a layer is of no kind that is known")
    given, slopes = list(signals), read_numbers(layer["slope"])
    for k, (row, reads, constant) in enumerate(read_rows("A", "L", "b")):  # z = A s + L y + b
        require(len(reads) == len(slopes) and not any(reads[k:]), "a neuron reads a later one")
        given.append(add_neuron(combine(given, row + reads[:k], constant), slopes[k]))
    require(len(given) == count + len(slopes), "slopes of neurons that aren't there")
    return [
        combine(given, own + reads, constant) for own, reads, constant in read_rows("C", "U", "c")
    ]


# ---- The rules: ways down their tree, conditions, points. ----

#: Splits by number, and whether they hold.
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


def read_conditions(rules: Any, number: int, ways: list[tuple[int, Sides]]) -> Sides:
    """The printed conditions of a rule; where there are none, its only way down the tree."""
    if "conditions" not in rules["rules"][number - 1]:
        (only,) = (way for other, way in ways if other == number)
        return only
    conditions = read_list(rules["rules"][number - 1]["conditions"])
    for own in conditions:
        require(is_index(own["split"], len(rules["splits"])), "a condition on no split")
        require(isinstance(own["holds"], bool), "a condition that doesn't say whether it holds")
    return tuple((own["split"], own["holds"]) for own in conditions)


def is_shown(point: Any, box: Box, conditions: Iterable[tuple[Affine, bool]]) -> bool:
    """Whether a rule's point, which must be in the domain as it is forgiven, is in the domain as it
    is written, and strictly inside the rule.
    """
    x = read_numbers(point)
    multiple = make_affine([*x, 1, 0]).parts

    def find_sign(own: Affine) -> int:
        value = sum(map(mul, own.parts, multiple))
        return (value > 0) - (value < 0)

    inside = box.holds(x) and all(find_sign(own) <= 0 for own in box.wider)
    require(inside, "the point of a rule isn't in the domain")
    shown = all(find_sign(own) <= 0 for own in box.limits)
    return shown and all(find_sign(own) == (1 if holds else -1) for own, holds in conditions)


def read_scores(rules: Any, count: int, box: Box) -> list[list[Affine]]:
    """What each rule says of so many scores: called as outputs, or where these have links by a name
    that starts no other.
    """
    names, name = list(rules["outputs"]), "score"
    require("heads" in rules or len(names) == count, "not as many outputs as scores")
    if "heads" in rules:
        while any(other.lower().startswith(name) for other in (*names, *box.names)):
            name = f"raw_{name}"
        names = [name] if count == 1 else [f"{name}_{i}" for i in range(1, count + 1)]
    for rule in rules["rules"]:
        require(rule["outputs"].keys() == set(names), "a rule says something of other scores")
    said = [[rule["outputs"][name] for name in names] for rule in rules["rules"]]
    return [[box.express(own["coefficients"], read_number(own["constant"])) for own in each]
            for each in said]  # fmt: skip


# ---- The proof: the domain is cut into pieces in which neurons are affine. ----


class Network(NamedTuple):
    """For each neuron and each score its function of the columns, and the neurons that it reads with
    weights; slopes of neurons.
    """

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
    reads = [
        {-1 - j: w for j, w in unit.items() if j is not None and j < 0 and w} for unit in units
    ]
    return Network(own, reads, [slope for _, slope in neurons])


def make_row(own: Affine, sign: int) -> Affine:
    """What isn't negative where sign times the true function isn't."""
    *values, constant, slack = own.parts
    return Affine([*(sign * value for value in values), sign * constant + slack, 0], own.over)


class Piece:
    """A part of the domain: rows that aren't negative in it, members of groups that may be 1, and
    of neurons z and the output, once they are known.
    """

    def __init__(self, box: Box, network: Network, rows: list[Affine]) -> None:
        self.box, self.network, self.rows, self.allowed = box, network, rows, box.allowed
        self.z, self.outputs = dict[int, Affine](), dict[int, Affine]()

    def copy(self) -> "Piece":
        """The same, to be cut."""
        other = Piece(self.box, self.network, list(self.rows))
        other.z, other.outputs, other.allowed = dict(self.z), dict(self.outputs), self.allowed
        return other

    def evaluate(self, i: int) -> Affine:
        """A neuron's z or a score, by what is told of neurons; KeyError where nothing is told."""
        reads = self.network.reads[i].items()
        return add_up([(1, self.network.own[i]), *((w, self.outputs[k]) for k, w in reads)])

    def find_z(self, k: Any) -> Affine:
        """A neuron's z, computed where it is first needed."""
        require(is_index(k, len(self.network.slopes)), "there is no such neuron")
        return self.z.setdefault(k, self.z.get(k) or self.evaluate(k))

    def bound(self, terms: list[tuple[int, Affine]], pairs: Any) -> Fraction:
        """The most that a sum can be. Rows aren't negative here, nor are multipliers: with rows added
        it is no less, so its highest value in the box is a bound.
        """
        total: list[tuple[int | Fraction, Affine]] = [*terms]
        for row, y in zip(read_list(pairs)[::2], pairs[1::2], strict=True):
            require(is_index(row, len(self.rows)), "a multiplier of no row")
            require(0 <= read_number(y) < MOST_MULTIPLIER, "a multiplier is negative, or too large")
            total.append((Fraction(int(y * 2**64), 2**64), self.rows[row]))
        return self.box.find_highest(add_up(total), self.allowed)

    def tell(self, k: int, side: int, beyond: Fraction) -> None:
        """A neuron's output is z or slope z; where z is beyond 0 on the other side, by no more than
        this, that is off by |1 - slope| of it.
        """
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
        other, row = self.copy(), make_row(self.find_z(k), side)
        other.z[k] = self.z[k]
        other.rows.append(row)
        other.tell(k, side, Fraction(0))
        return other

    def choose(self, number: Any, member: bool) -> "Piece":
        """The part in which a member of a group is 1, or the part in which it isn't."""
        require(is_index(number, len(self.box.order)), "there is no such column")
        j, other = self.box.order[number], self.copy()
        require(j in self.box.tied, "a column is in no group")
        other.allowed = [
            [i for i in own if (i == j) is member] if j in group else own
            for group, own in zip(self.box.groups, self.allowed, strict=True)
        ]
        return other


def walk(piece: Piece, node: Any, said: list[Affine]) -> list[Fraction]:
    """How far each score is above what a rule says in a piece, and below, at most, or 0: as a node
    and all nodes below it show.
    """
    if not all(piece.allowed):
        return [Fraction(0)] * 2 * len(said)  # no category is left: no row is here
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
    require(kind in ("split", "category"), "a node of no kind that is known")
    number, one, two = rest
    cut, sides = (piece.cut, (-1, 1)) if kind == "split" else (piece.choose, (True, False))
    parts = [
        walk(cut(number, side), own, said) for side, own in zip(sides, (one, two), strict=True)
    ]
    return list(map(max, *parts))


class ShortVerdict(NamedTuple):
    """How far scores are above what each rule says, and below; and in words what is left open."""

    gaps: list[list[Fraction]]
    notes: list[str]


def judge(certificate: Any, rules: Any, model: Any) -> ShortVerdict:
    """What a certificate shows; one of REFUSALS where that isn't what it claims."""
    if unjudged := find_unjudged(certificate, rules, model):
        raise NotImplementedError(unjudged)
    check_head(certificate, rules, model)
    notes, box = check_names(rules, model), Box(rules)
    network = express_network(model, len(box.names))
    require(isinstance(rules["complete"], bool), "are the rules complete?")
    start = {"split": 0} if rules["splits"] else {"rule": 1}
    ways = list(islice(list_ways(rules, start), MOST_WAYS + 1))
    require(len(ways) <= MOST_WAYS, "there are too many ways down the rules' tree")
    conditions = [read_conditions(rules, i + 1, ways) for i in range(len(rules["rules"]))]
    splits = [box.express(own["coefficients"], -read_number(own["at_least"]))
              for own in rules["splits"]]  # fmt: skip

    shown = [is_shown(rule["point"], box, [(splits[i], holds) for i, holds in sides])
             for rule, sides in zip(rules["rules"], conditions, strict=True)]  # fmt: skip
    require(any(shown), "no rule's point is inside it: the domain may be empty")
    notes += [] if all(shown) else ["some rules aren't shown to hold anywhere"]
    notes += [] if all(number for number, _ in ways) else ["not all of the domain has a rule"]
    said = read_scores(rules, len(network.own) - len(network.slopes), box)
    rows = [make_row(own, -1) for own in box.wider]

    def walk_from(number: int, sides: Sides, node: Any) -> list[Fraction]:
        cuts = [make_row(splits[i], 1 if holds else -1) for i, holds in sides]
        return walk(Piece(box, network, rows + cuts), node, said[number - 1])

    # A rule's tree starts from its printed conditions. A way down the rules' tree on which they all
    # hold is a part of that; other ways have trees of their own, of the rule that they lead to.
    gaps = [walk_from(number, sides, node) for number, (sides, node)
            in enumerate(zip(conditions, certificate["rules"], strict=True), start=1)]  # fmt: skip
    others = [way for way in ways if way[0] and not set(conditions[way[0] - 1]) <= set(way[1])]
    for (number, sides), node in zip(others, certificate["paths"], strict=True):
        gaps[number - 1] = list(map(max, gaps[number - 1], walk_from(number, sides, node)))

    claims = [read_numbers(own) for own in read_list(certificate["bounds"])]
    for most, own in zip(claims, gaps, strict=True):
        holds = all(a >= b for a, b in zip(most, own, strict=True))
        require(holds and read_number(certificate["bound"]) >= max(own), "it shows less")
    return ShortVerdict(gaps, notes)


def main(paths: Sequence[str]) -> int:
    """Judge the files, and say so."""
    if len(paths) != 3:
        sys.stderr.write(__doc__ or "")
        return 2
    try:
        certificate, rules, model = map(read_file, paths)
    except (OSError, MemoryError, *REFUSALS) as error:
        sys.stderr.write(f"error: a file can't be read: {ascii(str(error))}\n")
        return 2
    try:
        notes = judge(certificate, rules, model).notes
    except NotImplementedError as error:
        print(f"not judged: this checker doesn't judge {error}; check.py does")
        return 3
    except REFUSALS as error:
        print(f"refused: {type(error).__name__}: {ascii(str(error))}")
        return 1
    claim = f"|model - rules| <= {certificate['bound']!r} for every score, wherever there is a rule"
    print("; ".join([f"proven: {claim}, from the {model['read']}", *notes]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
