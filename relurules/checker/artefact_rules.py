"""Artefacts: partition rules in Python, C and JavaScript, and how far they may be from the model.

A condition is computed with an error, so that a row near a boundary may get the rule beside. Rows
that get a rule meet its conditions once these are moved outward by that error; over so much more
than the rule, its trees show how far it is from the model.
"""

import itertools
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from relurules.checker.artefact_code import CodeReader
from relurules.checker.artefact_domain import (
    ArtefactDomain,
    ArtefactForm,
    add_artefact_forms,
    read_artefact_terms,
)
from relurules.checker.artefact_text import ArtefactReader
from relurules.checker.forms import ONE
from relurules.checker.json_values import RefusedError, read_number
from relurules.checker.names import name_scores
from relurules.checker.partition_proof import walk_trees
from relurules.checker.rule_trees import list_tree_paths, read_conditions
from relurules.checker.targets import read_maps
from relurules.checker.trees import ProofContext

#: A hyperplane: its form, and what that is at least on the side `then`.
CutKey = tuple[tuple[tuple[Any, Fraction], ...], Fraction]
#: What a comparison says of a cut: whether both sides are negated, and the side that holds.
_COMPARISONS = {">=": (1, True), "<": (1, False), "<=": (-1, True), ">": (-1, False)}
_INDENT = "    "


class ExecutedReading(NamedTuple):
    """What is read of a text that is these rules: how far each score is off, at most, of lines or
    of every rule; and how far what is compared at each split.
    """

    scores: tuple[tuple[Fraction, ...], ...]
    splits: tuple[Fraction, ...] = ()


class RuleWords(NamedTuple):
    """How a language writes rules; K is the number of one, AT the indent of a statement.

    first, joint, last: before the first condition, between two, behind all. other, end: before and
    behind what holds else. result, score, between, close: before all scores of a rule, around that
    of score I, between two, behind all. nothing: what rows without a rule get.
    """

    first: str
    joint: str
    last: str
    other: str
    end: str
    result: str
    score: tuple[str, str]
    between: str
    close: str
    nothing: str


RULE_WORDS = {
    "python": RuleWords(
        "\nATif", "and", ":", "\nATelse:", "", "\nATreturn _result(K,", ("", ""), ",", ")",
        "\nATreturn _result(0, NANS)",
    ),
    "c": RuleWords(
        "if (", "&&", ") {", "} else {", "}", "", ("S[I] =", ";"), "", "return K;",
        "return outside(S);",
    ),
    "javascript": RuleWords(
        "\nif (", "\n&&", ") {", "\n} else {", "\n}", "\nreturn result(K,", ("", ""), ",", ");",
        "\nreturn result(0, NANS);",
    ),
}  # fmt: skip


def find_rule_form(reader: ArtefactReader) -> str:
    """Whether conditions have another side, as in form tree, or each rule all of its own. A wrong
    guess would be refused.
    """
    tokens = [token for token, _ in reader.tokens]
    pairs = itertools.pairwise(tokens)
    return "tree" if any(a == "else" and b in (":", "{") for a, b in pairs) else "rules"


