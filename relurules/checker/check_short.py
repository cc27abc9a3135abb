"""Checks that partition rules over numbers are a model, up to a bound, everywhere in their domain.

    python check_short.py certificate.json rules.json model.json

Ends with 0 where that is proven, 1 where it isn't, 2 where a file can't be read, and 3 where the
certificate is of a kind that only check.py judges. To be read from top to bottom: files, claim,
names, functions, model, rules, proof. It needs Python alone, and no other file.

Every number of a file is the rational that it is, and nothing is rounded, but that multipliers have
64 binary digits. Nothing in the certificate is believed: it proposes where to cut the domain, and
which inequalities to add up in each piece. What isn't as it should be raises one of REFUSALS, what
isn't judged here NotImplementedError.
"""

import hashlib
import json
import math
import sys
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import islice
from operator import mul
from typing import Any, NamedTuple

REFUSALS = (ValueError, ArithmeticError, AttributeError, LookupError, TypeError, RecursionError)
MOST_BYTES, MOST_DIGITS, MOST_WAYS, MOST_MULTIPLIER = 1 << 30, 300, 1 << 17, 1e200
#: Rows of a table may exceed an inequality by this share of its terms: the proof includes them.
MEMBERSHIP = Fraction(9, 8 * 10**12)
DOMAIN_PARTS = ("features", "constraints", "groups", "columns")
#: What a rules file says of where it comes from, which is no part of the claim.
PARTS_ASIDE = ("provenance", "evidence", "reference", "tradeoffs", "reduction")
LISTS = (*DOMAIN_PARTS, *"outputs heads splits rules lines neuron_groups layers paths".split())


def require(holds: bool, why: str) -> None:
    """Go on only where something holds."""
    if not holds:
        raise ValueError(why)


# Files, strictly as they stand.
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


# The claim: what it is about, and whether it is judged here.
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
        "claims about code": certificate.get("artefacts") is not None,
        "rules that leave columns of the model out": rules.get("places") is not None,
        "links other than the model's": rules.get("heads") != model.get("heads"),
        "labels other than the model's": labels[0] != labels[1],
        "groups and categories": rules.get("groups")
        or any("categories" in column for column in rules.get("columns") or ()),
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
    for name in LISTS:
        read_list(certificate.get(name, []) if name in ("rules", "paths") else [])
        read_list(rules.get(name, []))
        read_list(model.get(name, []))


# Names: columns and outputs of the rules are the model's.
def check_names(rules: Any, model: Any) -> list[str]:
    """ValueError where names differ; in words, what they leave open."""
    own, columns = model["named"], [feature["name"] for feature in rules["features"]]
    tables = [found.get("columns") for found in (rules, model)]
    kinds = [table if any(map(has_kind, table or ())) else None for table in tables]
    require(own["columns"] is not True or kinds[0] == kinds[1], "kinds of columns differ")
    require(not tables[0] or len(tables[0]) == len(columns), "other table columns than features")
    require(tables[1] != [] or not columns, "the model has no table columns")
    outputs = model["outputs"]
    require(len(model.get("heads", outputs)) == len(outputs), "not as many links as outputs")

    default = [f"x{i}" for i in range(len(columns))]
    notes = compare_names("columns", (columns, model["features"], default), own["columns"])
    default = ["y"] if len(outputs) == 1 else [f"y{i}" for i in range(len(outputs))]
    notes += compare_names("outputs", (rules["outputs"], outputs, default), own["outputs"])
    if own["columns"] is not True and tables[0] is not None:
        notes.append("how a table becomes columns of numbers is the rules' word alone")
    return notes


def has_kind(column: Any) -> bool:
    """Whether more is said of a table column than that it is a number."""
    return bool(column.keys() - {"name"})


def compare_names(what: str, names: Any, own: Any) -> list[str]:
    """names: the rules', the model's, and made-up ones; own: true where the model's are its own."""
    rules, model, default = names
    require(all(isinstance(name, str) for name in (*rules, *model)), f"{what} without a name")
    require(len(rules) == len(set(rules)) == len(model), f"not the model's {what}, or one twice")
    if rules == model and own is True:
        return []
    require(rules == model or own is not True or rules == default, f"not the model's {what}")
    require(rules == model or set(rules) != set(model), f"{what} are in another order")
    return [f"{what} are compared by position only"]


