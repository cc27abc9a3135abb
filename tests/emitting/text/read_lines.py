"""A reader of the text of additive rules, who has nothing but its numbers."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

NUMBER = r"[+-]?[\d,]+(?:\.\d+)?(?:e[+-]?\d+)?"
Row = Mapping[str, float | str]


def read(text: str) -> Fraction:
    """`+1,234.5` as the number that it is."""
    return Fraction(text.replace(",", ""))


@dataclass
class Block:
    """What stands under `ADD for name`."""

    name: str
    lines: list[str] = field(default_factory=list)


@dataclass
class TextReader:
    """start: score -> where it starts; blocks: in their order; bound: that the text promises."""

    start: dict[str, Fraction]
    blocks: list[Block]
    bound: float

    def score(self, row: Row, name: str) -> Fraction:
        """Worked out as the text says, with no rounding on the way."""
        several = len(self.start) > 1
        return self.start[name] + sum(
            (add_block(block, row, name if several else "") for block in self.blocks), Fraction(0)
        )


def read_text(text: str) -> TextReader:
    """The parts of a text, long lines joined."""
    lines = re.sub(r"\n {9}", " ", text).splitlines()
    start, blocks, within = dict[str, Fraction](), list[Block](), ""
    for line in lines:
        if line.startswith("ADD for "):
            within = "add"
            blocks.append(Block(line.removeprefix("ADD for ").split("   (")[0]))
        elif line and not line.startswith(" "):
            within = "start" if line.startswith("START") else ""
        elif within == "start" and line:
            name, number = line.strip().rsplit(" = ", 1)
            start[name] = read(number)
        elif within == "add" and line:
            blocks[-1].lines.append(line)
    bound = re.search(rf"by at most ({NUMBER}) in the domain", text)
    return TextReader(start, blocks, float(bound[1].replace(",", "")) if bound else float("inf"))


def add_block(block: Block, row: Row, score: str) -> Fraction:
    """What a block adds. score: its name where there are several."""
    if any("which is made of" in line for line in block.lines):
        at = next(i for i, line in enumerate(block.lines) if "which is made of" in line)
        return look_up(block.lines[:at], row[block.name], score)
    if any(re.match(r"  (always:|line |group )", line) for line in block.lines):
        return add_lines(block.lines, row, score)
    return look_up(block.lines, row[block.name], score)


def look_up(lines: Sequence[str], value: float | str, score: str) -> Fraction:
    """Points of a value in the table of its column."""
    if isinstance(value, str):
        (own,) = [line for line in lines if f"'{value}'" in line.split(": ")[0]]
        return take(own.split(": ", 1)[1], score)
    own = [line.strip() for line in lines]
    if score:
        own = [said.removeprefix(f"{score}: ") for said in own if said.startswith(f"{score}: ")]
    for said in own:
        ends, points = said.split(": ")
        found = re.fullmatch(rf"({NUMBER})(?: to ({NUMBER}))?", ends)
        assert found is not None, said
        low, high = read(found[1]), read(found[2] or found[1])
        if value <= high or said == own[-1]:
            slope = re.search(rf", ({NUMBER}) per (unit|{NUMBER})", points)
            first = read(re.split(" to |, (?=[+-])", points)[0])
            if slope is None:
                return first
            unit = Fraction(1) if slope[2] == "unit" else read(slope[2])
            return first + read(slope[1]) * (Fraction(value) - low) / unit
    raise AssertionError(lines)


def add_lines(lines: Sequence[str], row: Row, score: str) -> Fraction:
    """Lines that apply, and the rule of every group that holds."""
    total, group = Fraction(0), list[str]()
    for line in lines:
        said = line.strip()
        if said.startswith("always: "):
            total += take(said.removeprefix("always: "), score)
        elif said.startswith("line "):
            total += add_line(said.split("   ")[0].split(", ", 1)[1], row, score)
        elif said.startswith("group "):
            group = []
        else:
            group.append(said)
            total += add_rule(group, row, score)
    return total


def take(said: str, score: str) -> Fraction:
    """`+0.5`, or of several scores the one in `+0.5 to a, -0.2 to b`; 0 where it is left out."""
    if not score:
        return read(said)
    named = [part.rsplit(" to ", 1) for part in said.split(", ")]
    return next((read(number) for number, name in named if name == score), Fraction(0))


def add_line(said: str, row: Row, score: str) -> Fraction:
    """`for every unit of debt + 0.1 * age above 9: -0.2`."""
    told = re.fullmatch(rf"for every (unit|{NUMBER}) of (.+?) ((?:above|below) .+): (.+)", said)
    assert told is not None, said
    unit = Fraction(1) if told[1] == "unit" else read(told[1])
    value = evaluate(told[2], row)
    for case in re.split(r", (?=above|below)", told[3]):
        found = re.fullmatch(rf"(above|below) ({NUMBER})(?: where (.+)| (elsewhere))?", case)
        assert found is not None, case
        if found[3] is None or holds(found[3], row):
            beyond = value - read(found[2])
            beyond = -beyond if found[1] == "below" else beyond
            return take(told[4], score) * max(Fraction(0), beyond) / unit
    raise AssertionError(said)


def evaluate(form: str, row: Row) -> Fraction:
    """`3.2 + age - 0.5 * debt + income / 12,000 + 2 * [kind is 'a']`."""
    total, sign = Fraction(0), 1
    for piece in re.split(r" ([+-]) (?![^\[]*\])", form):
        if piece in ("+", "-"):
            sign = 1 if piece == "+" else -1
            continue
        sign = -sign if piece.startswith("-") else sign
        product = Fraction(sign)
        head, _, divisor = piece.removeprefix("-").partition(" / ")
        for factor in head.split(" * "):
            product *= read_factor(factor, row)
        total += product / (read(divisor) if divisor else 1)
        sign = 1
    return total


def read_factor(factor: str, row: Row) -> Fraction:
    if factor.startswith("["):
        return Fraction(holds(factor[1:-1], row))
    return Fraction(row[factor]) if factor in row else read(factor)


def holds(said: str, row: Row) -> bool:
    """`purpose is 'car' or 'house'`, `purpose is not 'car'`."""
    name, told = said.split(" is ", 1)
    named = re.findall("'([^']*)'", told)
    return (row[name] in named) != told.startswith(("not", "neither"))


def add_rule(group: Sequence[str], row: Row, score: str) -> Fraction:
    """What the last line of a group adds: 0 unless it is THEN, and its conditions hold."""
    last = re.sub(r"^THEN *", "", group[-1])
    if last == group[-1] and not last.startswith(f"{score} + ("):
        return Fraction(0)
    if score and not last.startswith(f"{score} + ("):
        return Fraction(0)
    conditions = []
    for line in reversed(group[:-1]):
        if re.match(r"THEN|where|\w+ \+ \(", line):
            break
        conditions.append(re.sub(r"^(IF|AND) *", "", line))
    if all(line == "ALWAYS" or meets(line, row, group) for line in conditions):
        return evaluate(re.sub(r"^.*? \+ \((.*)\)$", r"\1", last), row)
    return Fraction(0)


def meets(condition: str, row: Row, group: Sequence[str]) -> bool:
    """`a >= 3`, `2 <= a < 5`, `a = 1`, `G1S1 < 3`, `a >= 0.5 * b + 3`, `kind is 'a'`."""
    if " is " in condition and "[" not in condition:
        return holds(condition, row)
    sums = dict(line.removeprefix("where ").split(" = ", 1) for line in group if "where " in line)
    parts = re.split(r" (<=|<|>=|>|=) ", condition)
    values = [evaluate(sums.get(part, part), row) for part in parts[::2]]
    tests = {
        "<=": lambda a, b: a <= b, "<": lambda a, b: a < b, ">=": lambda a, b: a >= b,
        ">": lambda a, b: a > b, "=": lambda a, b: a == b,
    }  # fmt: skip
    return all(
        tests[sign](a, b) for a, sign, b in zip(values, parts[1::2], values[1:], strict=False)
    )