class RulesReader:
    """Rules of one program. errors: of what is compared with each cut, at most."""

    def __init__(self, code: CodeReader, rules: Mapping[str, Any]) -> None:
        if rules.get("decision") is not None or rules["complete"] is not True:
            raise RefusedError("artefacts of decisions, or of a part of the domain, aren't read")
        self.code, self.reader, self.rules = code, code.reader, rules
        self.words = RULE_WORDS[code.target]
        self.cuts = [_read_cut(split, code.domain) for split in rules["splits"]]
        self.errors = dict.fromkeys(self.cuts, Fraction(0))
        self.due = [_list_rule_forms(rule, rules, code.domain) for rule in rules["rules"]]
        self.scores = [tuple[Fraction, ...]() for _ in self.due]
        self._names = dict[CutKey, str]()

    def read(self) -> ExecutedReading:
        """All of the program, in form tree or rules."""
        self.code.read_start(self._place(self.words.first, 1))
        ways = list(list_tree_paths(self.rules))  # refuses trees that are none
        if self.code.frame.form == "tree":
            self._read_node({"split": 0}, 1)
        else:
            self._read_list()
            self._check_gaps(ways)
        self.code.read_end()

        return ExecutedReading(tuple(self.scores), tuple(self.errors[cut] for cut in self.cuts))

    def _place(self, frame: str, depth: int, number: int = 0) -> str:
        return frame.replace("AT", _INDENT * depth).replace("K", str(number))

    def _read_node(self, node: Mapping[str, Any], depth: int) -> None:
        """What stands for a node of the rules' tree."""
        if "rule" in node:
            self._read_result(node["rule"], depth)
            return

        self.reader.expect(self._place(self.words.first, depth))
        cut, holds, _ = self._read_condition()
        if cut != self.cuts[node["split"]]:
            raise RefusedError("a condition of the artefact isn't that of the rules' tree there")
        self.reader.expect(self.words.last)
        split = self.rules["splits"][node["split"]]
        self._read_node(split["then" if holds else "otherwise"], depth + 1)
        self.reader.expect(self._place(self.words.other, depth))
        self._read_node(split["otherwise" if holds else "then"], depth + 1)
        self.reader.expect(self.words.end)

    def _read_list(self) -> None:
        """Rule by rule, each with all its conditions."""
        for number, sides in enumerate(read_conditions(self.rules), start=1):
            self.reader.expect(self._place(self.words.first, 1))
            found = {self._read_side()}
            while self.reader.accept(self.words.joint):
                found.add(self._read_side())
            if found != {(self.cuts[split], holds) for split, holds in sides}:
                raise RefusedError(f"the artefact's conditions of rule {number} aren't its own")
            self.reader.expect(self.words.last)
            self._read_result(number, 2)
            self.reader.expect(self.words.end)

        self.reader.expect(self.code.fill_nothing(self._place(self.words.nothing, 1)))

    def _read_condition(self) -> tuple[CutKey, bool, str]:
        """A cut, the side of it that is meant, and what is compared, where that is just a name."""
        start = self.reader.at
        value = self.reader.read_sum()
        name = self.reader.tokens[start][0] if self.reader.at == start + 1 else ""
        sign, holds = _COMPARISONS[self.reader.take(">=|<=|<|>", "a comparison")]
        limit = Fraction(self.reader.read_number())
        form = add_artefact_forms({}, self.code.domain.reduce(value.form), Fraction(sign))
        cut = (_sort_terms(form), sign * limit)
        if cut not in self.errors:
            raise RefusedError("a condition of the artefact is none of the rules'")
        self.errors[cut] = max(self.errors[cut], value.error)

        return cut, holds, name

    def _read_side(self) -> tuple[CutKey, bool]:
        """A condition. What is compared with a cut twice must be one name: then just one side of it
        holds, however that was rounded.
        """
        cut, holds, name = self._read_condition()
        if cut in self._names and not self._names[cut] == name != "":
            raise RefusedError("an artefact computes what two rules compare more than once")
        self._names[cut] = name

        return cut, holds

    def _read_result(self, number: int, depth: int) -> None:
        """The scores of a rule."""
        words, reader, errors = self.words, self.reader, list[Fraction]()
        reader.expect(self._place(words.result, depth, number))
        for i, due in enumerate(self.due[number - 1]):
            before, behind = (self.code.fill_frame(part, i) for part in words.score)
            reader.expect((words.between if i else "") + before)
            value = reader.read_sum()
            if self.code.domain.reduce(value.form) != due:
                raise RefusedError(f"a score of rule {number} in the artefact isn't its own")
            errors.append(value.error)
            reader.expect(behind)
        reader.expect(self._place(words.close, depth, number))

        known = self.scores[number - 1] or errors
        self.scores[number - 1] = tuple(map(max, known, errors))

    def _check_gaps(self, ways: Sequence[tuple[int, Sequence[tuple[int, bool]]]]) -> None:
        """RefusedError where a row, on one side of each cut, might meet no rule's conditions."""
        sides = [
            {(self.cuts[split], holds) for split, holds in own}
            for own in read_conditions(self.rules)
        ]
        for number, way in ways:
            if not sides[number - 1] <= {(self.cuts[split], holds) for split, holds in way}:
                raise RefusedError(
                    f"a row beside a boundary of rule {number} may get no rule, by rounding: emit "
                    "form tree"
                )


def bound_executed_rules(
    reading: ExecutedReading,
    found: Mapping[str, Any],
    rules: Mapping[str, Any],
    model: Mapping[str, Any],
) -> tuple[Fraction, ...]:
    """How far each score, as it is executed, is from the model's, at most: the trees of a
    certificate over each rule with its conditions moved outward, and what rounding adds there.
    """
    ground = ProofContext(rules, model)
    for form, error in zip(ground.splits, reading.splits, strict=True):
        form[-1] -= -error.numerator * ONE // error.denominator
    walks, _, _ = walk_trees(found, rules, model, ground)

    count = len(reading.scores[0])
    return tuple(
        max(
            Fraction(max(walk.worst[2 * i : 2 * i + 2]), ONE) + errors[i]
            for walk, errors in zip(walks, reading.scores, strict=True)
        )
        for i in range(count)
    )


def _read_cut(split: Mapping[str, Any], domain: ArtefactDomain) -> CutKey:
    form = domain.reduce(read_artefact_terms(split["coefficients"], domain, Fraction(0)))
    return _sort_terms(form), read_number(split["at_least"])


def _sort_terms(form: ArtefactForm) -> tuple[tuple[Any, Fraction], ...]:
    return tuple(sorted(form.items()))


def _list_rule_forms(
    rule: Mapping[str, Any], rules: Mapping[str, Any], domain: ArtefactDomain
) -> list[ArtefactForm]:
    """The scores of a rule, exactly."""
    names = name_scores(rules, len(rule["outputs"]))
    return [
        domain.reduce(
            read_artefact_terms(own["coefficients"], domain, read_number(own["constant"]))
        )
        for own in read_maps(rule, names)
    ]
