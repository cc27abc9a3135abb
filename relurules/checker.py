"""Checks a certificate: that rules are a model, up to a bound, for every point of a domain.

    python check.py certificate.json rules.json model.json

Needs Python alone, and believes neither the program that made the certificate nor any floating
point: the model's and the rules' numbers are taken as the exact rationals that they are, and all
that follows is arithmetic of integers.

A form is a list of integers [coefficients of the n coordinates u, constant, radius], in units of
2**-BITS: the true function is within the radius of the affine one, and every rounding goes into the
radius. A column x = middle + half u has -1 <= u <= 1; of a one-hot group exactly one member is 1. A
cell is the domain cut by rows >= 0. For multipliers y >= 0, form <= form + y rows on the cell, and
what that can be at most over the box is read off its coefficients: so any multipliers whatever give
a bound, good ones a good bound. All that a certificate does is to propose them.

For each rule it holds a tree that starts with the domain cut by the rule's printed conditions:
    [takes, "split", k, negative, positive]   cuts by the sign of neuron k
    [takes, "category", j, is, isn't]         cuts by member j of a one-hot group
    [takes, "empty", [row, y, ...]]           nothing is left: the rows' sum is negative everywhere
    [takes, "leaf", [row, y, ...], ...]       all neurons are affine: what scores may be off
takes: neurons, k + 1 or -(k + 1), whose z is (almost) nowhere negative, or positive, as [number,
row, y, ...] shows, or the number alone. Where z passes 0 by e, the PReLU is off by no more than
|1 - slope| e, and that is counted. That the rules cover the domain is seen by their tree: each way
down to a rule passes all its conditions; a way that does not has a tree of its own, among `paths`.

Before that, names, order and kind of columns, outputs and classes, links and thresholds of the
rules must be the model's own, and the points of rules must lie in the domain and inside their
rules, exactly: nothing is proven of a domain without a point. Where the model has no names of its
own, the verdict says that positions alone were compared.
"""

import hashlib
import json
import math
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from operator import mul
from pathlib import Path
from typing import Any, NamedTuple

FORMAT, VERSION = "relurules.certificate", 2
MODEL_FORMAT, MODEL_VERSION = "relurules.model", 2
#: Versions of rules files that are read: those of version 2 may leave out a rule's conditions.
RULES_VERSIONS = (1, 2)
#: The format of files of additive rules, and versions that are read.
ADDITIVE_FORMAT, ADDITIVE_VERSIONS = "relurules.additive", (1,)
#: From which of a model's numbers a proof may start.
STORED, TRACED = "stored weights", "canonical form as traced"

#: Digits of a form behind the point, and of multipliers; further ones of logarithms.
BITS, FINE, GUARD = 192, 64, 32
ONE = 1 << BITS

#: Rows of a table may exceed an inequality of the domain by this share of its terms (1e-12, and
#: the rounding of its sum in float64), so that much more of the domain is proven of.
MEMBERSHIP_SLACK = Fraction(9, 8 * 10**12)

#: Integers with more digits, and files with more bytes, aren't read.
MOST_DIGITS, MOST_BYTES = 300, 1 << 30

#: What a rules file says of the domain; and what it says of where the rules come from, which is no
#: part of any claim. All else is under the digest of the rules.
DOMAIN_PARTS = ("features", "constraints", "groups", "columns")
PARTS_ASIDE = ("provenance", "evidence", "reference", "tradeoffs", "reduction")

Form = list[int]
Row = list[int]
Sparse = dict[int, Fraction]  # columns as j, neurons as ~k
Sides = list[tuple[int, bool]]  # splits by number, and whether they hold


#: One, which is told by being this object: most products of a model are with it.
UNIT = Fraction(1)


class RefusedError(Exception):
    """The certificate shows less than it says."""


class Verdict(NamedTuple):
    """What a check found; true when it holds.

    bound: |model - rules| is nowhere more, for any score; of decisions, the margin above which they
    are the model's. bounds: for each rule how far every score may be above it and below, or how far
    every other class ahead. leaves: of the certificate; covers: whether every point of the domain
    has a rule; model: from which of its numbers the proof starts; notes: what the claim leaves
    open, such as names that are compared by position alone; why: what was wrong, if anything.
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

    def __bool__(self) -> bool:
        """True when the certificate holds."""
        return self.holds


def hash_json(value: Any) -> str:
    """SHA-256 of plain JSON values, whatever the order of their keys."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def hash_rules_and_model(rules: Mapping[str, Any], model: Mapping[str, Any]) -> dict[str, str]:
    """What a certificate is about. Labels of the model's classes are compared with those of the
    rules themselves, and models were hashed before they had any.
    """
    aside = (*DOMAIN_PARTS, *PARTS_ASIDE)
    return {
        "model": hash_json({name: value for name, value in model.items() if name != "labels"}),
        "domain": hash_json({name: rules.get(name) for name in DOMAIN_PARTS}),
        "rules": hash_json({name: value for name, value in rules.items() if name not in aside}),
    }


# Files


def parse_json(text: str) -> Any:
    """Plain JSON values, read as they stand or not at all.

    ValueError for a key that is there twice, a number that isn't finite, an integer of too many
    digits, or lists within lists without end.
    """
    try:
        return json.loads(
            text,
            object_pairs_hook=refuse_duplicate_keys,
            parse_constant=_refuse_constant,
            parse_float=_parse_finite_float,
            parse_int=_parse_short_integer,
        )
    except RecursionError:
        raise ValueError("its lists and objects are nested too deeply") from None


