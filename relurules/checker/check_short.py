"""Checks that partition rules over numbers are a model, up to a bound, everywhere in their domain.

    python check_short.py certificate.json rules.json model.json

Ends with 0 where that is proven, 1 where it isn't, 2 where a file can't be read, and 3 where the
certificate is of a kind that only check.py judges. It needs Python alone. Read it from the top:
files, claim, names, functions, model, domain, rules, proof.

Numbers of files are the rationals that they are, and nothing is rounded, but that multipliers have
64 binary digits. The certificate isn't believed: it proposes how to cut the domain, and which
inequalities to add up in each piece. What isn't as it should be raises one of REFUSALS.
"""

import hashlib
import json
import math
import sys
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

REFUSALS = (ValueError, ArithmeticError, AttributeError, LookupError, TypeError, RecursionError)
MOST_BYTES, MOST_DIGITS, MOST_WAYS, MOST_MULTIPLIER = 1 << 30, 300, 1 << 17, 1e200
#: Rows of a table may exceed an inequality by this share of its terms: the proof includes them.
MEMBERSHIP = Fraction(9, 8 * 10**12)
DOMAIN_PARTS = ("features", "constraints", "groups", "columns")
#: Also what a rules file says of where it comes from, which is no part of the claim.
ASIDE = (*DOMAIN_PARTS, "provenance", "evidence", "reference", "tradeoffs", "reduction")
LISTS = (*DOMAIN_PARTS, *("outputs", "heads", "splits", "rules", "paths", "layers"),
         *("lines", "neuron_groups", "neurons", "virtual", "ranges"))  # fmt: skip


def require(holds: bool, why: str) -> None:
    """Go on only where something holds."""
    if not holds:
        raise ValueError(why)


# Files, strictly as they stand.
def read_file(path: str) -> dict[str, Any]:
    """The object that a JSON file holds."""
    with Path(path).open("rb") as file:
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


def read_number(value: Any) -> Fraction:
    """A number, exactly; no text, true, false or null."""
    require(type(value) in (int, float), "something is no number where one is due")
    return Fraction(value)


def read_numbers(values: Any) -> list[Fraction]:
    """A list of numbers."""
    require(isinstance(values, list), "something is no list of numbers where one is due")
    return [read_number(value) for value in values]


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
    columns = rules.get("columns") or ()
    kinds = {
        "an answer": certificate.get("format") == "relurules.answer",
        "additive rules": rules.get("format") == "relurules.additive",
        "a decision between classes": rules.get("decision") is not None,
        "claims about code": certificate.get("artefacts") is not None,
        "rules that leave columns of the model out": rules.get("places") is not None,
        "links other than the model's": rules.get("heads") != model.get("heads"),
        "labels that differ": hash_json(rules.get("labels")) != hash_json(model.get("labels")),
        "groups and categories": rules.get("groups") or any("categories" in own for own in columns),
    }
    return ", ".join(kind for kind, found in kinds.items() if found)


def check_head(certificate: Any, rules: Any, model: Any) -> None:
    """The certificate is whole, and about these rules, their domain and this model."""
    digests = {
        "model": hash_json({key: model[key] for key in model if key != "labels"}),
        "domain": hash_json({key: rules.get(key) for key in DOMAIN_PARTS}),
        "rules": hash_json({key: rules[key] for key in rules if key not in ASIDE}),
    }
    own = hash_json({key: certificate[key] for key in certificate if key != "digest"})
    require(certificate["digest"] == own, "the certificate was changed after it was written")
    for name, digest in digests.items():
        require(certificate["digests"][name] == digest, f"it is about another {name}")
    kinds = [(found["format"], found["version"]) for found in (certificate, model)]
    require(kinds == [("relurules.certificate", 2), ("relurules.model", 2)], "of another version")
    known = rules.get("version", 1) in (1, 2) and certificate.get("form") != "additive"
    require(known, "the rules are of another version, or the certificate is about another form")
    require(model["read"] in ("stored weights", "canonical form as traced"), "of which numbers?")
    for found in (certificate, rules, model):
        require(all(isinstance(found.get(name, []), list) for name in LISTS), "no list")


