"""Checks that lines which add up are a model, up to a bound, everywhere in their domain.

    python check_short_lines.py certificate.json rules.json model.json

Ends with 0 where that is proven, 1 where it isn't, 2 where a file can't be read, and 3 where the
certificate is of a kind that only check.py judges. It needs Python alone. Read it from the top:
files, claim, names, functions, model, domain, neurons, scores.

Rules say that a score is its base and, for each line, its slope times max(0, line). The model says
that a score is a sum of neurons, each of which gives z where z >= 0 and slope z elsewhere. The
certificate says of each neuron which line it is, or which function of the columns. It isn't
believed: what a neuron may differ by from that is added to the bound, and so is all that is left of
a score once the rules are taken off. Numbers of files are the rationals that they are, and nothing
is rounded. What isn't as it should be raises one of REFUSALS.
"""

import hashlib
import json
import math
import sys
from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

REFUSALS = (ValueError, ArithmeticError, AttributeError, LookupError, TypeError, RecursionError)
MOST_BYTES, MOST_DIGITS = 1 << 30, 300
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
    return Fraction(value) if value else ZERO


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
    """What of the claim check.py alone judges, of all that is seen before anything is computed."""
    ends = [own[side] for own in rules["features"] for side in ("lower", "upper")]
    form = certificate.get("form"), rules.get("format")
    kinds = {
        "anything but additive rules": form != ("additive", "relurules.additive"),
        "claims about code": certificate.get("artefacts") is not None,
        "groups of neurons": rules.get("neuron_groups"),
        "columns without bounds": None in ends,
        "links other than the model's": rules.get("heads") != model.get("heads"),
        "labels that differ": hash_json(rules.get("labels")) != hash_json(model.get("labels")),
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
    require(rules["version"] == 1 and rules.get("decision") is None, "rules of another version")
    require(model["read"] in ("stored weights", "canonical form as traced"), "of which numbers?")
    for found in (certificate, rules, model):
        require(all(isinstance(found.get(name, []), list) for name in LISTS), "no list")


# Names: columns and outputs of the rules are the model's.
def check_names(rules: Any, model: Any, at: Sequence[int], kept: Sequence[int]) -> list[str]:
    """ValueError where names differ; in words, what they leave open."""
    own, labels, columns = model["named"], rules.get("labels"), model.get("columns")
    tables = [rules.get("columns"), None if columns is None else [columns[j] for j in kept]]
    more = [any(column.keys() - {"name"} for column in table or ()) for table in tables]
    kinds = [table if said else None for table, said in zip(tables, more, strict=True)]
    require(own["columns"] is not True or kinds[0] == kinds[1], "kinds of columns differ")
    outputs, given = model["outputs"], [feature["name"] for feature in rules["features"]]
    require(len(model.get("heads", outputs)) == len(outputs), "not as many links as outputs")
    named, default = [model["features"][j] for j in at], [f"x{j}" for j in at]
    notes = compare_names("columns", (given, named, default), own["columns"])
    default = ["y"] if len(outputs) == 1 else [f"y{i}" for i in range(len(outputs))]
    notes += compare_names("outputs", (rules["outputs"], outputs, default), own["outputs"])
    if own["columns"] is not True and tables[0] is not None:
        notes.append("how a table becomes columns of numbers is the rules' word alone")
    known = labels is None or (isinstance(labels["values"], list) and "threshold" in labels)
    require(known, "labels are no list, or of no threshold")
    return notes


def find_places(rules: Any, model: Any) -> tuple[list[int], list[int]]:
    """Which of the model's inputs and table columns the rules have; all where they don't say."""
    count, columns = len(model["features"]), len(model.get("columns") or model["features"])
    at, kept, said = [*range(count)], [*range(columns)], rules.get("places")
    if said is not None:
        require(said["coordinate_count"] == count, "the model has another number of columns")
        at, kept = said["coordinates"], said["columns"]
    for places, most in ((at, count), (kept, columns)):
        known = isinstance(places, list) and all(is_index(j, most) for j in places)
        require(known and sorted(set(places)) == places, "a column is at no place of the model's")
    return at, kept


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


def name_scores(rules: Any, count: int) -> list[str]:
    """What rules call scores: as outputs, or, with links, by a name that starts no other."""
    if "heads" not in rules:
        require(len(rules["outputs"]) == count, "not as many outputs as scores")
        return list(rules["outputs"])
    name, taken = "score", [*rules["outputs"], *(own["name"] for own in rules["features"])]
    while any(other.lower().startswith(name) for other in taken):
        name = f"raw_{name}"
    return [name] if count == 1 else [f"{name}_{i}" for i in range(1, count + 1)]


# Affine functions: coefficients of columns by name, of outputs of neurons by number, and a constant
# and a slack: the true function is nowhere in the domain further from the affine one than that.
Affine = dict[Any, Fraction]
CONSTANT, SLACK, ZERO, ONE = -1, -2, Fraction(0), Fraction(1)


def combine(terms: Iterable[tuple[Any, Affine]]) -> Affine:
    """A weighted sum, exactly. Slacks add up, whatever the signs."""
    total: Affine = {CONSTANT: ZERO, SLACK: ZERO}
    for weight, own in terms:
        for key, value in own.items() if weight else ():
            more = value * (weight if key != SLACK else abs(weight))
            total[key] = total[key] + more if key in total else more
    return total


def list_reads(own: Affine) -> dict[int, Fraction]:
    """The neurons that a function reads."""
    return {k: v for k, v in own.items() if type(k) is int and k >= 0 and v}


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
        rows = zip(signals, *map(read_numbers, parts), strict=True)
        return [combine([(t / over, s), (plus - minus * t / over, {CONSTANT: ONE})])
                for s, minus, over, t, plus in rows]  # fmt: skip
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


# The domain: ends of columns, inequalities, groups of which one member is 1 and the others are 0.
def list_groups(rules: Any) -> list[list[str]]:
    """The rules' columns for the categories of each table column."""
    names, groups = [own["name"] for own in rules["features"]], list[list[str]]()
    first, table = 0, rules.get("columns", [])
    for column in table:
        categories = column.get("categories", [])
        require(isinstance(categories, list), "categories are no list")
        groups += [names[first : first + len(categories)]] if categories else []
        first += len(categories) or 1
    require(not table or first == len(names), "table columns don't become the rules' columns")
    said = rules.get("groups", [])
    require(all(isinstance(group, list) for group in said), "a group is no list")
    if sorted(map(sorted, said)) != sorted(map(sorted, groups)):
        raise NotImplementedError("groups that aren't the categories of each column")
    return groups


class LineDomain:
    """What rows may be, and how large functions of them."""

    def __init__(self, rules: Any) -> None:
        self.ends = {own["name"]: (read_number(own["lower"]), read_number(own["upper"]))
                     for own in rules["features"]}  # fmt: skip
        self.groups = list_groups(rules)
        self.tied = {name for group in self.groups for name in group}
        if any(self.ends[name] != (ZERO, ONE) for name in self.tied):
            raise NotImplementedError("categories that the domain leaves out")
        self.spans = {**self.ends, CONSTANT: (ONE, ONE), SLACK: (ONE, ONE)}
        #: What isn't positive where an inequality holds.
        self.limits = [self.express(own, "at_most", -1) for own in rules["constraints"]]

    def express(self, said: Any, constant: str, sign: int = 1) -> Affine:
        """Coefficients and, with this sign, a constant as a function of columns that are there."""
        require(said["coefficients"].keys() <= self.ends.keys(), "a column isn't there")
        own = {name: read_number(value) for name, value in said["coefficients"].items()}
        return {**own, CONSTANT: sign * read_number(said[constant]), SLACK: ZERO}

    def find_highest(self, own: Affine) -> Fraction:
        """The most that a function of columns can be. Of each group one member is 1, and counts."""
        plain = [(key, value) for key, value in own.items() if value and key not in self.tied]
        total = sum((value * self.spans[key][value > 0] for key, value in plain), ZERO)
        return total + sum(max(own.get(name, ZERO) for name in group) for group in self.groups)

    def find_size(self, own: Affine) -> Fraction:
        """The most that the absolute value of a function can be."""
        return max(self.find_highest(own), self.find_highest(combine([(-1, own)])))

    def check_point(self, values: Any) -> None:
        """ValueError unless a point is in the domain: were that empty, all would be true of it."""
        x = {**dict(zip(self.ends, read_numbers(values), strict=True)), CONSTANT: ONE, SLACK: ZERO}
        inside = [low <= x[name] <= high for name, (low, high) in self.ends.items()]
        inside += [sorted(x[j] for j in own) == [0] * (len(own) - 1) + [1] for own in self.groups]
        inside += [sum(v * x[key] for key, v in own.items()) <= 0 for own in self.limits]
        require(all(inside), "its point isn't in the domain, which may be empty")


# The proof: what is said of each neuron, and what is left of the scores.
class ToldNeurons:
    """Neurons as z and slope; z and outputs of those that were told, by columns and by lines."""

    def __init__(self, rules: Any, model: Any) -> None:
        self.domain, (at, kept) = LineDomain(rules), find_places(rules, model)
        self.notes = check_names(rules, model, at, kept)
        names = {j: (j,) for j in range(len(model["features"]))}
        names |= dict(zip(at, self.domain.ends, strict=True))
        self.neurons = list[tuple[Affine, Fraction]]()
        self.scores: list[Affine] = [{name: ONE} for name in names.values()]
        for layer in model["layers"]:
            self.scores = apply_layer(layer, self.scores, self.neurons)
        for own in (*(z for z, _ in self.neurons), *self.scores):
            lost = any(value for key, value in own.items() if isinstance(key, tuple))
            require(not lost, "the model reads a column that the rules leave out")
        self.lines = [self.domain.express(own, "above", -1) for own in rules["lines"]]
        self.z, self.outputs = list[Affine](), list[Affine]()

    def replace_neurons(self, own: Affine) -> Affine:
        """A function of columns and of neurons that are lines."""
        reads = list_reads(own)
        rest = {key: value for key, value in own.items() if key not in reads}
        return combine([(1, rest), *((value, self.outputs[k]) for k, value in reads.items())])

    def tell(self, kind: Any, count: int) -> None:
        """What the next neuron is; count: of lines."""
        given, slope = self.neurons[len(self.z)]
        z, output = self.replace_neurons(given), {len(self.z): ONE}
        match kind:
            case ["fixed", gain, *pairs] if len(pairs) <= 2:
                output = self.fix(z, slope, read_number(gain), [*pairs, [], []])
            case ["points"]:
                output = self.fold_points(z, slope)
            case ["line", number, side]:
                known = is_index(number, count) and type(side) is int and side in (1, -1)
                require(known, "a neuron is no line, or on no side of one")
                require(not list_reads(z), "a neuron that reads others is said to be a line")
            case _:
                require(kind == ["unread"], "what is said of a neuron isn't known")
        self.z.append(z)
        self.outputs.append(output)

    def fix(self, z: Affine, slope: Fraction, gain: Fraction, pairs: list[Any]) -> Affine:
        """The output as gain z: off by |1 - gain| of z where z > 0, by |slope - gain| below 0."""
        require(all(isinstance(own, list) for own in pairs), "multipliers are no list")
        worst = ZERO
        for share, sign, own in ((abs(1 - gain), 1, pairs[0]), (abs(slope - gain), -1, pairs[1])):
            if share and (own or list_reads(z)):
                raise NotImplementedError("signs of neurons that more than columns' bounds show")
            if share:
                worst = max(worst, share * self.domain.find_highest(combine([(sign, z)])))
        return combine([(gain, z), (worst, {SLACK: ONE})])

    def fold_points(self, z: Affine, slope: Fraction) -> Affine:
        """The output of a neuron that reads one group alone: it has a number for each member."""
        reads = {key for key, value in z.items() if value and key not in (CONSTANT, SLACK)}
        (group,) = [own for own in self.domain.groups if reads & set(own)] or [[]]
        require(bool(reads) and reads <= set(group), "a neuron isn't of one group alone")
        values = {name: z[CONSTANT] + z.get(name, ZERO) for name in group}
        told = {name: value if value >= 0 else slope * value for name, value in values.items()}
        return {**told, SLACK: z[SLACK] * max(ONE, abs(slope))}

    def match_line(self, k: int, number: int, side: int) -> tuple[Fraction, Fraction]:
        """Which ratio side z has to a line, by its largest coefficient; how far it is off."""
        line, z = self.lines[number], self.z[k]
        lead = max(self.domain.ends, key=lambda name: abs(line.get(name, ZERO)))
        ratio = side * z.get(lead, ZERO) / line[lead] if line.get(lead) else ZERO
        require(ratio > 0, f"neuron {k} doesn't rise with line {number + 1}")
        return ratio, self.domain.find_size(combine([(side, z), (-ratio, line)]))

    def bound_gap(self, gap: Affine, slopes: list[Fraction], kinds: Any) -> Fraction:
        """How large what is left of a score can be, once lines are taken off with their slopes.
        With z = ratio line a neuron gives slope z + (1 - slope) ratio max(0, line); with -z = ratio
        line, z + (1 - slope) ratio max(0, line).
        """
        reads, hinges = list_reads(gap), [-slope for slope in slopes]
        terms = [(ONE, {key: value for key, value in gap.items() if key not in reads})]
        for k, weight in reads.items():
            require(kinds[k][0] == "line", f"neuron {k} is read, and nothing is told of it")
            number, side = kinds[k][1:]
            slope, (ratio, off) = self.neurons[k][1], self.match_line(k, number, side)
            hinges[number] += weight * (1 - slope) * ratio
            terms.append((weight * slope if side > 0 else weight, self.z[k]))
            terms.append((weight * (1 - slope), {SLACK: off}))
        total = self.domain.find_size(combine(terms))
        for hinge, line in zip(hinges, self.lines, strict=True):
            total += abs(hinge) * max(ZERO, self.domain.find_highest(line)) if hinge else ZERO
        return total


def prove(certificate: Any, rules: Any, model: Any) -> tuple[list[Fraction], list[str]]:
    """How far each score of the model is from the rules' at most; and what that leaves open."""
    told, kinds, virtual = ToldNeurons(rules, model), certificate["neurons"], certificate["virtual"]
    told.domain.check_point(certificate["point"])
    require(rules["neuron_groups"] == [] == certificate["groups"], "groups of neurons in one alone")
    require(len(kinds) == len(told.neurons), "not every neuron is told, or one that isn't there")
    for kind in kinds:
        told.tell(kind, len(told.lines) + len(virtual))
    known = all(is_index(k, len(kinds)) and not list_reads(told.z[k]) for k in virtual)
    require(known, "there is no such neuron, or it reads others and is said to be a line")
    told.lines += [{**told.z[k], SLACK: ZERO} for k in virtual]
    numbers = [k for k, _, _ in certificate.get("ranges", [])]  # needed where neurons read others
    require(len({k for k in numbers if type(k) is int}) == len(numbers), "two ranges are of one")

    names, base, gaps = name_scores(rules, len(told.scores)), rules["base"], list[Fraction]()
    for own in (base, *(line["slopes"] for line in rules["lines"])):
        require(own.keys() == set(names), "the base, or a line, is of other scores")
    for name, score in zip(names, told.scores, strict=True):
        said = told.domain.express(base[name], "constant")
        gap = combine([(1, told.replace_neurons(score)), (-1, said)])
        slopes = read_numbers([own["slopes"][name] for own in rules["lines"]])
        gaps.append(told.bound_gap(gap, slopes + [ZERO] * len(virtual), kinds))
    return gaps, told.notes


def judge(certificate: Any, rules: Any, model: Any) -> tuple[list[Fraction], list[str]]:
    """What is shown, as `prove` gives it; one of REFUSALS where the certificate claims more."""
    if unjudged := find_unjudged(certificate, rules, model):
        raise NotImplementedError(unjudged)
    check_head(certificate, rules, model)
    gaps, notes = prove(certificate, rules, model)
    claims = map(read_numbers, certificate["bounds"])
    holds = all(claim >= gap for (claim,), gap in zip(claims, gaps, strict=True))
    holds &= read_number(certificate["bound"]) >= max(gaps, default=0)
    require(holds and certificate["share"] is None, "it shows less than it claims")
    return gaps, notes


def main(paths: Sequence[str]) -> int:
    """Judge the files, and say so."""
    try:
        certificate, rules, model = map(read_file, paths)
    except (OSError, MemoryError, *REFUSALS) as error:
        sys.stderr.write(f"error: three files are needed, and can't be read: {str(error)!a}\n")
        return 2
    try:
        notes = judge(certificate, rules, model)[1]
    except NotImplementedError as error:
        print(f"not judged: this checker doesn't judge {error}; check.py does")
        return 3
    except REFUSALS as error:
        kind = "" if type(error) is ValueError else f"not as specified: {type(error).__name__}: "
        print(f"refused: {kind}{str(error)!a}")
        return 1
    claim = f"|model - rules| <= {certificate['bound']!r} for every score, everywhere in the domain"
    how = f"{len(rules['lines'])} lines, from the {model['read']}"
    print(f"proven: {'; '.join((claim, *notes))} ({how})")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
