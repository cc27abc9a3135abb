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
from relurules.checker.artefact_links import count_artefact_scores
from relurules.checker.artefact_text import ArtefactReader
from relurules.checker.artefact_values import FloatValue
from relurules.checker.forms import ONE
from relurules.checker.json_values import RefusedError, read_number
from relurules.checker.names import name_scores
from relurules.checker.partition_proof import walk_trees
from relurules.checker.rule_trees import list_tree_paths, read_conditions
from relurules.checker.targets import read_maps
from relurules.checker.trees import ProofContext, Sides

#: A hyperplane: its form, and what that is at least on the side `then`.
CutKey = tuple[tuple[tuple[Any, Fraction], ...], Fraction]
#: What a comparison says of a cut: whether both sides are negated, and the side that holds.
_COMPARISONS = {">=": (1, True), "<": (1, False), "<=": (-1, True), ">": (-1, False)}
_INDENT = "    "
#: Conditions within one another: Python runs no text that goes in a hundred times.
_MOST_NESTED = 90


class ExecutedReading(NamedTuple):
    """What is read of a text that is these rules: how far each score is off, at most, of lines or
    of every rule; and how far what is compared at each split.
    """

    scores: tuple[tuple[Fraction, ...], ...]
    splits: tuple[Fraction, ...] = ()


class RuleWords(NamedTuple):
    """How a language writes rules; K is the number of one, AT the indent of a statement.

    first, last: around the condition of a tree, other, end: before and behind what holds else;
    item, joint, item_end: before the first condition of a rule in a list, between two, behind what
    it gives. result: of a rule, before its scores; score, between, close: around that of score I,
    between two, behind all. nothing: what rows without a rule get.
    """

    first: str
    last: str
    other: str
    end: str
    item: str
    joint: str
    item_end: str
    result: str
    score: tuple[str, str] = ("", "")
    between: str = ""
    close: str = ""
    nothing: str = ""


RULE_WORDS = {
    "python": RuleWords(
        "\nATif", ":", "\nATelse:", "", "\nATif", "and", "", "\nATreturn _result(K,",
        between=",", close=")", nothing="\nATreturn _result(0, NANS)",
    ),
    "c": RuleWords(
        "if (", ") {", "} else {", "}", "if (", "&&", "}", "",
        score=("S[I] =", ";"), close="return K;", nothing="return outside(S);",
    ),
    "javascript": RuleWords(
        "\nif (", ") {", "\n} else {", "\n}", "\nif (", "\n&&", "\n}", "\nreturn result(K,",
        between=",", close=");", nothing="\nreturn result(0, NANS);",
    ),
    "sql": RuleWords("CASE WHEN", "THEN", "ELSE", "END", "WHEN", "AND", "", "K"),
}  # fmt: skip


def find_rule_form(reader: ArtefactReader) -> str:
    """Whether conditions have another side, as in form tree, or each rule all of its own. A wrong
    guess would be refused.
    """
    tokens = [token for token, _ in reader.tokens]
    pairs = itertools.pairwise(tokens)
    return "tree" if any(a == "else" and b in (":", "{") for a, b in pairs) else "rules"


