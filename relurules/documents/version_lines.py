"""Lines, and rules, of two versions, matched by what they hold for and not by their numbers."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from relurules.documents.context import build_additive_context, build_context
from relurules.documents.document import Block, Paragraph, Section, Table
from relurules.ir import AdditiveRules, Adjustment, RuleSet, Scorer
from relurules.wording import phrases as p
from relurules.wording.additive_phrases import phrase_line
from relurules.wording.numbers import format_count
from relurules.wording.phrases import Phrase

#: Lines, or rules, of each kind that are listed.
_MOST = 200
#: Coordinate -> coefficient, in the order of names.
_Normal = tuple[tuple[str, float], ...]


class LinePair(NamedTuple):
    """A line of either version; None where one has none such."""

    old: Adjustment | None
    new: Adjustment | None

    @property
    def is_same(self) -> bool:
        """Whether it holds for the same rows, and adds the same."""
        return (
            self.old is not None
            and self.new is not None
            and self.old.condition.half_space.bound == self.new.condition.half_space.bound
            and self.old.slopes.tolist() == self.new.slopes.tolist()
        )


def match_versions(old: AdditiveRules, new: AdditiveRules) -> list[LinePair]:
    """Lines of the same condition are one line; of the others, those of the same sum of columns
    are, in the order of their bounds: the line has moved.
    """
    left, right = (_group_lines(side) for side in (old, new))
    found = list[LinePair]()
    for key in dict.fromkeys([*left, *right]):
        mine, theirs = left.get(key, []), right.get(key, [])
        bounds = {line.condition.half_space.bound for line in mine}
        bounds &= {line.condition.half_space.bound for line in theirs}
        for bound in sorted(bounds):
            pair = [
                next(line for line in side if line.condition.half_space.bound == bound)
                for side in (mine, theirs)
            ]
            found.append(LinePair(pair[0], pair[1]))
            mine, theirs = (
                [line for line in side if line is not one]
                for side, one in zip((mine, theirs), pair, strict=True)
            )
        found += _pair_moved(mine, theirs)

    return sorted(found, key=_order_pair)


def _group_lines(rules: AdditiveRules) -> dict[_Normal, list[Adjustment]]:
    found: dict[_Normal, list[Adjustment]] = {}
    for line in rules.lines:
        normal = line.condition.half_space.normal.tolist()
        named = zip(rules.domain.names, normal, strict=True)
        key = tuple(sorted((name, value) for name, value in named if value))
        found.setdefault(key, []).append(line)
    return found


def _pair_moved(mine: Sequence[Adjustment], theirs: Sequence[Adjustment]) -> Iterator[LinePair]:
    """The nearest two first; what is left came or went."""
    mine, theirs = list(mine), list(theirs)
    while mine and theirs:
        apart = [
            (abs(a.condition.half_space.bound - b.condition.half_space.bound), i, j)
            for i, a in enumerate(mine)
            for j, b in enumerate(theirs)
        ]
        _, i, j = min(apart)
        yield LinePair(mine.pop(i), theirs.pop(j))
    yield from (LinePair(line, None) for line in mine)
    yield from (LinePair(None, line) for line in theirs)


def _order_pair(pair: LinePair) -> tuple[int, int]:
    return (
        10**9 if pair.old is None else pair.old.number,
        10**9 if pair.new is None else pair.new.number,
    )


def build_version_rules(old: Scorer, new: Scorer, names: tuple[str, str]) -> Section:
    """What came, went and changed, in words."""
    if isinstance(old, AdditiveRules) and isinstance(new, AdditiveRules):
        return _build_lines(old, new, names)
    if isinstance(old, RuleSet) and isinstance(new, RuleSet):
        return _build_rules(old, new, names)
    said = (
        "One adds lines up, the other is rules of which one applies, so that no line has a like; "
        "how far their scores are apart is said above."
    )
    return Section("lines", "Lines and rules", (Paragraph(p.text(said)),))


def _build_lines(old: AdditiveRules, new: AdditiveRules, names: tuple[str, str]) -> Section:
    pairs, words = match_versions(old, new), (_word_lines(old), _word_lines(new))
    same = [pair for pair in pairs if pair.is_same]
    changed = [pair for pair in pairs if pair.old and pair.new and not pair.is_same]
    went = [pair for pair in pairs if pair.new is None]
    came = [pair for pair in pairs if pair.old is None]
    said = (
        f"{format_count(len(same), 'line')} as before, {len(changed)} changed, {len(went)} went, "
        f"{len(came)} came. Lines are matched by what they hold for, whatever their numbers."
    )
    blocks: list[Block] = [Paragraph(p.text(said))]
    if changed:
        rows = tuple(
            (_phrase_pair(words[0], one.old), _phrase_pair(words[1], one.new))
            for one in changed[:_MOST]
        )
        blocks.append(Table("Lines that changed", names, rows, (False, False)))
    for caption, found, side, i in (("went", went, 0, 0), ("came", came, 1, 1)):
        if found:
            lone = tuple((_phrase_pair(words[side], one[i]),) for one in found[:_MOST])
            blocks.append(Table(f"Lines that {caption}", (f"Line of {names[i]}",), lone, (False,)))
    blocks += _say_hidden(max(len(changed), len(went), len(came)))

    return Section("lines", "Lines", tuple(blocks))


def _say_hidden(most: int) -> list[Block]:
    if most <= _MOST:
        return []
    return [Paragraph(p.text(f"Of each kind, the first {_MOST} are listed."))]


def _word_lines(rules: AdditiveRules) -> Mapping[int, Phrase]:
    wording = build_additive_context(rules).wording
    return {
        line.number: phrase_line(line, rules.scores)
        for part in wording.parts
        for line in part.lines
    }


def _phrase_pair(words: Mapping[int, Phrase], line: Adjustment | None) -> Phrase:
    """`line 4: for every unit of debt above 6: +0.4`."""
    if line is None:
        return p.text("\u2013")
    lead = p.text(f"line {line.number}:")
    return p.join_loose(lead, words[line.number]) if line.number in words else lead


def _build_rules(old: RuleSet, new: RuleSet, names: tuple[str, str]) -> Section:
    sides = [_list_rules(side) for side in (old, new)]
    both = [key for key in sides[0] if key in sides[1]]
    same = [key for key in both if sides[0][key].adds == sides[1][key].adds]
    changed = [key for key in both if key not in same]
    said = (
        f"{format_count(len(same), 'rule')} as before, {len(changed)} with other formulas, "
        f"{len(sides[0]) - len(both)} went, {len(sides[1]) - len(both)} came. Rules are matched by "
        "their conditions, whatever their numbers."
    )
    blocks: list[Block] = [Paragraph(p.text(said))]
    if changed:
        rows = tuple(
            (sides[0][key].conditions, sides[0][key].formulas, sides[1][key].formulas)
            for key in changed[:_MOST]
        )
        heads = ("Where", names[0], names[1])
        blocks.append(Table("Rules with another formula", heads, rows, (False, False, False)))
    for caption, i in (("went", 0), ("came", 1)):
        lone = [rule for key, rule in sides[i].items() if key not in sides[1 - i]]
        if lone:
            cells = tuple((rule.conditions, rule.formulas) for rule in lone[:_MOST])
            header = (f"Rule of {names[i]}", "Gives")
            blocks.append(Table(f"Rules that {caption}", header, cells, (False, False)))
    blocks += _say_hidden(max(map(len, sides)))

    return Section("lines", "Rules", tuple(blocks))


class _WordedRule(NamedTuple):
    """A rule in words; adds: its numbers."""

    conditions: Phrase
    formulas: Phrase
    adds: Any


def _list_rules(rules: RuleSet) -> dict[Any, _WordedRule]:
    """What a rule holds for -> the rule."""
    found, names = {}, rules.domain.names
    for rule, read in zip(rules, build_context(rules).reading.rules, strict=True):
        key = frozenset(
            (
                tuple(
                    sorted(
                        (n, v)
                        for n, v in zip(names, c.half_space.normal.tolist(), strict=True)
                        if v
                    )
                ),
                float(c.half_space.bound),
                c.holds,
            )
            for c in rule.conditions
        )
        tests = (
            p.join_and([test.symbols for test in read.tests]) if read.tests else p.text("always")
        )
        conditions = p.join_loose(p.text(f"rule {rule.number}:"), tests)
        formulas = p.join_list([one.phrase for one in read.formulas], "and")
        weights = sorted(
            (n, tuple(w)) for n, w in zip(names, rule.map.weights.T.tolist(), strict=True) if any(w)
        )
        found[key] = _WordedRule(conditions, formulas, (weights, rule.map.constants.tolist()))
    return found