# Functions of the columns, and the domain.
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
    weights = [
        weight.numerator * (over // (weight.denominator * own.over)) for weight, own in terms
    ]
    *columns, slacks = zip(*(own.parts for _, own in terms), strict=True)
    values = [sum(map(mul, weights, column)) for column in columns]
    return Affine([*values, sum(map(mul, map(abs, weights), slacks))], over)


def make_row(own: Affine, sign: int) -> Affine:
    """What isn't negative where sign times the true function isn't."""
    *values, constant, slack = own.parts
    return Affine([*(sign * value for value in values), sign * constant + slack, 0], own.over)


class Box:
    """Bounds of columns, and inequalities as functions that are at most 0: limits as they are
    written, wider ones as far as a row of a table may exceed them.
    """

    def __init__(self, rules: Any) -> None:
        features = rules["features"]
        self.names = [feature["name"] for feature in features]
        lower, upper = ([read_number(own[end]) for own in features] for end in ("lower", "upper"))
        ends, self.over = make_affine([*lower, *upper])
        self.ends = list(zip(ends[: len(features)], ends[len(features) :], strict=True))
        require(all(low <= high for low, high in self.ends), "bounds are crossed")
        self.one = make_affine([0] * len(features) + [1, 0])
        self.slack = make_affine([0] * len(features) + [0, 1])
        self.limits = [self.express(own["coefficients"], -read_number(own["at_most"]))
                       for own in rules["constraints"]]  # fmt: skip
        self.wider = [self.widen(limit) for limit in self.limits]

    def express(self, coefficients: Any, constant: Fraction) -> Affine:
        """A function by names of columns."""
        known = {name: read_number(value) for name, value in coefficients.items()}
        require(known.keys() <= set(self.names), "a column isn't there")
        return make_affine([*(known.get(name, 0) for name in self.names), constant, 0])

    def widen(self, limit: Affine) -> Affine:
        """terms <= most as terms <= most + MEMBERSHIP (|most| + the largest sum of |terms|)."""
        far = [*(max(-low, high) for low, high in self.ends), self.over, 0]
        largest = Fraction(sum(map(mul, map(abs, limit.parts), far)), self.over * limit.over)
        return add_up([(1, limit), (-MEMBERSHIP * largest, self.one)])

    def find_highest(self, own: Affine) -> Fraction:
        """The most that a function can be within bounds."""
        *values, constant, slack = own.parts
        ends = zip(values, self.ends, strict=True)
        most = sum(value * (high if value > 0 else low) for value, (low, high) in ends)
        return Fraction(most + self.over * (constant + slack), self.over * own.over)

    def is_shown(self, point: Any, conditions: list[tuple[Affine, int]]) -> bool:
        """Whether a point is in the domain and strictly inside conditions, which are functions and
        their signs; ValueError where it is further out than a row of a table may be.
        """
        x, over = make_affine([*read_numbers(point), 1, 0])
        require(len(x) == len(self.names) + 2, "a point of other columns")
        ends = zip(x, self.ends, strict=False)
        inside = all(low * over <= value * self.over <= high * over for value, (low, high) in ends)
        inside &= all(sum(map(mul, own.parts, x)) <= 0 for own in self.wider)
        require(inside, "the point of a rule isn't in the domain")
        shown = all(sum(map(mul, own.parts, x)) <= 0 for own in self.limits)
        return shown and all(sign * sum(map(mul, own.parts, x)) > 0 for own, sign in conditions)


# The model: its layers, composed exactly. Of terms, inputs are numbered 0, 1, ..., outputs of
# neurons -1, -2, ..., and the constant is None.
Signal = dict[int | None, Fraction]


def combine(signals: Sequence[Signal], weights: Sequence[Fraction], constant: Fraction) -> Signal:
    """A weighted sum of signals."""
    total: Signal = {None: constant}
    for weight, own in zip(weights, signals, strict=True):
        for key, value in own.items() if weight else ():
            total[key] = total.get(key, Fraction(0)) + weight * value
    return total


def apply_layer(layer: Any, signals: list[Signal], neurons: Any) -> list[Signal]:
    """The signals after a layer, whose neurons are added as z and slope: a neuron's output is z where
    z >= 0, and slope z elsewhere.
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
        names = {"minus": 0, "over": 1, "times": 1, "plus": 0}
        parts = [read_numbers(layer.get(name, [own] * count)) for name, own in names.items()]
        rows = zip(signals, *parts, strict=True)
        return [
            combine([s], [t / over], plus - minus * t / over) for s, minus, over, t, plus in rows
        ]
    if kind == "prelu":  # where a slope is 1 there is no neuron
        pairs = zip(signals, read_numbers(layer["slopes"]), strict=True)
        return [z if slope == 1 else add_neuron(z, slope) for z, slope in pairs]
    require(kind == "canonical", "a layer of no kind that is known")
    given, slopes = list(signals), read_numbers(layer["slope"])
    for k, (row, reads, constant) in enumerate(read_rows("A", "L", "b")):  # z = A s + L y + b
        require(len(reads) == len(slopes) and not any(reads[k:]), "a neuron reads a later one")
        given.append(add_neuron(combine(given, row + reads[:k], constant), slopes[k]))
    require(len(given) == count + len(slopes), "slopes of neurons that aren't there")
    return [
        combine(given, own + reads, constant) for own, reads, constant in read_rows("C", "U", "c")
    ]


class Network(NamedTuple):
    """Of each neuron's z, then of each score, the part of the columns, and weights of the neurons
    that it reads; slopes of the neurons.
    """

    own: list[Affine]
    reads: list[dict[int, Fraction]]
    slopes: list[Fraction]


def express_network(model: Any) -> Network:
    """The model by its columns."""
    count, neurons = len(model["features"]), list[tuple[Signal, Fraction]]()
    signals: list[Signal] = [{j: Fraction(1)} for j in range(count)]
    for layer in model["layers"]:
        signals = apply_layer(layer, signals, neurons)
    units = [*(z for z, _ in neurons), *signals]
    own = [make_affine([unit.get(j, 0) for j in (*range(count), None)] + [0]) for unit in units]
    reads = [
        {-1 - j: w for j, w in unit.items() if j is not None and j < 0 and w} for unit in units
    ]
    return Network(own, reads, [slope for _, slope in neurons])


# The rules: ways down their tree, conditions, scores. Sides are splits by number, and whether they
# hold.
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


def read_scores(rules: Any, count: int, box: Box) -> list[list[Affine]]:
    """What each rule says of so many scores, which are called as outputs, or where these have links
    by a name that starts no other.
    """
    names, name = list(rules["outputs"]), "score"
    require("heads" in rules or len(names) == count, "not as many outputs as scores")
    if "heads" in rules:
        while any(other.lower().startswith(name) for other in (*names, *box.names)):
            name = f"raw_{name}"
        names = [name] if count == 1 else [f"{name}_{i}" for i in range(1, count + 1)]
    said = [rule["outputs"] for rule in rules["rules"]]
    require(all(own.keys() == set(names) for own in said), "a rule speaks of other scores")
    return [[box.express(own[name]["coefficients"], read_number(own[name]["constant"]))
             for name in names] for own in said]  # fmt: skip


# The proof: the domain is cut into pieces, until neurons are affine and the gap is bounded.
class Piece:
    """A part of the domain: rows that aren't negative in it; of neurons z and the output, once they
    are known.
    """

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
        """The most that a sum can be. Rows aren't negative, nor are multipliers: with rows added it
        is no less, so its highest value in the box is a bound.
        """
        total: list[tuple[int | Fraction, Affine]] = [*terms]
        for row, y in zip(read_list(pairs)[::2], pairs[1::2], strict=True):
            require(is_index(row, len(self.rows)), "a multiplier of no row")
            require(0 <= read_number(y) < MOST_MULTIPLIER, "a multiplier is negative, or too large")
            total.append((Fraction(int(y * 2**64), 2**64), self.rows[row]))
        return self.box.find_highest(add_up(total))

    def tell(self, k: int, side: int, beyond: Fraction) -> None:
        """A neuron's output is z or slope z; where z is beyond 0 on the other side, by no more than
        this, that is off by |1 - slope| of it.
        """
        slope = self.network.slopes[k]
        spill = (abs(1 - slope) * beyond, self.box.slack)
        self.outputs[k] = add_up([(1 if side > 0 else slope, self.z[k]), spill])

    def take(self, told: Any) -> None:
        """Take a neuron to be on one side of 0; multipliers show how far it is beyond at most."""
        code, *pairs = told if isinstance(told, list) else [told]
        if code in ("chord", "change"):
            raise NotImplementedError("a proof by chords")
        require(type(code) is int and code != 0, "no neuron is told")
        k, side = abs(code) - 1, 1 if code > 0 else -1
        self.tell(k, side, max(Fraction(0), self.bound([(-side, self.find_z(k))], pairs)))

    def cut(self, k: Any, side: int) -> "Piece":
        """The part in which a neuron's z, times the sign of the side, isn't negative."""
        row = make_row(self.find_z(k), side)
        other = Piece(self.box, self.network, [*self.rows, row])
        other.z, other.outputs = dict(self.z), dict(self.outputs)
        other.tell(k, side, Fraction(0))
        return other


def walk(piece: Piece, node: Any, said: list[Affine]) -> list[Fraction]:
    """How far each score is above what a rule says in a piece, and below, at most, or 0: as a node
    and all nodes below it show.
    """
    takes, kind, *rest = read_list(node)
    for told in read_list(takes):
        piece.take(told)
    gaps = [(i, sign) for i in range(len(said)) for sign in (1, -1)]
    if kind == "split":
        k, negative, positive = rest
        below, above = piece.cut(k, -1), piece.cut(k, 1)
        return list(map(max, walk(below, negative, said), walk(above, positive, said)))
    if kind == "empty":  # what isn't negative would be negative: no row is here
        require(piece.bound([(0, piece.box.one)], rest[0]) < 0, "a piece isn't shown to be empty")
        return [Fraction(0) for _ in gaps]
    require(kind == "leaf", "a node of no kind that is known")
    scores = [piece.evaluate(len(piece.network.slopes) + i) for i in range(len(said))]
    rest += [[] for _ in gaps]  # multipliers that are left out
    terms = [[(sign, scores[i]), (-sign, said[i])] for i, sign in gaps]
    return [max(Fraction(0), piece.bound(*own)) for own in zip(terms, rest, strict=False)]


def prove(certificate: Any, rules: Any, model: Any) -> tuple[list[list[Fraction]], list[str]]:
    """How far scores are above what each rule says, and below, and how far that goes in words."""
    box, network = Box(rules), express_network(model)
    require(isinstance(rules["complete"], bool), "are the rules complete?")
    start = {"split": 0} if rules["splits"] else {"rule": 1}
    ways = list(islice(list_ways(rules, start), MOST_WAYS + 1))
    require(len(ways) <= MOST_WAYS, "there are too many ways down the rules' tree")
    conditions = [read_conditions(rules, i + 1, ways) for i in range(len(rules["rules"]))]
    splits = [box.express(own["coefficients"], -read_number(own["at_least"]))
              for own in rules["splits"]]  # fmt: skip
    cuts = [[(splits[i], 1 if holds else -1) for i, holds in sides] for sides in conditions]
    pairs = zip(rules["rules"], cuts, strict=True)
    shown = [box.is_shown(rule["point"], own) for rule, own in pairs]
    require(any(shown), "no rule's point is inside it: the domain may be empty")
    said = read_scores(rules, len(network.own) - len(network.slopes), box)

    def walk_from(number: int, sides: Sides, node: Any) -> list[Fraction]:
        rows = [make_row(own, -1) for own in box.wider]
        rows += [make_row(splits[i], 1 if holds else -1) for i, holds in sides]
        return walk(Piece(box, network, rows), node, said[number - 1])

    # A rule's tree starts from its printed conditions. A way down the rules' tree on which they all
    # hold is a part of that; other ways have trees of their own, of the rule that they lead to.
    trees = enumerate(zip(conditions, certificate["rules"], strict=True), start=1)
    gaps = [walk_from(number, sides, node) for number, (sides, node) in trees]
    others = [way for way in ways if way[0] and not set(conditions[way[0] - 1]) <= set(way[1])]
    for (number, sides), node in zip(others, certificate["paths"], strict=True):
        gaps[number - 1] = list(map(max, gaps[number - 1], walk_from(number, sides, node)))
    where = "everywhere in the domain" if all(i for i, _ in ways) else "wherever there is a rule"
    return gaps, [where] + ["not every rule is shown to hold anywhere"] * (not all(shown))


def judge(certificate: Any, rules: Any, model: Any) -> tuple[list[list[Fraction]], list[str]]:
    """What is shown, as `prove` gives it; one of REFUSALS where the certificate claims more."""
    if unjudged := find_unjudged(certificate, rules, model):
        raise NotImplementedError(unjudged)
    check_head(certificate, rules, model)
    notes = check_names(rules, model)
    gaps, words = prove(certificate, rules, model)
    for claims, own in zip(read_list(certificate["bounds"]), gaps, strict=True):
        holds = all(a >= b for a, b in zip(read_numbers(claims), own, strict=True))
        require(holds and read_number(certificate["bound"]) >= max(own, default=0), "it shows less")
    return gaps, words + notes


def main(paths: Sequence[str]) -> int:
    """Judge the files, and say so."""
    if len(paths) != 3:
        sys.stderr.write(__doc__ or "")
        return 2
    try:
        certificate, rules, model = map(read_file, paths)
    except (OSError, MemoryError, *REFUSALS) as error:
        sys.stderr.write(f"error: a file can't be read: {str(error)!a}\n")
        return 2
    try:
        words = judge(certificate, rules, model)[1]
    except NotImplementedError as error:
        print(f"not judged: this checker doesn't judge {error}; check.py does")
        return 3
    except REFUSALS as error:
        print(f"refused: {type(error).__name__}: {str(error)!a}")
        return 1
    claim = f"proven: |model - rules| <= {certificate['bound']!r} for every score"
    print(f"{claim}, {'; '.join(words)} (from the {model['read']})")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