# Names: columns and outputs of the rules are the model's.
def check_names(rules: Any, model: Any) -> list[str]:
    """ValueError where names differ; in words, what they leave open."""
    own, labels = model["named"], rules.get("labels")
    outputs, columns = model["outputs"], [feature["name"] for feature in rules["features"]]
    tables = [found.get("columns") for found in (rules, model)]
    more = [any(column.keys() - {"name"} for column in table or ()) for table in tables]
    kinds = [table if said else None for table, said in zip(tables, more, strict=True)]
    require(own["columns"] is not True or kinds[0] == kinds[1], "kinds of columns differ")
    require(len(tables[0] or columns) == len(columns) and tables[1] != [], "too few table columns")
    require(len(model.get("heads", outputs)) == len(outputs), "not as many links as outputs")
    default = [f"x{i}" for i in range(len(columns))]
    notes = compare_names("columns", (columns, model["features"], default), own["columns"])
    default = ["y"] if len(outputs) == 1 else [f"y{i}" for i in range(len(outputs))]
    notes += compare_names("outputs", (rules["outputs"], outputs, default), own["outputs"])
    if own["columns"] is not True and tables[0] is not None:
        notes.append("how a table becomes columns of numbers is the rules' word alone")
    known = labels is None or (isinstance(labels["values"], list) and "threshold" in labels)
    require(known, "labels are no list, or of no threshold")
    return notes


def compare_names(what: str, names: Any, own: Any) -> list[str]:
    """Names are the rules', the model's and made-up ones; own: true where the model has its own."""
    rules, model, default = names
    require(all(isinstance(name, str) for name in (*rules, *model)), f"{what} without a name")
    require(len(rules) == len(set(rules)) == len(model), f"not the model's {what}, or one twice")
    if rules == model and own is True:
        return []
    require(own is not True or rules in (model, default), f"not the model's {what}")
    require(rules == model or set(rules) != set(model), f"{what} are in another order")
    return [f"{what} are compared by position only"]


# Affine functions: coefficients of columns by name, of outputs of neurons by number, and a constant
# and a slack: the true function is nowhere in the domain further from the affine one than that.
Affine = dict[str | int, Fraction]
CONSTANT, SLACK, ZERO, ONE = -1, -2, Fraction(0), Fraction(1)
#: Splits of the rules by number, and whether they hold.
Sides = tuple[tuple[int, bool], ...]


def combine(terms: Iterable[tuple[Any, Affine]]) -> Affine:
    """A weighted sum, exactly. Slacks add up, whatever the signs."""
    total: Affine = {CONSTANT: ZERO, SLACK: ZERO}
    for weight, own in terms:
        for key, value in own.items() if weight else ():
            more = value * (weight if key != SLACK else abs(weight))
            total[key] = total[key] + more if key in total else more
    return total


def find_highest(own: Affine, spans: Any) -> Fraction:
    """The most that a function of columns can be, of which each lies in its span."""
    return sum((value * spans[key][value > 0] for key, value in own.items()), ZERO)


def make_row(own: Affine, sign: int) -> Affine:
    """What isn't negative where sign times the true function isn't."""
    row = combine([(sign, own)])
    return {**row, CONSTANT: row[CONSTANT] + row[SLACK], SLACK: ZERO}