class RulesReader:
    """Rules of one text. errors: of what is compared with each cut, at most."""

    def __init__(
        self,
        reader: ArtefactReader,
        domain: ArtefactDomain,
        rules: Mapping[str, Any],
        language: str,
    ) -> None:
        if rules.get("decision") is not None or rules["complete"] is not True:
            raise RefusedError("artefacts of decisions, or of a part of the domain, aren't read")
        if not rules["splits"]:
            raise RefusedError("artefacts of one rule without conditions aren't read")
        if any(str(name).lower() == "rule" for name in rules["outputs"]):
            raise RefusedError("artefacts with an output that is called as the rule's number is")
        self.reader, self.domain, self.rules = reader, domain, rules
        self.words = RULE_WORDS[language]
        self.cuts = [_read_cut(split, domain) for split in rules["splits"]]
        self.errors = dict.fromkeys(self.cuts, Fraction(0))
        #: The scores of every rule, exactly.
        self.due = [_list_rule_forms(rule, rules, domain) for rule in rules["rules"]]
        self.count = count_artefact_scores(rules)
        if any(len(own) != self.count for own in self.due):
            raise RefusedError("a rule has other scores than the outputs are made of")
        #: All ways down the rules' tree; RefusedError for one that is none.
        self.ways = list(list_tree_paths(rules))
        self._names = dict[CutKey, str]()

    def make_reading(self, scores: Sequence[tuple[Fraction, ...]]) -> ExecutedReading:
        """What was read; scores: how far each of every rule is off."""
        return ExecutedReading(tuple(scores), tuple(self.errors[cut] for cut in self.cuts))

    def read_tree(self) -> None:
        """Rules told by one condition after the other."""
        self._read_node({"split": 0}, 1)

    def _read_node(self, node: Mapping[str, Any], depth: int) -> None:
        """What stands for a node of the rules' tree."""
        if "rule" in node:
            self.read_result(node["rule"], depth)
            return

        if depth > _MOST_NESTED:
            raise RefusedError(f"the artefact has {depth} conditions within one another")
        self.reader.expect(self.place(self.words.first, depth))
        cut, holds, _ = self._read_condition()
        if cut != self.cuts[node["split"]]:
            raise RefusedError("a condition of the artefact isn't that of the rules' tree there")
        self.reader.expect(self.words.last)
        split = self.rules["splits"][node["split"]]
        self._read_node(split["then" if holds else "otherwise"], depth + 1)
        self.reader.expect(self.place(self.words.other, depth))
        self._read_node(split["otherwise" if holds else "then"], depth + 1)
        self.reader.expect(self.words.end)

    def read_list(self) -> None:
        """Rule by rule, each with all its conditions, of which every row of the domain must meet
        those of one.
        """
        for number, sides in enumerate(self._list_sides(), start=1):
            self.reader.expect(self.place(self.words.item, 1))
            found = {self._read_side()}
            while self.reader.accept(self.words.joint):
                found.add(self._read_side())
            if found != sides:
                raise RefusedError(f"the artefact's conditions of rule {number} aren't its own")
            self.reader.expect(self.words.last)
            self.read_result(number, 2)
            self.reader.expect(self.words.item_end)
        self._check_gaps()

    def read_result(self, number: int, depth: int) -> None:
        """What a rule gives: its number."""
        self.reader.expect(self.place(self.words.result, depth, number))

    def place(self, frame: str, depth: int, number: int = 0) -> str:
        """A frame that stands so far in, of a rule."""
        return frame.replace("AT", _INDENT * depth).replace("K", str(number))

    def check_score(self, value: FloatValue, number: int, i: int) -> Fraction:
        """How far a score of a rule is off, at most; RefusedError where it is another one."""
        if self.domain.reduce(value.form) != self.due[number - 1][i]:
            raise RefusedError(f"a score of rule {number} in the artefact isn't its own")
        return value.error

    def _read_condition(self) -> tuple[CutKey, bool, str]:
        """A cut, the side of it that is meant, and what is compared, where that is just a name."""
        start = self.reader.at
        value = self.reader.read_sum()
        name = self.reader.tokens[start][0] if self.reader.at == start + 1 else ""
        sign, holds = _COMPARISONS[self.reader.take(">=|<=|<|>", "a comparison")]
        limit = Fraction(self.reader.read_number())
        form = add_artefact_forms({}, self.domain.reduce(value.form), Fraction(sign))
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

    def _list_sides(self) -> list[set[tuple[CutKey, bool]]]:
        return [self._name_cuts(sides) for sides in read_conditions(self.rules)]

    def _name_cuts(self, sides: Sides) -> set[tuple[CutKey, bool]]:
        return {(self.cuts[split], holds) for split, holds in sides}

    def _check_gaps(self) -> None:
        """RefusedError where a row, on one side of each cut, might meet no rule's conditions."""
        sides = self._list_sides()
        for number, way in self.ways:
            if not sides[number - 1] <= self._name_cuts(way):
                raise RefusedError(
                    f"a row beside a boundary of rule {number} may get no rule, by rounding: emit "
                    "form tree"
                )


class CodeRulesReader(RulesReader):
    """Rules of a program."""

    def __init__(self, code: CodeReader, rules: Mapping[str, Any]) -> None:
        super().__init__(code.reader, code.domain, rules, code.target)
        self.code = code
        #: A rule that no row gets, as no way leads to it, stays off by nothing.
        self.scores = [(Fraction(0),) * self.count for _ in self.due]

    def read(self) -> ExecutedReading:
        """All of the program, in form tree or rules."""
        self.code.read_start(self.place(self.words.first, 1))
        if self.code.frame.form == "tree":
            self.read_tree()
        else:
            self.read_list()
            self.reader.expect(self.code.fill_nothing(self.place(self.words.nothing, 1)))
        self.code.read_end()

        return self.make_reading(self.scores)

    def read_result(self, number: int, depth: int) -> None:
        """The scores of a rule."""
        words, errors = self.words, list[Fraction]()
        super().read_result(number, depth)
        for i in range(self.count):
            before, behind = (self.code.fill_frame(part, i) for part in words.score)
            self.reader.expect((words.between if i else "") + before)
            errors.append(self.check_score(self.reader.read_sum(), number, i))
            self.reader.expect(behind)
        self.reader.expect(self.place(words.close, depth, number))

        self.scores[number - 1] = tuple(map(max, self.scores[number - 1], errors))


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
    # Of max(0, ...), which is no rule's, the key is a tuple, and others are numbers.
    return tuple(sorted(form.items(), key=lambda term: (isinstance(term[0], tuple), term)))


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