def refuse_duplicate_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON; ValueError where a key is there twice."""
    found = dict(pairs)
    if len(found) < len(pairs):
        seen = set[str]()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise ValueError(f"the key {shorten_text(twice)!r} is there twice in one object")
    return found


def _refuse_constant(text: str) -> float:
    raise ValueError(f"{text} is no finite number")


def _parse_finite_float(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError(f"{shorten_text(text)} is too large for a float64")
    return value


def _parse_short_integer(text: str) -> int:
    if len(text) > MOST_DIGITS:
        raise ValueError(f"an integer of {len(text)} digits; at most {MOST_DIGITS} are read")
    return int(text)


def shorten_text(text: str) -> str:
    """Text for a message."""
    return text if len(text) <= 60 else text[:57] + "..."


def read_object(path: str) -> dict[str, Any]:
    """The object that a JSON file holds; ValueError, with a sentence, where it holds none."""
    data = bytearray()
    try:
        with Path(path).open("rb") as file:
            while part := file.read(1 << 20):
                data += part
                if len(data) > MOST_BYTES:
                    raise ValueError(f"it is larger than {MOST_BYTES >> 20} MB, and no proof is")
        found = parse_json(data.decode("utf-8"))
    except OSError as error:
        raise ValueError(f"{path}: can't be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: isn't UTF-8, from byte {error.start} on") from error
    except json.JSONDecodeError as error:
        raise ValueError(f"{path}: is no JSON: {error}") from error
    except MemoryError:
        raise ValueError(f"{path}: is too large for the memory of this machine") from None
    except ValueError as error:
        raise ValueError(f"{path}: can't be read: {error}") from error

    if not isinstance(found, dict):
        raise ValueError(f"{path}: holds no JSON object")
    return found


# The model, exactly


class Unit(NamedTuple):
    """A neuron's z, or a score: what it is of the columns and of earlier neurons, exactly. slope:
    of its PReLU.
    """

    inputs: Sparse
    constant: Fraction
    reads: Sparse
    slope: Fraction


def build_units(model: Mapping[str, Any]) -> tuple[list[Unit], list[Unit]]:
    """All neurons in order, and the scores."""
    neurons: list[Unit] = []
    signals: list[tuple[Sparse, Fraction]] = [
        ({j: UNIT}, Fraction(0)) for j in range(len(model["features"]))
    ]
    for layer in model["layers"]:
        signals = _LAYERS[layer["kind"]](layer, signals, neurons)
    return neurons, [_make_unit(*signal, Fraction(1)) for signal in signals]


def keep_read_inputs(
    units: Iterable[Unit], places: Sequence[int], model: Mapping[str, Any]
) -> list[Unit]:
    """The same units of the rules' columns, given where these stand among the model's; RefusedError
    where one reads a column that the rules leave out.
    """
    number = {j: i for i, j in enumerate(places)}
    kept = []
    for unit in units:
        for j in unit.inputs:
            if j not in number:
                name = shorten_text(str(model["features"][j]))
                raise RefusedError(
                    f"the model reads the column {name!r}, which the rules leave out"
                )
        kept.append(unit._replace(inputs={number[j]: v for j, v in unit.inputs.items()}))

    return kept


def find_places(rules: Mapping[str, Any], model: Mapping[str, Any]) -> tuple[list[int], list[int]]:
    """Where the rules' features and columns stand among the model's; RefusedError where they can't.

    Rules that say nothing of it have all of the model's.
    """
    count, said = len(model["features"]), rules.get("places")
    features = rules["features"]
    if said is None:
        if len(features) != count:
            raise RefusedError(
                f"the rules read other columns than the model: {len(features)}, and it reads "
                f"{count}"
            )
        return list(range(count)), list(range(len(model.get("columns") or model["features"])))

    at, own = list(said["coordinates"]), list(said["columns"])
    if said["coordinate_count"] != count or len(at) != len(features):
        raise RefusedError(
            f"the rules are of a model of {said['coordinate_count']} columns, this one has {count}"
        )
    for places, most in ((at, count), (own, len(model.get("columns") or model["features"]))):
        whole = all(type(j) is int and j >= 0 for j in places)
        if not whole or sorted(set(places)) != places or (places and places[-1] >= most):
            raise RefusedError("the places of the rules' columns aren't rising, or aren't there")
    return at, own


def _drop_plain_columns(columns: Sequence[Any] | None) -> list[Any] | None:
    """What is said of columns; None where they are numbers that are used as they are."""
    said = list(columns or ())
    return said if any(set(column) - {"name"} for column in said) else None


def _make_unit(terms: Sparse, constant: Fraction, slope: Fraction) -> Unit:
    inputs = {j: value for j, value in terms.items() if j >= 0 and value}
    return Unit(
        inputs, constant, {~j: value for j, value in terms.items() if j < 0 and value}, slope
    )


def _sum_signals(
    signals: Sequence[tuple[Sparse, Fraction]], weights: Sequence[Any], constant: Any
) -> tuple[Sparse, Fraction]:
    if len(weights) != len(signals):
        raise RefusedError(f"a row of {len(weights)} weights for {len(signals)} values")

    total, terms = Fraction(constant), Sparse()
    for given, (own, plus) in zip(weights, signals, strict=True):
        if given:
            weight = Fraction(given)
            if plus:
                total += weight * plus
            add_terms(terms, own, weight)

    return terms, total


def add_terms(terms: Sparse, others: Sparse, weight: Fraction) -> None:
    """Add a multiple of other terms to terms."""
    for j, value in others.items():
        more = weight if value is UNIT else weight * value
        terms[j] = terms[j] + more if j in terms else more


def _expand_affine(layer: Any, signals: Any, _: list[Unit]) -> Any:
    return [
        _sum_signals(signals, row, c)
        for row, c in zip(layer["weights"], layer["constants"], strict=True)
    ]


def _expand_scale(layer: Any, signals: Any, _: list[Unit]) -> Any:
    """(x - minus) / over * times + plus, column by column."""
    count = len(signals)
    parts = [map(Fraction, layer.get(name, [default] * count)) for name, default in
             (("minus", 0), ("over", 1), ("times", 1), ("plus", 0))]  # fmt: skip
    found = []

    for (terms, constant), minus, over, times, plus in zip(signals, *parts, strict=True):
        factor = times / over
        found.append(
            ({j: factor * value for j, value in terms.items()}, (constant - minus) * factor + plus)
        )

    return found


def _append_neuron(
    terms: Sparse, constant: Fraction, slope: Any, neurons: list[Unit]
) -> tuple[Sparse, Fraction]:
    neurons.append(_make_unit(terms, constant, Fraction(slope)))
    return {~(len(neurons) - 1): UNIT}, Fraction(0)


def _expand_prelu(layer: Any, signals: Any, neurons: list[Unit]) -> Any:
    pairs = zip(signals, layer["slopes"], strict=True)
    return [
        (terms, c) if slope == 1 else _append_neuron(terms, c, slope, neurons)
        for (terms, c), slope in pairs
    ]


def _expand_canonical(layer: Any, signals: Any, neurons: list[Unit]) -> Any:
    """The neurons z = A x + L phi(z) + b, and the scores f = C x + U phi(z) + c."""
    given = list(signals)
    for k, (row, through, constant, slope) in enumerate(
        zip(layer["A"], layer["L"], layer["b"], layer["slope"], strict=True)
    ):
        if any(through[k:]):
            raise RefusedError(f"neuron {k} reads later ones")
        given.append(
            _append_neuron(*_sum_signals(given, [*row, *through[:k]], constant), slope, neurons)
        )

    rows = zip(layer["C"], layer["U"], layer["c"], strict=True)
    return [_sum_signals(given, [*row, *through], constant) for row, through, constant in rows]


_LAYERS: Mapping[str, Any] = {
    "affine": _expand_affine,
    "scale": _expand_scale,
    "prelu": _expand_prelu,
    "canonical": _expand_canonical,
}


# The domain, and forms in its coordinates


class DomainSpace:
    """The domain's box and one-hot groups. columns: those that may move; groups: their members'
    places among them.
    """

    def __init__(self, rules: Mapping[str, Any]) -> None:
        names = [feature["name"] for feature in rules["features"]]
        bounds = [(feature["lower"], feature["upper"]) for feature in rules["features"]]
        if any(bound is None for pair in bounds for bound in pair):
            raise RefusedError(
                f"column {names[[None in pair for pair in bounds].index(True)]!r} has no bounds"
            )

        low, high = ([Fraction(pair[side]) for pair in bounds] for side in (0, 1))
        if any(a > b for a, b in zip(low, high, strict=True)) or len(set(names)) < len(names):
            raise RefusedError("bounds are crossed, or two columns have one name")

        groups = find_indicator_groups(rules)
        tied = {j for group in groups for j in group}
        plain = [j for j in range(len(names)) if j not in tied and low[j] < high[j]]
        self.names = {name: j for j, name in enumerate(names)}
        self.plain, self.columns = len(plain), [*plain, *(j for group in groups for j in group)]
        self.size = len(self.columns)
        place = {j: i for i, j in enumerate(self.columns)}
        self.groups = [[place[j] for j in group] for group in groups]
        allowed = [
            [j for j in group if high[j] >= 1 and all(low[i] <= 0 for i in group if i != j)]
            for group in groups
        ]
        self.allowed = tuple(tuple(place[j] for j in group) for group in allowed)
        self.middle = [
            Fraction(0) if j in tied else (low[j] + high[j]) / 2 for j in range(len(names))
        ]
        self.half = [
            Fraction(1) if j in tied else (high[j] - low[j]) / 2 for j in range(len(names))
        ]
        self.low, self.high = low, high

    def named(self, coefficients: Mapping[str, Any]) -> Sparse:
        """Coefficients by column number."""
        for name in coefficients:
            if name not in self.names:
                raise RefusedError(f"{shorten_text(str(name))!r} is no column of the rules")
        return {self.names[name]: Fraction(value) for name, value in coefficients.items()}

    def reach(self, coefficients: Sparse) -> Fraction:
        """The largest sum of absolute terms over the box."""
        sizes = (
            abs(value) * max(abs(self.low[j]), abs(self.high[j]))
            for j, value in coefficients.items()
        )
        return sum(sizes, Fraction(0))

    def form(self, coefficients: Sparse, constant: Fraction) -> Form:
        """A form of the columns in the coordinates u."""
        total = constant + sum(value * self.middle[j] for j, value in coefficients.items())
        exact = [coefficients.get(j, Fraction(0)) * self.half[j] for j in self.columns]
        rounded = [value.numerator * ONE // value.denominator for value in (*exact, total)]
        return [*rounded, sum(ONE % value.denominator != 0 for value in (*exact, total))]

    def highest(self, total: Sequence[int], allowed: Sequence[Sequence[int]]) -> int:
        """The largest value of coefficients and a constant over the box; of each group, the best
        member counts.
        """
        plain = self.plain
        value = sum(map(abs, total[:plain])) + total[self.size]
        for group in allowed:
            value += max(total[j] for j in group)
        return value


def find_category_groups(columns: Iterable[Mapping[str, Any]]) -> list[list[int]]:
    """Which coordinates are the categories of one column each."""
    groups, first = [], 0
    for column in columns:
        count = len(column.get("categories", ()))
        if count:
            groups.append(list(range(first, first + count)))
        first += count or 1
    return groups


def find_indicator_groups(rules: Mapping[str, Any]) -> list[list[int]]:
    """The one-hot groups, by column number: categories of a column, or columns of 0 and 1 alone."""
    features = {feature["name"]: j for j, feature in enumerate(rules["features"])}
    columns = rules.get("columns", ())
    if columns and sum(len(column.get("categories", ())) or 1 for column in columns) != len(
        features
    ):
        raise RefusedError("the rules' table columns don't become their features")

    categories = find_category_groups(columns)
    of_category, seen, groups = {j for group in categories for j in group}, set[int](), []
    for names in rules.get("groups", ()):
        if unknown := [name for name in names if name not in features]:
            raise RefusedError(f"a group holds {unknown[0]!r}, which is no column of the rules")
        group = [features[name] for name in names]
        if not group or len(set(group)) < len(group) or seen & set(group):
            raise RefusedError("a group is empty, or a column is in two groups")
        if sorted(group) not in categories:
            for name, j in zip(names, group, strict=True):
                if j in of_category or not _is_indicator(rules["features"][j]):
                    raise RefusedError(f"a group holds {name!r}, which is no indicator: {_GROUPS}")
        seen |= set(group)
        groups.append(group)

    if not of_category <= seen:
        raise RefusedError("the categories of a column are in no group")
    return groups


_GROUPS = "only categories of one column, or columns of whole numbers from 0 to 1, are tied"


def _is_indicator(feature: Mapping[str, Any]) -> bool:
    low, high = feature["lower"], feature["upper"]
    if low is None or high is None:
        return False
    return feature.get("integer") is True and 0 <= low <= high <= 1


def make_row(form: Form, sign: int) -> Row:
    """What isn't negative where sign * the true function isn't."""
    *terms, constant, radius = form
    return [*(sign * value for value in terms), sign * constant + radius]


class UnitForm(NamedTuple):
    """A unit in forms: own form of the inputs; reads: neurons and integer weights, over a
    denominator.
    """

    own: Form
    reads: tuple[int, ...]
    weights: tuple[int, ...]
    over: int
    slope: Fraction


def express_unit(unit: Unit, space: DomainSpace) -> UnitForm:
    """The unit in the coordinates of the space."""
    over = math.lcm(*(value.denominator for value in unit.reads.values()))
    weights = tuple(int(value * over) for value in unit.reads.values())
    return UnitForm(
        space.form(unit.inputs, unit.constant), tuple(unit.reads), weights, over, unit.slope
    )


def evaluate_unit(unit: UnitForm, active: Sequence[Form | None]) -> Form:
    """A unit's form where those of the neurons that it reads are `active`; an empty one is 0."""
    found = [(weight, active[k]) for k, weight in zip(unit.reads, unit.weights, strict=True)]
    if any(form is None for _, form in found):
        raise RefusedError("a neuron is read whose sign isn't told")

    kept = [(weight, form) for weight, form in found if form]
    if not kept:
        return unit.own

    weights, forms = [weight for weight, _ in kept], [form for _, form in kept]
    *columns, radii = zip(*forms, strict=True)
    total = [
        own + sum(map(mul, weights, column)) // unit.over
        for own, column in zip(unit.own, columns, strict=False)
    ]
    radius = -(-sum(map(mul, map(abs, weights), radii)) // unit.over)

    return [*total, unit.own[-1] + radius + len(total)]


def apply_prelu(form: Form, slope: Fraction, side: int, beyond: int) -> Form:
    """PReLU of a form that lies on one side of 0, or beyond by so much."""
    spill = -(-abs(slope.denominator - slope.numerator) * beyond // slope.denominator)
    if side > 0:
        return [*form[:-1], form[-1] + spill]
    if not slope:
        return [*[0] * (len(form) - 1), spill] if spill else []
    scaled = [slope.numerator * value // slope.denominator for value in form[:-1]]
    return [*scaled, -(-abs(slope.numerator) * form[-1] // slope.denominator) + len(scaled) + spill]


# What rules say


class ProofTarget(NamedTuple):
    """What a leaf bounds from above: signs * scores - the form."""

    scores: tuple[tuple[int, int], ...]
    form: Form


def list_proof_targets(
    rule: Mapping[str, Any],
    rules: Mapping[str, Any],
    model: Mapping[str, Any],
    ground: "ProofContext",
) -> list[ProofTarget]:
    """How far a rule is off: every score from above and below, or how far it is from deciding as
    the model.
    """
    if rules.get("decision") is not None:
        return _list_decision_targets(rule, rules, model, ground.space)
    turn, space, found = _find_turn(rules, model), ground.space, []
    for i, own in enumerate(_read_maps(rule, name_scores(rules, len(ground.scores)))):
        turned = {name: turn * value for name, value in own["coefficients"].items()}
        form = space.form(space.named(turned), turn * Fraction(own["constant"]))
        found += [
            ProofTarget(((i, 1),), form),
            ProofTarget(((i, -1),), [*(-value for value in form[:-1]), form[-1]]),
        ]

    return found


#: Of two classes told by one score, each is the other's link once the score changes sign.
_OPPOSITE = {"sigmoid": "complement", "complement": "sigmoid"}


def _find_turn(rules: Mapping[str, Any], model: Mapping[str, Any]) -> int:
    """-1 where the rules' score speaks of the other one of the model's two classes, else 1."""
    own, given = model.get("heads"), rules.get("heads")
    if given == own:
        return 1
    turned = [{**head, "link": _OPPOSITE.get(head["link"])} for head in own or ()]
    if turned and given == turned:
        return -1
    raise RefusedError("the rules' outputs aren't made of their scores as the model's are")


def _read_maps(rule: Mapping[str, Any], names: Sequence[str]) -> list[Mapping[str, Any]]:
    """The affine maps of a rule's scores, in order."""
    if set(rule["outputs"]) != set(names):
        raise RefusedError(f"a rule's scores aren't {', '.join(map(repr, names))}")
    return [rule["outputs"][name] for name in names]


def name_scores(rules: Mapping[str, Any], count: int) -> list[str]:
    """What rules files call the scores: as the outputs where there is no link, else by a name that
    starts no other.
    """
    outputs: list[str] = list(rules["outputs"])
    if "heads" not in rules:
        if len(outputs) != count:
            raise RefusedError(f"the rules have {len(outputs)} outputs, the model {count} scores")
        return outputs

    taken, name = [*outputs, *(feature["name"] for feature in rules["features"])], "score"
    while any(other.lower().startswith(name) for other in taken):
        name = f"raw_{name}"

    return [name] if count == 1 else [f"{name}_{i}" for i in range(1, count + 1)]


def _list_decision_targets(
    rule: Mapping[str, Any], rules: Mapping[str, Any], model: Mapping[str, Any], space: DomainSpace
) -> list[ProofTarget]:
    decision = read_decision(model, find_threshold(rules))
    count = _count_decision_scores(rules, decision)
    maps = _read_maps(rule, name_scores(rules, count))
    values = [Fraction(own["constant"]) for own in maps]
    told = [abs(values[0])] if count == 1 else sorted(values)[::-1]

    if any(any(own["coefficients"].values()) for own in maps) or told != [1, *[0] * (count - 1)]:
        raise RefusedError(
            "a rule that decides has scores that don't tell one class: 1 and -1, or 1 and 0 for "
            "others"
        )

    if decision.order is None:
        second = values[0] >= 0 if count == 1 else values[1] > values[0]
        way = -1 if second else 1
        form = [*[0] * space.size, way * decision.cut, decision.radius]
        return [ProofTarget(((decision.score, way * decision.sign),), form)]

    best = values.index(max(values))
    others = [score for i, score in enumerate(decision.order) if i != best]
    return [
        ProofTarget(((score, 1), (decision.order[best], -1)), space.form({}, Fraction(0)))
        for score in others
    ]


def find_threshold(rules: Mapping[str, Any]) -> float | None:
    """The probability at which rules decide between two classes, None where the largest decides:
    the one that was asked for, else the model's own, which goes with its labels.
    """
    wanted: float | None = rules["decision"]["threshold"]
    if wanted is not None:
        return wanted
    own: float | None = (rules.get("labels") or {}).get("threshold")
    return own


def _count_decision_scores(rules: Mapping[str, Any], decision: "ModelDecision") -> int:
    """How many scores tell the class: of two classes one by its sign, or two of which one leads."""
    if decision.order is not None:
        return len(decision.order)
    heads = rules.get("heads") or [{}]
    return 2 if heads[0].get("link") == "argmax" else 1


class ModelDecision(NamedTuple):
    """The scores of the classes in order, the largest of which decides; or None: sign * score >=
    cut decides.

    cut: in units of 2**-BITS, which may be off by the radius.
    """

    order: list[int] | None
    score: int = 0
    sign: int = 1
    cut: int = 0
    radius: int = 0


#: Link of one score -> what the logarithm of is the score where the link reaches a threshold.
_ODDS: Mapping[str, Callable[[Fraction], Fraction]] = {
    "sigmoid": lambda t: t / (1 - t),
    "complement": lambda t: t / (1 - t),
    "exp": lambda t: t,
    "expm1": lambda t: t + 1,
}


def read_decision(model: Mapping[str, Any], threshold: float | None) -> ModelDecision:
    """How the model decides."""
    heads = read_heads(model)
    links, last = {head["link"] for head in heads}, heads[-1]
    if threshold is not None:
        return _read_threshold(last, threshold)
    if (
        len(heads) == 2
        and links == {"sigmoid", "complement"}
        and heads[0]["scores"] == heads[1]["scores"]
    ):
        return ModelDecision(None, last["scores"][0], 1 if last["link"] == "sigmoid" else -1)

    if links == {"argmax"} and len(heads) == 1:
        return ModelDecision(list(last["scores"]))

    ordered = links in ({"softmax"}, {"log_softmax"}) and all(
        head["scores"] == last["scores"] for head in heads
    )
    if len(heads) > 1 and (ordered or links == {"identity"}):
        return ModelDecision([head["scores"][head["component"]] for head in heads])

    raise RefusedError("the model's outputs aren't classes of which the largest could decide")


def read_heads(model: Mapping[str, Any]) -> list[Any]:
    """The links of a model's outputs."""
    plain = [
        {"link": "identity", "scores": [i], "component": 0} for i in range(len(model["outputs"]))
    ]
    return list(model.get("heads", plain))


def _read_threshold(head: Mapping[str, Any], threshold: float) -> ModelDecision:
    """Class 1 where an output of one score reaches a threshold."""
    link, t = head["link"], Fraction(threshold)
    if link == "identity":
        exact, cut = t * ONE, math.floor(t * ONE)
        return ModelDecision(None, head["scores"][0], 1, cut, int(exact != cut))
    if link not in _ODDS:
        raise RefusedError(
            f"the threshold {threshold!r} is one of an output through {link}, which is made of "
            "several scores, or reaches it at a score that is no logarithm of a fraction; "
            f"thresholds are those of {', '.join(_ODDS)} and plain scores, and through a softmax "
            "the largest decides"
        )

    share = link in ("sigmoid", "complement")
    if (share and not 0 < t < 1) or _ODDS[link](t) <= 0:
        raise RefusedError(
            f"the model's output never reaches the threshold {threshold!r}, or always does"
        )

    cut, radius = approximate_logarithm(_ODDS[link](t))
    return ModelDecision(None, head["scores"][0], -1 if link == "complement" else 1, cut, radius)


def approximate_logarithm(value: Fraction) -> tuple[int, int]:
    """The natural logarithm of a positive number in units of 2**-BITS, and by how many it may be
    off.

    value = 2**k m with 1/2 < m < 2: k ln 2 + ln m, and ln m = 2 artanh((m - 1) / (m + 1)).
    """
    if value == 1:
        return 0, 0
    k = value.numerator.bit_length() - value.denominator.bit_length()
    m = value / Fraction(2) ** k
    total = k * _twice_artanh(Fraction(1, 3)) + _twice_artanh((m - 1) / (m + 1))
    return total >> GUARD, 2


def _twice_artanh(z: Fraction) -> int:
    """2 (z + z^3 / 3 + z^5 / 5 + ...), |z| <= 1/3, in units of 2**-(BITS + GUARD), off by < 2**12
    of them.
    """
    digits = BITS + GUARD
    power = (z.numerator << digits) // z.denominator
    square, total, k = power * power >> digits, 0, 1
    while power not in (0, -1):  # rounded down, a negative power ends at -1
        total += power // k
        power = power * square >> digits
        k += 2
    return 2 * total


# Whether rules speak of the model's own columns, outputs and classes


def bind_names(rules: Mapping[str, Any], model: Mapping[str, Any]) -> tuple[str, ...]:
    """What the names of rules and model leave open, in words; RefusedError where they contradict
    each other.
    """
    if (model.get("format"), model.get("version")) != (MODEL_FORMAT, MODEL_VERSION):
        raise RefusedError(
            f"the model's numbers are {model.get('format')!r} version {model.get('version')!r}; "
            "this reads "
            f"{MODEL_FORMAT!r} version {MODEL_VERSION}, as `relurules prove` writes them now"
        )

    if rules.get("version", 1) not in RULES_VERSIONS:
        raise RefusedError(
            f"the rules' file is of version {rules['version']!r}; this reads {RULES_VERSIONS}"
        )

    if model["read"] not in (STORED, TRACED):
        raise RefusedError("the model doesn't say from where its numbers are")

    features = [feature["name"] for feature in rules["features"]]
    at, kept = find_places(rules, model)

    own, columns = model["named"], model.get("columns")
    theirs = None if columns is None else _drop_plain_columns([columns[i] for i in kept])
    if own["columns"] is True and _drop_plain_columns(rules.get("columns")) != theirs:
        raise RefusedError(
            "the rules read other columns than the model: their kinds or categories differ"
        )

    notes = _compare_names(
        "column",
        features,
        [model["features"][j] for j in at],
        [f"x{j}" for j in at],
        own["columns"] is True,
    )

    if own["columns"] is not True and rules.get("columns") is not None:
        notes += ("how a table becomes columns of numbers is the rules' word alone",)

    outputs = list(model["outputs"])
    if len(outputs) != len(read_heads(model)):
        raise RefusedError("the model has more or fewer links than outputs")
    if rules.get("decision") is not None:
        notes += _bind_classes(rules, model)
        return notes + _compare_labels(rules, model)

    default = ["y"] if len(outputs) == 1 else make_default_names(outputs, "y")
    notes += _compare_names(
        "output", list(rules["outputs"]), outputs, default, own["outputs"] is True
    )
    return notes + _compare_labels(rules, model)


def make_default_names(names: Sequence[str], prefix: str) -> list[str]:
    """What columns or outputs are called when nobody named them."""
    return [f"{prefix}{i}" for i in range(len(names))]


def _compare_labels(rules: Mapping[str, Any], model: Mapping[str, Any]) -> tuple[str, ...]:
    """RefusedError where the labels of classes, their types or their threshold aren't the model's
    own.
    """
    own, given = model.get("labels"), rules.get("labels")
    if given is None:
        return () if own is None else ("the rules give classes by number, the model has labels",)
    if own is None:
        return ("the labels of classes are the rules' word alone",)

    pairs = [[(type(v), v) for v in labels["values"]] for labels in (given, own)]
    if pairs[0] != pairs[1] or given["threshold"] != own["threshold"]:
        raise RefusedError(
            f"the rules' classes are {shorten_text(repr(given['values']))} by the threshold "
            f"{given['threshold']}, the model's {shorten_text(repr(own['values']))} by "
            f"{own['threshold']}"
        )
    return ()


_PLURALS = {"column": "columns", "output": "outputs", "class": "classes"}


def _compare_names(
    what: str, given: Sequence[str], model: Sequence[str], default: Sequence[str], own: bool
) -> tuple[str, ...]:
    """RefusedError where names or their order differ. own: the model's are its own."""
    if len(given) != len(model):
        raise RefusedError(f"the rules have {len(given)} {_PLURALS[what]}, the model {len(model)}")
    if not all(isinstance(name, str) for name in (*given, *model)) or len(set(given)) < len(given):
        raise RefusedError(f"two {_PLURALS[what]} of the rules have one name, or one has none")
    if own and list(given) == list(model):
        return ()

    positional = not own or list(given) == list(default)
    for i, (name, its) in enumerate(zip(given, model, strict=True), start=1):
        if name != its and (not positional or set(given) == set(model)):
            raise RefusedError(
                f"{what} {i} of the rules is {shorten_text(name)!r}, {what} {i} of the model "
                f"{shorten_text(its)!r}"
            )

    whose = "the rules name none" if own else "the model has no names of its own"
    return (f"{_PLURALS[what]} are compared by position only, as {whose}",)


def _bind_classes(rules: Mapping[str, Any], model: Mapping[str, Any]) -> tuple[str, ...]:
    """The same for rules that decide."""
    threshold, outputs = rules["decision"]["threshold"], list(model["outputs"])
    decision = read_decision(model, find_threshold(rules))
    count = _count_decision_scores(rules, decision)
    link = "step" if count == 1 else "argmax"
    if rules.get("heads") != [{"link": link, "scores": list(range(count)), "component": 0}]:
        raise RefusedError("the rules decide in another way than the model")

    name = rules["outputs"][0] if len(rules["outputs"]) == 1 else None
    if not isinstance(name, str) or name.rstrip("_") != "class":
        raise RefusedError("rules that decide have one output, the class; these name another")

    own = model["named"]["outputs"] is True
    if threshold is not None:
        wanted, own = [f"{outputs[-1]} {sign} {float(threshold):g}" for sign in ("<", ">=")], True
    elif read_heads(model)[0]["link"] == "argmax":
        wanted, own = [str(i) for i in range(count)], False
    else:
        plain = all(output.startswith("p_") and len(output) > 2 for output in outputs)
        wanted = [output[2:] if plain else output for output in outputs]

    return _compare_names("class", list(rules["decision"]["classes"]), wanted, (), own)


# The proof


def _read_units(
    rules: Mapping[str, Any], model: Mapping[str, Any], space: DomainSpace
) -> list[list[UnitForm]]:
    """The model's neurons and scores."""
    places = find_places(rules, model)[0]
    return [
        [express_unit(unit, space) for unit in keep_read_inputs(units, places, model)]
        for units in build_units(model)
    ]


class ProofContext:
    """What all cells share: model, space, the domain's rows, and forms of neurons that read no
    others. units: neurons and scores, where they aren't all of the model's.
    """

    def __init__(
        self,
        rules: Mapping[str, Any],
        model: Mapping[str, Any],
        units: tuple[list[UnitForm], list[UnitForm]] | None = None,
    ) -> None:
        self.space = DomainSpace(rules)
        self.neurons, self.scores = units or _read_units(rules, model, self.space)
        self.first = [None if unit.reads else unit.own for unit in self.neurons]
        self.limits = [
            (self.space.named(item["coefficients"]), Fraction(item["at_most"]))
            for item in rules["constraints"]
        ]
        self.wider = [
            (terms, most + MEMBERSHIP_SLACK * (abs(most) + self.space.reach(terms)))
            for terms, most in self.limits
        ]
        self.walls = [make_row(self.space.form(terms, -most), -1) for terms, most in self.wider]
        self.cuts = [
            (self.space.named(item["coefficients"]), -Fraction(item["at_least"]))
            for item in rules["splits"]
        ]
        self.splits = [self.space.form(*cut) for cut in self.cuts]

    def rows(self, sides: Sequence[tuple[int, bool]]) -> list[Row]:
        """The domain's rows and those of a cell on these sides of the rules' splits."""
        return [
            *self.walls,
            *(make_row(self.splits[split], 1 if holds else -1) for split, holds in sides),
        ]


class ProofCell:
    """A part of the domain, and what neurons are there: z if it was needed, phi(z) once its sign is
    told.
    """

    def __init__(self, ground: ProofContext, rows: list[Row]) -> None:
        self.ground, self.rows, self.allowed = ground, rows, ground.space.allowed
        self.forms: list[Form | None] = list(ground.first)
        self.active: list[Form | None] = [None] * len(self.forms)

    def child(self) -> "ProofCell":
        """The same, to be cut."""
        other = ProofCell(self.ground, list(self.rows))
        other.forms, other.active, other.allowed = list(self.forms), list(self.active), self.allowed
        return other

    def form(self, k: int) -> Form:
        """Neuron k's z."""
        if not 0 <= k < len(self.forms):
            raise RefusedError(f"neuron {k} of {len(self.forms)}, counted from 0")
        form = self.forms[k]
        if form is None:
            form = self.forms[k] = evaluate_unit(self.ground.neurons[k], self.active)
        return form

    def at_most(self, form: Sequence[int], pairs: Sequence[Any]) -> int:
        """What a form can be at most in the cell, by multipliers of its rows, radius aside."""
        highest, total = self.ground.space.highest, form
        if not pairs:
            return highest(form, self.allowed)

        total = [value << FINE for value in form]
        for row, y in zip(pairs[::2], pairs[1::2], strict=True):
            if not 0 <= row < len(self.rows) or not 0.0 <= y < 1e200:
                raise RefusedError(f"a multiplier {y} of row {row}, of {len(self.rows)} rows")
            weight = int(math.ldexp(y, FINE))
            total = [
                value + weight * other for value, other in zip(total, self.rows[row], strict=False)
            ]

        return -(-highest(total, self.allowed) >> FINE)

    def take(self, code: int, pairs: Sequence[Any]) -> None:
        """Treat a neuron as one side of it, and count how far it may be beyond."""
        k, side = abs(code) - 1, 1 if code > 0 else -1
        if code == 0:
            raise RefusedError("a neuron without a number")
        form = self.form(k)
        beyond = self.at_most([-side * value for value in form[:-1]], pairs) + form[-1]
        self.active[k] = apply_prelu(form, self.ground.neurons[k].slope, side, max(0, beyond))

    def side(self, k: int, side: int) -> "ProofCell":
        """The part where neuron k has this sign."""
        other, form = self.child(), self.form(k)
        other.rows.append(make_row(form, side))
        other.active[k] = apply_prelu(form, self.ground.neurons[k].slope, side, 0)
        return other

    def category(self, j: int, member: bool) -> "ProofCell":
        """The part where coordinate j is, or isn't, the one member of its group that is 1."""
        if not any(j in group for group in self.ground.space.groups):
            raise RefusedError(f"coordinate {j} is in no group")

        other = self.child()
        groups = [
            ([i for i in group if (i == j) is member] if j in group else group)
            for group in self.allowed
        ]
        other.allowed = tuple(map(tuple, groups))

        return other


class TreeChecker:
    """Goes through the trees of one rule."""

    def __init__(self, wanted: Sequence[ProofTarget]) -> None:
        self.wanted, self.worst, self.leaves = wanted, [0] * len(wanted), 0

    def node(self, cell: ProofCell, node: Sequence[Any]) -> None:
        """One node and all below it."""
        if not all(cell.allowed):
            return  # no category is left
        if not isinstance(node, list) or len(node) < 2:
            raise RefusedError("a node of a tree is no list of what is taken, its kind and more")

        takes, kind, *rest = node
        for take in takes:
            cell.take(*((take, ()) if isinstance(take, int) else (take[0], take[1:])))

        if kind == "split":
            k, no, yes = rest
            self.node(cell.side(k, -1), no)
            self.node(cell.side(k, 1), yes)
        elif kind == "category":
            j, member, others = rest
            self.node(cell.category(j, True), member)
            self.node(cell.category(j, False), others)
        elif kind == "empty":
            if cell.at_most([0] * (cell.ground.space.size + 1), rest[0]) >= 0:
                raise RefusedError("a part said to be empty isn't shown to be")
        elif kind == "leaf":
            self._leaf(cell, rest)
        else:
            raise RefusedError(f"a node of kind {kind!r}")

    def _leaf(self, cell: ProofCell, multipliers: Sequence[Sequence[Any]]) -> None:
        scores = [evaluate_unit(unit, cell.active) for unit in cell.ground.scores]
        self.leaves += 1
        for i, target in enumerate(self.wanted):
            gap, radius = [-value for value in target.form[:-1]], target.form[-1]
            for score, sign in target.scores:
                gap = [own + sign * value for own, value in zip(gap, scores[score], strict=False)]
                radius += scores[score][-1]
            off = cell.at_most(gap, multipliers[i] if i < len(multipliers) else ()) + radius
            self.worst[i] = max(self.worst[i], off)


def list_tree_paths(rules: Mapping[str, Any]) -> Iterator[tuple[int, Sides]]:
    """Every way down the rules' tree: the rule's number, 0 where the search stopped, and the sides
    of the splits.
    """
    splits, complete, count = rules["splits"], rules["complete"], len(rules["rules"])
    stack: list[tuple[Any, Sides]] = [({"split": 0} if splits else {"rule": 1}, [])]
    while stack:
        at, path = stack.pop()
        if "split" in at:
            split = at["split"]
            if path and split <= path[-1][0]:
                raise RefusedError("the rules' tree runs in a circle")
            stack += [
                (splits[split][side], [*path, (split, side == "then")])
                for side in ("then", "otherwise")
            ]
        elif "rule" in at:
            if not 1 <= at["rule"] <= count:
                raise RefusedError(f"the rules' tree leads to rule {at['rule']} of {count}")
            yield at["rule"], path
        elif complete:
            raise RefusedError("the rules' tree has no rule for a part of the domain")
        else:
            yield 0, path


class ExactRow(NamedTuple):
    """A positive multiple of an affine function of the columns, in integers."""

    terms: tuple[tuple[int, int], ...]
    constant: int


def make_exact_row(terms: Sparse, constant: Fraction) -> ExactRow:
    """The function, times the least number that makes it whole."""
    over = math.lcm(constant.denominator, *(value.denominator for value in terms.values()))
    return ExactRow(
        tuple((j, int(value * over)) for j, value in terms.items()), int(constant * over)
    )


class ExactPoint(NamedTuple):
    """Whole numbers over one denominator."""

    parts: tuple[int, ...]
    over: int


def read_conditions(rules: Mapping[str, Any]) -> list[Sides]:
    """For every rule the sides of splits that it says: its conditions, or else its only way down
    the tree.
    """
    count, only = len(rules["splits"]), dict[int, Sides]()
    several = set[int]()
    if any("conditions" not in rule for rule in rules["rules"]):
        for number, path in list_tree_paths(rules):
            if number in only:
                several.add(number)
            only[number] = path

    found = []
    for number, rule in enumerate(rules["rules"], start=1):
        if "conditions" not in rule:
            if number in several or number not in only:
                raise RefusedError(
                    f"rule {number} has no conditions, and not just one way down the tree leads to "
                    "it"
                )
            found.append(only[number])
            continue
        for condition in rule["conditions"]:
            if not 0 <= condition["split"] < count or not isinstance(condition["holds"], bool):
                raise RefusedError(
                    f"rule {number} has a condition on split {condition['split']!r} of {count}"
                )
        found.append([(condition["split"], condition["holds"]) for condition in rule["conditions"]])

    return found


def find_unshown_rules(
    rules: Mapping[str, Any],
    ground: ProofContext,
    sides: Sequence[Sides],
    told: Callable[[int], None] = lambda _: None,
) -> list[int]:
    """The rules whose points don't show, in exact arithmetic, that they hold anywhere. sides: the
    rules' conditions.

    A rule may be thinner than the steps of float64. But RefusedError unless all points are within
    bounds and groups, no inequality is missed by more than membership forgives, and some point is
    exactly in the domain and strictly inside its rule: the domain might be empty otherwise.
    """
    walls, rooms = (
        [make_exact_row(terms, -most) for terms, most in limits]
        for limits in (ground.limits, ground.wider)
    )
    splits, unshown = [make_exact_row(*cut) for cut in ground.cuts], []

    for number, (rule, own) in enumerate(zip(rules["rules"], sides, strict=True), start=1):
        told(number)
        x = [Fraction(value) for value in rule["point"]]
        over = math.lcm(*(value.denominator for value in x))
        point = ExactPoint(tuple(int(value * over) for value in x), over)
        if (why := _explain_outside(x, ground.space)) is None and (
            i := _find_violation(rooms, point)
        ) is not None:
            why = f"constraint {i} doesn't hold there"
        if why is not None:
            raise RefusedError(
                f"the point of rule {number} isn't in the domain, of which it is to show a part: "
                f"{why}"
            )
        inside = all(
            evaluate_sign(splits[split], point) == (1 if holds else -1) for split, holds in own
        )
        if not inside or _find_violation(walls, point) is not None:
            unshown.append(number)

    if len(unshown) == len(rules["rules"]):
        raise RefusedError(
            "no rule has a point that is inside it and in the domain, which may be empty"
        )

    return unshown


def _find_violation(walls: Sequence[ExactRow], point: ExactPoint) -> int | None:
    """The first inequality that doesn't hold at a point, from 1."""
    return next(
        (i for i, wall in enumerate(walls, start=1) if evaluate_sign(wall, point) > 0), None
    )


def _explain_outside(x: Sequence[Fraction], space: DomainSpace) -> str | None:
    """Why a point isn't within bounds and groups."""
    names = list(space.names)
    if len(x) != len(names):
        return f"it has {len(x)} numbers for {len(names)} columns"

    for name, low, value, high in zip(names, space.low, x, space.high, strict=True):
        if not low <= value <= high:
            return (
                f"{shorten_text(name)!r} is {float(value)!r} there, not from {float(low)!r} to "
                f"{float(high)!r}"
            )

    for group in space.groups:
        members = [space.columns[i] for i in group]
        if sorted(x[j] for j in members) != [*[0] * (len(group) - 1), 1]:
            return f"not just one of {', '.join(repr(names[j]) for j in members)} is 1"

    return None


def evaluate_sign(row: ExactRow, point: ExactPoint) -> int:
    """1, 0 or -1."""
    total = row.constant * point.over + sum(weight * point.parts[j] for j, weight in row.terms)
    return (total > 0) - (total < 0)


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
    bounds = tuple(tuple(map(round_upward, walk.worst)) for walk in walks)
    bound = max((most for own in bounds for most in own), default=0.0)
    leaves = sum(walk.leaves for walk in walks)
    deciding = rules.get("decision") is not None
    notes = (*_describe_groups(rules), *notes, *_describe_unshown(unshown))

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
    if len(found["rules"]) != len(said):
        raise RefusedError(f"it proves {len(found['rules'])} rules of {len(said)}")

    for number, (walk, own, tree) in enumerate(zip(walks, sides, found["rules"], strict=True)):
        told(number)
        walk.node(ProofCell(ground, ground.rows(own)), tree)

    others, covers = iter(found["paths"]), True
    for number, path in list_tree_paths(rules):
        covers &= number > 0
        if number and not set(sides[number - 1]) <= set(path):
            if (tree := next(others, None)) is None:
                raise RefusedError(f"a way down the rules' tree to rule {number} isn't proven")
            walks[number - 1].node(ProofCell(ground, ground.rows(path)), tree)

    if next(others, None) is not None:
        raise RefusedError("a way down the rules' tree too many")
    return walks, covers, unshown


def _describe_unshown(numbers: Sequence[int]) -> Iterator[str]:
    if numbers:
        some = ", ".join(map(str, numbers[:5])) + (", ..." if len(numbers) > 5 else "")
        yield (
            f"rules not shown to hold anywhere, as their points are on a boundary or beyond: {some}"
        )


def _describe_groups(rules: Mapping[str, Any]) -> Iterator[str]:
    """Groups that no categories tell of, in words: they are the rules' word, and cut the domain."""
    names = [feature["name"] for feature in rules["features"]]
    categories = find_category_groups(rules.get("columns", ()))
    for members in map(sorted, find_indicator_groups(rules)):
        if members not in categories:
            yield (
                f"of the columns {', '.join(repr(names[j]) for j in members)} exactly one is 1 "
                "in the domain"
            )


def round_upward(value: int) -> float:
    """The next float64 that isn't below value * 2**-BITS."""
    exact = Fraction(value, ONE)
    near = float(exact)
    return near if Fraction(near) >= exact else math.nextafter(near, math.inf)


# Additive rules

#: In what a sum may be off by, the place of the constant; columns are numbered from 0.
CONSTANT = -1


class WideDomain:
    """The domain's box, whose sides may be open, its one-hot groups, and its inequalities.

    low, high: None where open; allowed: of every group the members that may be 1; walls: terms and
    the most that they may sum up to.
    """

    def __init__(self, rules: Mapping[str, Any]) -> None:
        names = [feature["name"] for feature in rules["features"]]
        self.names = {name: j for j, name in enumerate(names)}
        self.low, self.high = (
            [None if f[side] is None else Fraction(f[side]) for f in rules["features"]]
            for side in ("lower", "upper")
        )
        pairs = zip(self.low, self.high, strict=True)
        crossed = any(a is not None and b is not None and a > b for a, b in pairs)
        if crossed or len(self.names) < len(names):
            raise RefusedError("bounds are crossed, or two columns have one name")

        self.groups = find_indicator_groups(rules)
        self.tied = {j: g for g, group in enumerate(self.groups) for j in group}
        self.allowed = [
            [
                j
                for j in group
                if self._may_be(j, 1) and all(self._may_be(i, 0) for i in group if i != j)
            ]
            for group in self.groups
        ]
        if not all(self.allowed):
            raise RefusedError("of a group no member may be 1, so the domain is empty")

        self.limits = [
            (self.named(item["coefficients"]), Fraction(item["at_most"]))
            for item in rules["constraints"]
        ]

    def _may_be(self, j: int, value: int) -> bool:
        low, high = self.low[j], self.high[j]
        return (low is None or low <= value) and (high is None or high >= value)

    def named(self, coefficients: Mapping[str, Any]) -> Sparse:
        """Coefficients by column number."""
        for name in coefficients:
            if name not in self.names:
                raise RefusedError(f"{shorten_text(str(name))!r} is no column of the rules")
        return {self.names[name]: Fraction(value) for name, value in coefficients.items()}

    def highest(
        self, terms: Sparse, constant: Fraction, pairs: Sequence[Any] = ()
    ) -> Fraction | None:
        """What an affine function of the columns is at most, None where it grows without end.

        pairs: numbers of inequalities, and multipliers of them.
        """
        if pairs:
            terms, constant = self._add_walls(terms, constant, pairs)
        for j, value in terms.items():
            if not value or j in self.tied:
                continue
            side = self.high[j] if value > 0 else self.low[j]
            if side is None:
                return None
            constant += value * side

        for group in self.allowed:
            constant += max(terms.get(j, Fraction(0)) for j in group)
        return constant

    def largest(self, terms: Sparse, constant: Fraction) -> Fraction | None:
        """What an affine function of the columns, or its negative, is at most; None without end."""
        low, high = constant, constant
        for j, value in terms.items():
            if not value or j in self.tied:
                continue
            below, above = self.low[j], self.high[j]
            if below is None or above is None:
                return None
            ends = value * below, value * above
            low, high = (
                (low + ends[0], high + ends[1]) if value > 0 else (low + ends[1], high + ends[0])
            )

        for group in self.allowed:
            values = [terms.get(j, Fraction(0)) for j in group]
            low, high = low + min(values), high + max(values)
        return max(-low, high)

    def _add_walls(
        self, terms: Sparse, constant: Fraction, pairs: Sequence[Any]
    ) -> tuple[Sparse, Fraction]:
        terms = dict(terms)
        for row, y in zip(pairs[::2], pairs[1::2], strict=True):
            if not 0 <= row < len(self.limits) or not 0.0 <= y < 1e200:
                raise RefusedError(f"a multiplier {y} of row {row}, of {len(self.limits)} rows")
            wall, most = self.limits[row]
            reach = self.widest({j: abs(value) for j, value in wall.items()})
            if reach is None:
                raise RefusedError("an inequality over an open column shows nothing")
            weight = Fraction(y)
            constant += weight * (most + MEMBERSHIP_SLACK * (abs(most) + reach))
            for j, value in wall.items():
                terms[j] = terms.get(j, Fraction(0)) - weight * value

        return terms, constant

    def widest(self, slack: Sparse) -> Fraction | None:
        """What the sum of slack[j] |x_j|, and of slack[CONSTANT], is at most."""
        total = slack.get(CONSTANT, Fraction(0))
        for j, value in slack.items():
            if j < 0 or not value or j in self.tied:
                continue
            low, high = self.low[j], self.high[j]
            if low is None or high is None:
                return None
            total += value * max(abs(low), abs(high))
        for group in self.allowed:
            total += max(slack.get(j, Fraction(0)) for j in group)

        return total

    def check_point(self, point: Sequence[Any]) -> None:
        """RefusedError unless a point is in the domain, which might be empty otherwise."""
        x = [Fraction(value) for value in point]
        inside = len(x) == len(self.names)
        for value, low, high in zip(x, self.low, self.high, strict=False):
            inside &= (low is None or low <= value) and (high is None or value <= high)
        for group in self.groups:
            inside &= sorted(x[j] for j in group) == [*[0] * (len(group) - 1), 1]
        for terms, most in self.limits:
            inside &= sum((value * x[j] for j, value in terms.items()), Fraction(0)) <= most
        if not inside:
            raise RefusedError("its point isn't in the domain, which may be empty")


class Expression:
    """An affine function of columns, as j, and of what neurons give, as ~k; off by no more than the
    sum of slack[j] |x_j|, and slack[CONSTANT].
    """

    def __init__(self, terms: Sparse, constant: Fraction) -> None:
        self.terms, self.constant, self.slack = terms, constant, Sparse()

    def add(self, other: "Expression", weight: Fraction) -> None:
        """Add a multiple of another one."""
        if other.constant:
            self.constant += weight * other.constant
        add_terms(self.terms, other.terms, weight)
        self.widen(other.slack, abs(weight))

    def widen(self, slack: Sparse, weight: Fraction) -> None:
        """Be off by so much more."""
        add_terms(self.slack, slack, weight)

    def times(self, weight: Fraction) -> "Expression":
        """A multiple of it."""
        found = Expression({}, Fraction(0))
        found.add(self, weight)
        return found


class ExactLine(NamedTuple):
    """IF terms x > above THEN every score rises by a slope times the excess."""

    terms: Sparse
    above: Fraction
    slopes: tuple[Fraction, ...]


def read_lines(
    rules: Mapping[str, Any], names: Sequence[str], domain: WideDomain
) -> list[ExactLine]:
    """The lines of additive rules."""
    found = []
    for line in rules["lines"]:
        if set(line["slopes"]) != set(names):
            raise RefusedError(f"a line's scores aren't {', '.join(map(repr, names))}")
        slopes = tuple(Fraction(line["slopes"][name]) for name in names)
        found.append(ExactLine(domain.named(line["coefficients"]), Fraction(line["above"]), slopes))
    return found


class LineProof:
    """The model's neurons, one after the other, told to be fixed, lines, points or in groups; and
    what is left of the scores once the rules are taken off.

    z, phi: of every neuron that was told; kinds: what they were told to be; turn: -1 where the
    rules' score speaks of the other one of two classes. multipliers: those that show the ranges of
    neurons.
    """

    def __init__(
        self,
        rules: Mapping[str, Any],
        model: Mapping[str, Any],
        multipliers: Mapping[int, tuple[Sequence[Any], Sequence[Any]]] | None = None,
    ) -> None:
        self.rules, self.domain = rules, WideDomain(rules)
        self.multipliers = dict(multipliers or {})
        places = find_places(rules, model)[0]
        self.neurons, self.scores = (
            keep_read_inputs(units, places, model) for units in build_units(model)
        )
        self.turn = Fraction(_find_turn(rules, model))
        self.names = name_scores(rules, len(self.scores))
        self.lines = read_lines(rules, self.names, self.domain)
        self.z, self.phi, self.kinds = list[Expression](), list[Expression](), list[Any]()
        self.ranges: dict[int, tuple[Fraction | None, Fraction | None]] = {}

    def express(self, unit: Unit) -> Expression:
        """A unit, by the columns and by neurons of which no more is known."""
        found = Expression(dict(unit.inputs), unit.constant)
        for k, weight in unit.reads.items():
            found.add(self.phi[k], weight)
        if unit.reads:
            found.terms = {j: value for j, value in found.terms.items() if value}
        return found

    def tell(self, kind: Sequence[Any]) -> None:
        """What the next neuron is."""
        k = len(self.kinds)
        z = self.express(self.neurons[k])
        self.z.append(z)
        self.kinds.append(kind)
        name, *rest = kind
        if name == "fixed":
            self.phi.append(self._fix(k, Fraction(rest[0]), *rest[1:]))
        elif name == "points":
            self.phi.append(self._fold_points(k))
        elif name in ("line", "group", "unread"):
            if name == "line" and any(j < 0 for j in z.terms):
                raise RefusedError(f"neuron {k} reads others, and is said to be a line")
            self.phi.append(Expression({~k: UNIT}, Fraction(0)))
        else:
            raise RefusedError(f"a neuron of kind {shorten_text(str(name))!r}")

    def _fix(
        self, k: int, slope: Fraction, above: Sequence[Any] = (), below: Sequence[Any] = ()
    ) -> Expression:
        """phi(z) as slope * z, off by |1 - slope| where z > 0, and by |its own - slope| below."""
        z, worst, bounded = self.z[k], Fraction(0), True
        shares = (abs(1 - slope), abs(self.neurons[k].slope - slope))
        for share, sign, pairs in zip(shares, (1, -1), (above, below), strict=True):
            if share:
                most = self.bound(z, sign, pairs)
                bounded &= most is not None
                worst = max(worst, share * (most or 0))

        found = z.times(slope)
        if bounded:
            found.widen({CONSTANT: worst}, Fraction(1))
            return found
        if any(j < 0 for j in z.terms):
            raise RefusedError(f"neuron {k} isn't bounded, and is said to be linear")
        found.widen(_take_sizes(z), max(shares))
        return found

    def _fold_points(self, k: int) -> Expression:
        """phi(z) of a neuron that reads the categories of one column alone: a number for each."""
        z, slope = self.z[k], self.neurons[k].slope
        groups = {self.domain.tied.get(j) for j, value in z.terms.items() if value}
        if len(groups) != 1 or None in groups:
            raise RefusedError(f"neuron {k} doesn't read just the categories of one column")

        (group,) = groups
        values = {j: z.constant + z.terms.get(j, Fraction(0)) for j in self.domain.groups[group]}  # type: ignore[index]
        found = Expression(
            {j: value if value >= 0 else slope * value for j, value in values.items()}, Fraction(0)
        )
        found.widen(z.slack, max(Fraction(1), abs(slope)))
        return found

    def bound(self, z: Expression, sign: int, pairs: Sequence[Any] = ()) -> Fraction | None:
        """What sign * z is at most in the domain, None where nothing is known.

        pairs: numbers of inequalities, and multipliers of them; -(3 k + side + 1) is a side of the
        triangle around neuron k's phi(z): beyond z, beyond slope z, or this side of the chord (R.
        Ehlers, "Formal Verification of Piece-Wise Linear Feed-Forward Neural Networks", 2017).
        Neurons that are left are replaced, the last one first, by lines above and below them (H.
        Zhang et al., "Efficient Neural Network Robustness Certification", 2018), or by the ends of
        their ranges, whichever shows more.
        """
        total, walls = Expression({}, sign * z.constant), list[Any]()
        add_terms(total.terms, z.terms, Fraction(sign))
        for row, y in zip(pairs[::2], pairs[1::2], strict=True):
            if row >= 0:
                walls += [row, y]
            else:
                k, side = divmod(~row, 3)
                self._add_side(total, k, side, y)

        found = [self._replace_neurons(total, walls)]
        if any(j < 0 for j in z.terms):
            found.append(self._add_ends(total, walls))
        room, known = self.domain.widest(z.slack), [most for most in found if most is not None]
        return None if room is None or not known else min(known) + room

    def _add_side(self, total: Expression, k: int, side: int, y: float) -> None:
        """Add a multiple of what isn't negative on a side of a neuron's triangle."""
        if not 0 <= k < len(self.z) or not 0.0 <= y < 1e200:
            raise RefusedError(f"a multiplier {y} of a side of neuron {k}, of {len(self.z)}")
        beyond, weight = self.neurons[k].slope > 1, Fraction(y)
        line = self.relax(k, upper=beyond == (side < 2), share=Fraction(side == 0))
        if line is None:
            raise RefusedError(f"neuron {k} has no chord")

        weight *= 1 if beyond == (side < 2) else -1  # of gain z + offset - phi(z), or its negative
        total.add(self.z[k], weight * line[0])
        total.add(Expression({~k: UNIT}, Fraction(0)), -weight)
        total.constant += abs(weight) * line[1]

    def _replace_neurons(self, given: Expression, walls: Sequence[Any]) -> Fraction | None:
        """What an expression is at most by lines of the neurons that it reads."""
        total = given.times(UNIT)
        while (last := min(total.terms, default=0)) < 0:
            weight, k = total.terms.pop(last), ~last
            if not weight:
                continue
            line = self.relax(k, upper=weight > 0)
            if line is None:
                return None
            total.add(self.z[k], weight * line[0])
            total.constant += abs(weight) * line[1]

        most = self.domain.highest(total.terms, total.constant, walls)
        room = self.domain.widest(total.slack)
        return None if most is None or room is None else most + room

    def _add_ends(self, given: Expression, walls: Sequence[Any]) -> Fraction | None:
        """What an expression is at most by the ends of the neurons that it reads."""
        terms, total = Sparse(), given.constant
        for j, value in given.terms.items():
            if j >= 0:
                terms[j] = value
            elif value:
                end = self._find_end(~j, upper=value > 0)
                if end is None:
                    return None
                total += value * end
        most, room = self.domain.highest(terms, total, walls), self.domain.widest(given.slack)

        return None if most is None or room is None else most + room

    def _find_end(self, k: int, *, upper: bool) -> Fraction | None:
        """What phi(z) is at most, or at least; None where it has no end."""
        slope, (low, high) = self.neurons[k].slope, self._find_range(k)
        if (high is None and upper) or (low is None and slope and upper == (slope < 0)):
            return None
        ends = [z if z >= 0 else slope * z for z in (low, high) if z is not None]
        if (low is None or low < 0) and (high is None or high > 0):
            ends.append(Fraction(0))
        return max(ends) if upper else min(ends)

    def relax(
        self, k: int, *, upper: bool, share: Fraction | None = None
    ) -> tuple[Fraction, Fraction] | None:
        """(gain, offset): phi(z) <= gain z + offset, or >= gain z - offset; None for none."""
        slope, (low, high) = self.neurons[k].slope, self._find_range(k)
        if low is not None and low >= 0:
            return UNIT, Fraction(0)
        if high is not None and high <= 0:
            return slope, Fraction(0)
        if upper != (slope <= 1):  # phi is the larger one of z and slope z, or the smaller
            if share is None:
                share = Fraction(low is None or high is None or high >= -low)
            return slope + share * (1 - slope), Fraction(0)
        if low is not None and high is not None:
            gain = Fraction(float((high - slope * low) / (high - low)))
            ends = (high - gain * high, slope * low - gain * low)
            return gain, max(ends) if upper else -min(ends)
        if low is not None:
            return UNIT, abs(1 - slope) * -low

        return None if high is None else (slope, abs(1 - slope) * high)

    def _find_range(self, k: int) -> tuple[Fraction | None, Fraction | None]:
        """What z is at least and at most."""
        if k not in self.ranges:
            below, above = self.multipliers.get(k, ((), ()))
            low, high = self.bound(self.z[k], -1, below), self.bound(self.z[k], 1, above)
            self.ranges[k] = (
                None if low is None else -_round_fraction_up(low),
                None if high is None else _round_fraction_up(high),
            )
        return self.ranges[k]


def read_ranges(said: Iterable[Sequence[Any]]) -> dict[int, tuple[list[Any], list[Any]]]:
    """Multipliers that show what neurons are at least and at most: [neuron, below, above]."""
    return {k: (below, above) for k, below, above in said}


def _take_sizes(z: Expression) -> Sparse:
    """What an expression is at most, as a slack."""
    found = {j: abs(value) for j, value in z.terms.items()}
    found[CONSTANT] = abs(z.constant)
    add_terms(found, z.slack, UNIT)
    return found


def _round_fraction_up(value: Fraction) -> Fraction:
    """A float64 that isn't below: few digits."""
    near = float(value)
    return Fraction(near if Fraction(near) >= value else math.nextafter(near, math.inf))


class LineGap(NamedTuple):
    """What is left of one score. rest: of the columns; hinges: by the number of the line; groups:
    what every group's neurons weigh; weights: those of neurons that are lines; base: of the rules.
    """

    rest: Expression
    hinges: list[Fraction]
    groups: dict[int, dict[int, Fraction]]
    weights: dict[int, Fraction]
    base: Expression


class LineChecker:
    """Compares scores with lines, as algebra. virtual: neurons that are no line of the rules, to
    which others are compared, as their kinds cancel out.
    """

    def __init__(self, proof: LineProof, virtual: Sequence[int]) -> None:
        self.proof = proof
        none = tuple(Fraction(0) for _ in proof.scores)
        given = [proof.z[k] for k in virtual]
        if any(j < 0 for z in given for j in z.terms):
            raise RefusedError("a neuron that reads others is said to be a line")
        self.lines = [*proof.lines, *(ExactLine(z.terms, -z.constant, none) for z in given)]
        self.matches: dict[int, tuple[Fraction, Sparse]] = {}

    def compare(self, i: int, shifts: Mapping[int, Expression]) -> LineGap:
        """What is left of score i; shifts: what groups are said to add beside their rules."""
        proof, own = self.proof, self.proof.rules["base"]
        if set(own) != set(proof.names):
            raise RefusedError(f"the base's scores aren't {', '.join(map(repr, proof.names))}")
        said = own[proof.names[i]]
        base = Expression(proof.domain.named(said["coefficients"]), Fraction(said["constant"]))

        whole = proof.express(proof.scores[i]).times(proof.turn)
        neurons = {~j: whole.terms.pop(j) for j in [j for j in whole.terms if j < 0]}
        whole.add(base, Fraction(-1))
        gap = LineGap(whole, [-line.slopes[i] for line in self.lines], {}, {}, base)
        for shift in shifts.values():
            whole.add(shift, Fraction(1))
        for k, weight in neurons.items():
            if weight:
                self._add_neuron(gap, k, weight)
        return gap

    def measure(self, i: int, gap: LineGap) -> Sparse:
        """The absolute terms of score i, of rules and model together."""
        total = _take_sizes(gap.base)
        for line in self.lines:
            add_terms(total, _take_sizes(Expression(line.terms, line.above)), abs(line.slopes[i]))
        for k, weight in gap.weights.items():
            add_terms(total, _take_sizes(self.proof.z[k]), abs(weight))
        return total

    def _add_neuron(self, gap: LineGap, k: int, weight: Fraction) -> None:
        proof, (name, *rest) = self.proof, self.proof.kinds[k]
        if name == "group":
            gap.groups.setdefault(rest[0], {})[k] = weight
            return
        if name != "line":
            raise RefusedError(f"neuron {k} is read, and nothing is told of it")

        number, side = rest
        z, slope = proof.z[k], proof.neurons[k].slope
        ratio, slack = self._match(k, number, side)
        if slope or side < 0:
            gap.rest.add(z, weight * slope if side > 0 else weight)
        gap.rest.widen(slack, abs(weight * (1 - slope)))
        gap.hinges[number] += weight * (1 - slope) * ratio
        gap.weights[k] = weight

    def _match(self, k: int, number: int, side: int) -> tuple[Fraction, Sparse]:
        """The ratio of side * z to a line, and by what the two are apart."""
        if k in self.matches:
            return self.matches[k]
        if not 0 <= number < len(self.lines) or side not in (1, -1):
            raise RefusedError(f"neuron {k} is said to be line {number} of {len(self.lines)}")

        z, line = self.proof.z[k], self.lines[number]
        lead = max(line.terms, key=lambda j: abs(line.terms[j]), default=None)
        if lead is None or not line.terms[lead]:
            raise RefusedError(f"line {number + 1} reads no column")
        ratio = side * z.terms.get(lead, Fraction(0)) / line.terms[lead]
        if ratio <= 0:
            raise RefusedError(f"neuron {k} doesn't rise with line {number + 1}")

        off = Expression({}, side * z.constant + ratio * line.above)
        for j, value in line.terms.items():
            if rest := ratio * value - side * z.terms.get(j, Fraction(0)):
                off.terms[j] = rest
        for j in z.terms.keys() - line.terms.keys():
            off.terms[j] = z.terms[j]
        off.slack = z.slack
        self.matches[k] = ratio, self._measure(off)
        return self.matches[k]

    def _measure(self, off: Expression) -> Sparse:
        """What an expression of columns is at most, as one number where it is bounded."""
        if not off.constant and not off.terms:
            return off.slack
        most = self.proof.domain.largest(off.terms, off.constant)
        if most is None:
            return _take_sizes(off)
        return {**off.slack, CONSTANT: off.slack.get(CONSTANT, Fraction(0)) + most}

    def bound(self, gap: LineGap) -> Fraction | None:
        """What is left at most, groups aside; None where that has no end."""
        domain, rest = self.proof.domain, gap.rest
        most, room = domain.largest(rest.terms, rest.constant), domain.widest(rest.slack)
        if most is None or room is None:
            return None
        total = most + room
        for line, slope in zip(self.lines, gap.hinges, strict=True):
            if slope:
                excess = domain.highest(line.terms, -line.above)
                if excess is None:
                    return None
                total += abs(slope) * max(Fraction(0), excess)

        return total

    def relate(self, i: int, gap: LineGap) -> Fraction | None:
        """The same as a share of the absolute terms, wherever the columns are; None for none."""
        rest = gap.rest
        off = _take_sizes(_center_groups(rest, self.proof.domain))
        for line, slope in zip(self.lines, gap.hinges, strict=True):
            if slope:
                add_terms(off, _take_sizes(Expression(line.terms, line.above)), abs(slope))

        least = self.measure(i, gap)
        for group in self.proof.domain.allowed:
            off[CONSTANT] += max(off.get(j, Fraction(0)) for j in group)
            least[CONSTANT] += min(least.get(j, Fraction(0)) for j in group)
        shares = [Fraction(0)]
        for j, value in off.items():
            if value and j not in self.proof.domain.tied:
                if not least.get(j):
                    return None
                shares.append(value / least[j])
        return max(shares)


def _center_groups(rest: Expression, domain: WideDomain) -> Expression:
    """The same function, as exactly one of each group is 1, with the first member's number in the
    constant.
    """
    found = rest.times(Fraction(1))
    for group in domain.allowed:
        first = found.terms.get(group[0], Fraction(0))
        found.constant += first
        for j in group:
            found.terms[j] = found.terms.get(j, Fraction(0)) - first
    return found


def read_shift(said: Sequence[Any], count: int) -> Expression:
    """What a group adds to a score beside its rules: [constant, column, coefficient, ...]."""
    constant, *pairs = said
    terms = {j: Fraction(value) for j, value in zip(pairs[::2], pairs[1::2], strict=True)}
    if any(type(j) is not int or not 0 <= j < count for j in terms):
        raise RefusedError("a group is shifted along a column that isn't there")
    return Expression(terms, Fraction(constant))


def make_group_rules(rules: Mapping[str, Any], names: Sequence[str], group: int) -> dict[str, Any]:
    """A group's rules as a rules file has them."""
    own = rules["neuron_groups"][group]
    found = {name: rules[name] for name in DOMAIN_PARTS if name in rules}

    return {
        **found,
        "outputs": list(names),
        "complete": True,
        "splits": own["splits"],
        "rules": own["rules"],
    }


def make_group_context(
    proof: LineProof,
    group: int,
    weights: Sequence[Mapping[int, Fraction]],
    shifts: Sequence[Expression],
) -> "ProofContext":
    """The neurons of a group as a model of their own. weights: of every score; shifts: what is
    taken off.
    """
    said = make_group_rules(proof.rules, proof.names, group)
    space = DomainSpace(said)
    members = [k for k, kind in enumerate(proof.kinds) if kind[0] == "group" and kind[1] == group]
    number = {k: i for i, k in enumerate(members)}
    neurons = []

    for k in members:
        z = proof.z[k]
        reads = {~j: value for j, value in z.terms.items() if j < 0 and value}
        if not set(reads) <= set(number):
            raise RefusedError(f"neuron {k} of group {group + 1} reads one that isn't in it")
        unit = Unit(
            {j: value for j, value in z.terms.items() if j >= 0 and value},
            z.constant,
            {number[j]: value for j, value in reads.items()},
            proof.neurons[k].slope,
        )
        form = express_unit(unit, space)
        room = proof.domain.widest(z.slack)
        if room is None:
            raise RefusedError(f"neuron {k} isn't bounded")
        form.own[-1] += -(-room.numerator * ONE // room.denominator)
        neurons.append(form)

    scores = [
        Unit(
            {j: -value for j, value in shift.terms.items() if value},
            -shift.constant,
            {number[k]: value for k, value in own.items()},
            Fraction(1),
        )
        for own, shift in zip(weights, shifts, strict=True)
    ]
    return ProofContext(said, {}, (neurons, [express_unit(unit, space) for unit in scores]))


class AdditiveBounds(NamedTuple):
    """How far every score is off at most, or what share of its terms where that has no end.

    gaps: what was compared.
    """

    bounds: list[Fraction | None]
    shares: list[Fraction | None]
    gaps: list[LineGap]
    shifts: list[list[Expression]]


def compare_lines(found: Mapping[str, Any], proof: LineProof) -> AdditiveBounds:
    """The scores and the lines, groups aside; found: kinds of all neurons, in a certificate."""
    if len(found["neurons"]) != len(proof.neurons):
        raise RefusedError(f"it tells {len(found['neurons'])} neurons of {len(proof.neurons)}")
    for kind in found["neurons"]:
        proof.tell(kind)
    count, own = len(proof.domain.names), proof.rules["neuron_groups"]
    if len(found["groups"]) != len(own):
        raise RefusedError(f"it proves {len(found['groups'])} groups of {len(own)}")

    shifts = [[read_shift(said, count) for said in group["shift"]] for group in found["groups"]]
    if any(len(group) != len(proof.scores) for group in shifts):
        raise RefusedError("a group isn't shifted for every score")
    checker = LineChecker(proof, found["virtual"])
    gaps = [
        checker.compare(i, {g: group[i] for g, group in enumerate(shifts)})
        for i in range(len(proof.scores))
    ]
    bounds = [checker.bound(gap) for gap in gaps]
    shares = [
        checker.relate(i, gap) if bound is None else None
        for i, (gap, bound) in enumerate(zip(gaps, bounds, strict=True))
    ]
    return AdditiveBounds(bounds, shares, gaps, shifts)


def check_additive(
    found: Mapping[str, Any],
    rules: Mapping[str, Any],
    model: Mapping[str, Any],
    told: Callable[[int], None] = lambda _: None,
) -> Verdict:
    """What a certificate of additive rules shows, whatever it says of that.

    RefusedError where it shows nothing. told: called with the number of groups done.
    """
    if rules.get("version") not in ADDITIVE_VERSIONS:
        raise RefusedError(f"the file of additive rules is of version {rules.get('version')!r}")
    notes = bind_names({**rules, "version": RULES_VERSIONS[-1]}, model)
    proof = LineProof(rules, model, read_ranges(found.get("ranges", ())))
    proof.domain.check_point(found["point"])
    known = compare_lines(found, proof)
    totals, leaves = list(known.bounds), 0

    for g, group in enumerate(found["groups"]):
        told(g)
        weights = [gap.groups.get(g, {}) for gap in known.gaps]
        ground = make_group_context(proof, g, weights, known.shifts[g])
        walks, _, _ = walk_trees(group, make_group_rules(rules, proof.names, g), {}, ground)
        leaves += sum(walk.leaves for walk in walks)
        for i, total in enumerate(totals):
            if total is None:
                raise RefusedError("groups are proven of bounded columns alone")
            off = max(max(walk.worst[2 * i : 2 * i + 2]) for walk in walks)
            totals[i] = total + Fraction(off, ONE)
    _check_stray_groups(known.gaps, len(found["groups"]))

    bounds = tuple((math.inf if total is None else _to_float_up(total),) for total in totals)
    share = max((share for share in known.shares if share is not None), default=None)
    lost = any(
        total is None and share is None for total, share in zip(totals, known.shares, strict=True)
    )
    if lost:
        raise RefusedError(
            "the rules have terms that the model lacks, in columns without bounds: they can't be "
            "off by a share of the terms"
        )
    bound = max((own[0] for own in bounds), default=0.0)
    notes = (*_describe_groups(rules), *notes)
    return Verdict(
        True, bound, bounds, leaves, True, False, model["read"], notes, "", len(rules["lines"]),
        None if share is None else _to_float_up(share),
    )  # fmt: skip


def _check_stray_groups(gaps: Sequence[LineGap], count: int) -> None:
    if any(type(g) is not int or not 0 <= g < count for gap in gaps for g in gap.groups):
        raise RefusedError("a neuron is in a group that isn't there")


def _to_float_up(value: Fraction) -> float:
    return float(_round_fraction_up(value))


def check(found: Mapping[str, Any], rules: Mapping[str, Any], model: Mapping[str, Any]) -> Verdict:
    """Whether a certificate holds for these rules and this model, all three as they are in their
    JSON files.
    """
    try:
        verdict = _check_certificate(found, rules, model)
    except RefusedError as error:
        return Verdict(False, math.inf, why=str(error))
    except RecursionError:
        return Verdict(False, math.inf, why="it is nested too deeply to be read")
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        why = f"{type(error).__name__}: {shorten_text(str(error))}"
        return Verdict(
            False, math.inf, why=f"certificate, rules or model aren't laid out as expected ({why})"
        )

    return verdict


def _check_certificate(
    found: Mapping[str, Any], rules: Mapping[str, Any], model: Mapping[str, Any]
) -> Verdict:
    if found["format"] != FORMAT:
        raise RefusedError(
            f"it is no certificate: its format is {found['format']!r}, expected {FORMAT!r}"
        )

    if found["version"] != VERSION:
        raise RefusedError(
            f"the certificate is of version {found['version']!r}, and this reads version "
            f"{VERSION}, which binds names too; make it anew with `relurules prove`"
        )

    if found["digest"] != hash_json(
        {name: value for name, value in found.items() if name != "digest"}
    ):
        raise RefusedError("the certificate was changed after it was written")

    for name, value in hash_rules_and_model(rules, model).items():
        if found["digests"].get(name) != value:
            raise RefusedError(
                f"it is about another {name}" if name != "rules" else "it is about other rules"
            )

    additive = rules.get("format") == ADDITIVE_FORMAT
    if (found.get("form", "partition") == "additive") != additive:
        raise RefusedError("it is about rules of another form")
    if additive:
        return _check_additive_claim(found, check_additive(found, rules, model))

    verdict = check_trees(found, rules, model)
    if [list(own) for own in verdict.bounds] != found["bounds"] or verdict.bound != found["bound"]:
        raise RefusedError(
            f"it says {found['bound']!r} and shows {verdict.bound!r}, or says so of a rule"
        )

    return verdict


def _check_additive_claim(found: Mapping[str, Any], verdict: Verdict) -> Verdict:
    """The verdict; RefusedError where the certificate says something else."""
    if list_additive_claim(verdict) != {name: found[name] for name in ("bound", "bounds", "share")}:
        raise RefusedError(
            f"it says {found['bound']!r} and shows {verdict.bound!r}, or says so of a score"
        )
    return verdict


def list_additive_claim(verdict: Verdict) -> dict[str, Any]:
    """What a certificate of additive rules says that it shows; null for what has no end."""
    bounds = [[own if math.isfinite(own) else None for own in score] for score in verdict.bounds]
    bound = verdict.bound if math.isfinite(verdict.bound) else None
    return {"bound": bound, "bounds": bounds, "share": verdict.share}


def main(paths: Sequence[str]) -> int:
    """Check a certificate from the command line; 1 where it doesn't hold, 2 where a file can't be
    read.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")

    if len(paths) != 3:
        sys.stderr.write(__doc__ or "")
        return 2

    try:
        certificate, rules, model = map(read_object, paths)
    except ValueError as error:
        sys.stderr.write(f"error: {error}\n")
        return 2

    verdict = check(certificate, rules, model)
    sys.stdout.write(describe_verdict(verdict) + "\n")
    return 0 if verdict else 1


def describe_verdict(verdict: Verdict) -> str:
    """A verdict in words."""
    if not verdict:
        return f"refused: {verdict.why}"

    what = (
        (
            "the model decides as the rules say wherever its scores are more than "
            f"{verdict.bound:.3g} from a tie"
        )
        if verdict.decision
        else f"|model - rules| <= {verdict.bound:.3g} for every score"
    )
    if verdict.lines is not None:
        return _describe_additive(verdict)
    where = (
        "everywhere in the domain"
        if verdict.covers
        else "wherever there is a rule; not all of the domain has one"
    )
    how = f"({len(verdict.bounds)} rules, {verdict.leaves} pieces, from the {verdict.model})"

    return "; ".join((f"proven: {what}, {where} {how}", *verdict.notes))


def _describe_additive(verdict: Verdict) -> str:
    lines = f"{verdict.lines} line{'' if verdict.lines == 1 else 's'}"
    most = f"{verdict.bound:.3g} for every score"
    if verdict.share is not None:
        most = f"{verdict.share:.3g} of the sum of its absolute terms, for every score"
    said = f"proven: |model - rules| <= {most}, everywhere in the domain"
    return "; ".join((f"{said} ({lines}, from the {verdict.model})", *verdict.notes))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