# The model: its layers, composed exactly. A neuron's output is z where z >= 0, elsewhere slope z.
def apply_layer(layer: Any, signals: list[Affine], neurons: Any) -> list[Affine]:
    """The signals after a layer, whose neurons are added as z and slope."""

    def add_neuron(z: Affine, slope: Fraction) -> Affine:
        neurons.append((z, slope))
        return {len(neurons) - 1: ONE}

    def mix(given: list[Affine], weights: Any, constant: Any) -> Affine:
        terms = zip(read_numbers(weights), given, strict=True)
        return combine([*terms, (read_number(constant), {CONSTANT: ONE})])

    kind, given = layer["kind"], list(signals)
    if kind == "affine":
        pairs = zip(layer["weights"], layer["constants"], strict=True)
        return [mix(signals, *pair) for pair in pairs]
    if kind == "scale":  # (signal - minus) times / over + plus
        names = {"minus": 0, "over": 1, "times": 1, "plus": 0}
        parts = [layer.get(name, [own] * len(signals)) for name, own in names.items()]
        own: Any = zip(signals, *map(read_numbers, parts), strict=True)
        return [combine([(t / over, s), (plus - minus * t / over, {CONSTANT: ONE})])
                for s, minus, over, t, plus in own]  # fmt: skip
    if kind == "prelu":  # where a slope is 1 there is no neuron
        own = zip(signals, read_numbers(layer["slopes"]), strict=True)
        return [z if slope == 1 else add_neuron(z, slope) for z, slope in own]
    require(kind == "canonical", "a layer of no kind that is known")
    sizes = {len(reads) for reads in (*layer["L"], *layer["U"])}
    require(sizes <= {len(layer["b"])}, "weights of more or fewer neurons than there are")
    each = zip(layer["A"], layer["L"], layer["b"], read_numbers(layer["slope"]), strict=True)
    for k, (row, reads, constant, slope) in enumerate(each):  # z = A s + L y + b
        require(not any(read_numbers(reads)[k:]), "a neuron reads a later one")
        given.append(add_neuron(mix(given, row + reads[:k], constant), slope))
    rows = zip(layer["C"], layer["U"], layer["c"], strict=True)
    return [mix(given, row + reads, constant) for row, reads, constant in rows]


# The domain, and all else that its pieces share.
class Ground:
    """Ends of columns, inequalities and splits as functions, neurons as z and slope, and scores."""

    def __init__(self, rules: Any, model: Any) -> None:
        self.ends = {own["name"]: (read_number(own["lower"]), read_number(own["upper"]))
                     for own in rules["features"]}  # fmt: skip
        require(all(low <= high for low, high in self.ends.values()), "bounds are crossed")
        self.spans = {**self.ends, CONSTANT: (ONE, ONE), SLACK: (ONE, ONE)}
        self.limits = [self.express(own["coefficients"], -read_number(own["at_most"]))
                       for own in rules["constraints"]]  # fmt: skip
        reaches = [sum(max(abs(value * end) for end in self.spans[key])
                       for key, value in own.items()) for own in self.limits]  # fmt: skip
        self.wider = [combine([(1, own), (-MEMBERSHIP * reach, {CONSTANT: ONE})])
                      for own, reach in zip(self.limits, reaches, strict=True)]  # fmt: skip
        self.splits = [self.express(own["coefficients"], -read_number(own["at_least"]))
                       for own in rules["splits"]]  # fmt: skip
        self.neurons = list[tuple[Affine, Fraction]]()
        self.scores: list[Affine] = [{name: ONE} for name in self.ends]
        for layer in model["layers"]:
            self.scores = apply_layer(layer, self.scores, self.neurons)

    def express(self, coefficients: Any, constant: Fraction) -> Affine:
        """A function of columns that are there."""
        require(coefficients.keys() <= self.ends.keys(), "a column isn't there")
        own = {name: read_number(value) for name, value in coefficients.items()}
        return {**own, CONSTANT: constant, SLACK: ZERO}

    def is_shown(self, values: Any, sides: Sides) -> bool:
        """Whether a point is in the domain, and not just almost, and strictly on these sides."""
        x = dict(zip(self.ends, read_numbers(values), strict=True))
        here = self.spans | {name: (value, value) for name, value in x.items()}
        inside = all(low <= x[name] <= high for name, (low, high) in self.ends.items())
        inside &= all(find_highest(own, here) <= 0 for own in self.wider)
        require(inside, "a rule's point isn't in the domain, not even almost")
        beyond = [find_highest(self.splits[i], here) * (1 if holds else -1) for i, holds in sides]
        return min(beyond, default=1) > 0 and all(find_highest(a, here) <= 0 for a in self.limits)


# The rules: ways down their tree, conditions, scores.
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
    conditions = rules["rules"][number - 1]["conditions"]
    require(isinstance(conditions, list), "conditions are no list")
    for own in conditions:
        known = is_index(own["split"], len(rules["splits"])) and isinstance(own["holds"], bool)
        require(known, f"a condition of rule {number} is none")
    return tuple((own["split"], own["holds"]) for own in conditions)


def name_scores(rules: Any, count: int) -> list[str]:
    """What rules call scores: as outputs, or, with links, by a name that starts no other."""
    if "heads" not in rules:
        require(len(rules["outputs"]) == count, "not as many outputs as scores")
        return list(rules["outputs"])
    name, taken = "score", [*rules["outputs"], *(own["name"] for own in rules["features"])]
    while any(other.lower().startswith(name) for other in taken):
        name = f"raw_{name}"
    return [name] if count == 1 else [f"{name}_{i}" for i in range(1, count + 1)]


# The proof: the domain is cut into pieces, until neurons are affine and the gap is bounded.
class Piece:
    """A part of the domain, where rows aren't negative; z and outputs of neurons, once known."""

    def __init__(self, ground: Ground, rows: list[Affine]) -> None:
        self.ground, self.rows = ground, rows
        self.z, self.outputs = dict[Any, Affine](), dict[Any, Affine]()

    def evaluate(self, own: Affine) -> Affine:
        """A function of the columns alone; KeyError where nothing is told of a neuron."""
        rest = {key: value for key, value in own.items() if isinstance(key, str) or key < 0}
        reads = [(value, key) for key, value in own.items() if value and key not in rest]
        return combine([(1, rest), *((value, self.outputs[k]) for value, k in reads)])

    def find_z(self, k: Any) -> Affine:
        """A neuron's z, computed where it is first needed."""
        require(is_index(k, len(self.ground.neurons)), "there is no such neuron")
        z = self.z[k] = self.z.get(k) or self.evaluate(self.ground.neurons[k][0])
        return z

    def bound(self, terms: list[tuple[int, Affine]], pairs: Any) -> Fraction:
        """The most that a sum can be. Rows aren't negative: with them added, it is no less."""
        total: list[tuple[Any, Affine]] = [*terms]
        require(isinstance(pairs, list), "multipliers are no list")
        for row, y in zip(pairs[::2], pairs[1::2], strict=True):
            require(is_index(row, len(self.rows)), "a multiplier of no row")
            require(0 <= read_number(y) < MOST_MULTIPLIER, "a multiplier is negative, or too large")
            total.append((Fraction(int(y * 2**64), 2**64), self.rows[row]))
        return find_highest(combine(total), self.ground.spans)

    def tell(self, k: int, side: int, beyond: Fraction) -> None:
        """A neuron's output is z or slope z; where z is beyond 0 on the other side, by no more than
        this, that is off by |1 - slope| of it.
        """
        slope = self.ground.neurons[k][1]
        taken = (ONE if side > 0 else slope, self.find_z(k))
        self.outputs[k] = combine([taken, (abs(1 - slope) * beyond, {SLACK: ONE})])

    def take(self, told: Any) -> None:
        """Take a neuron to be on one side of 0; multipliers show how far it is beyond at most."""
        code, *pairs = told if isinstance(told, list) else [told]
        if code in ("chord", "change"):
            raise NotImplementedError("a proof by chords")
        require(type(code) is int and code != 0, "no neuron is told")
        k, side = abs(code) - 1, 1 if code > 0 else -1
        self.tell(k, side, max(ZERO, self.bound([(-side, self.find_z(k))], pairs)))

    def cut(self, k: Any, side: int) -> "Piece":
        """The part in which a neuron's z, times the sign of the side, isn't negative."""
        other = Piece(self.ground, [*self.rows, make_row(self.find_z(k), side)])
        other.z, other.outputs = dict(self.z), dict(self.outputs)
        other.tell(k, side, ZERO)
        return other


def walk(piece: Piece, node: Any, said: list[Affine]) -> list[Fraction]:
    """How far each score is above what a rule says in a piece, and below, at most, or 0."""
    takes, kind, *rest = node
    require(isinstance(node, list) and isinstance(takes, list), "a node is no list")
    for told in takes:
        piece.take(told)
    if kind == "split":
        k, negative, positive = rest
        below, above = piece.cut(k, -1), piece.cut(k, 1)
        return list(map(max, walk(below, negative, said), walk(above, positive, said)))
    if kind == "empty":  # what isn't negative would be negative: no row is here
        require(piece.bound([], rest[0]) < 0, "a piece isn't shown to be empty")
        return [ZERO, ZERO] * len(said)
    require(kind == "leaf", "a node of no kind that is known")
    scores = map(piece.evaluate, piece.ground.scores)
    pairs = [(s, score, own) for score, own in zip(scores, said, strict=True) for s in (1, -1)]
    rest += [[]] * len(pairs)  # multipliers that are left out
    return [max(ZERO, piece.bound([(sign, score), (-sign, own)], multipliers))
            for (sign, score, own), multipliers in zip(pairs, rest, strict=False)]  # fmt: skip


def prove(certificate: Any, rules: Any, model: Any) -> tuple[list[list[Fraction]], str]:
    """How far scores are above what each rule says, and below; and where, in words."""
    ground = Ground(rules, model)
    require(isinstance(rules["complete"], bool), "are the rules complete?")
    start = {"split": 0} if rules["splits"] else {"rule": 1}
    ways = list(islice(list_ways(rules, start), MOST_WAYS + 1))
    if len(ways) > MOST_WAYS:
        raise NotImplementedError("rules to which so many ways lead")
    conditions = [read_conditions(rules, i + 1, ways) for i in range(len(rules["rules"]))]
    points = [rule["point"] for rule in rules["rules"]]
    shown = [ground.is_shown(*own) for own in zip(points, conditions, strict=True)]
    require(any(shown), "no rule's point is inside it: the domain may be empty")
    names = name_scores(rules, len(ground.scores))
    walls = [make_row(own, -1) for own in ground.wider]

    def walk_from(number: int, sides: Sides, node: Any) -> list[Fraction]:
        outputs = rules["rules"][number - 1]["outputs"]
        require(outputs.keys() == set(names), "a rule speaks of other scores")
        own = [outputs[name] for name in names]
        said = [ground.express(one["coefficients"], read_number(one["constant"])) for one in own]
        rows = [make_row(ground.splits[i], 1 if holds else -1) for i, holds in sides]
        return walk(Piece(ground, walls + rows), node, said)

    # A rule's tree starts from its printed conditions. A way down the rules' tree on which they all
    # hold is a part of that; other ways have trees of their own, of the rule that they lead to.
    trees = enumerate(zip(conditions, certificate["rules"], strict=True), start=1)
    gaps = [walk_from(number, sides, node) for number, (sides, node) in trees]
    others = [way for way in ways if way[0] and not set(conditions[way[0] - 1]) <= set(way[1])]
    for (number, sides), node in zip(others, certificate["paths"], strict=True):
        gaps[number - 1] = list(map(max, gaps[number - 1], walk_from(number, sides, node)))
    where = "everywhere in the domain" if all(i for i, _ in ways) else "wherever there is a rule"
    return gaps, where if all(shown) else f"{where}; not every rule is shown to hold anywhere"


def judge(certificate: Any, rules: Any, model: Any) -> tuple[list[list[Fraction]], list[str]]:
    """What is shown, as `prove` gives it; one of REFUSALS where the certificate claims more."""
    if unjudged := find_unjudged(certificate, rules, model):
        raise NotImplementedError(unjudged)
    check_head(certificate, rules, model)
    words, (gaps, where) = check_names(rules, model), prove(certificate, rules, model)
    for claims, own in zip(certificate["bounds"], gaps, strict=True):
        holds = all(a >= b for a, b in zip(read_numbers(claims), own, strict=True))
        require(holds and read_number(certificate["bound"]) >= max(own, default=0), "it shows less")
    return gaps, [where, *words]


def main(paths: Sequence[str]) -> int:
    """Judge the files, and say so."""
    try:
        certificate, rules, model = map(read_file, paths)
    except (OSError, MemoryError, *REFUSALS) as error:
        sys.stderr.write(f"error: three files are needed, and can't be read: {str(error)!a}\n")
        return 2
    try:
        words = judge(certificate, rules, model)[1]
    except NotImplementedError as error:
        print(f"not judged: this checker doesn't judge {error}; check.py does")
        return 3
    except REFUSALS as error:
        print(f"refused: {type(error).__name__}: {str(error)!a}")
        return 1
    claim = f"|model - rules| <= {certificate['bound']!r} for every score, {'; '.join(words)}"
    print(f"proven: {claim} (from the {model['read']})")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
