"""How SQL lies on its lines: what fits stands on one line, and none is longer than `WIDTH` where
there is a place to break it.
"""

import re
import textwrap
from collections.abc import Sequence

from relurules.emitting.sql.decimals import respell_decimals
from relurules.emitting.sql.dialect import LINE, Dialect
from relurules.emitting.sql.names import build_quoted_pattern
from relurules.files.templates import flatten_text
from relurules.links.sql import GROUP

#: Lines end here.
WIDTH = 120
#: What goes on after a break stands so much further in.
_FURTHER = 4
#: Starts a line of an expression that is a comment on the line before it. Names and texts in it are
#: numbers until it is printed, so that nothing finds a column or the end of a text there.
_COMMENT = "#"
#: Between a comment and its short form.
_OTHER = "/"
#: A line is broken before these.
_BEFORE = frozenset(["+", "-", "/", "AND", "OR", "WHEN", "THEN", "ELSE", "END"])


def lay_out(text: str, indent: int, dialect: Dialect, rest: int = 0) -> str:
    """An expression whose `LINE`s are followed by their indent, on lines that start at `indent`.

    rest: the characters that follow on its last line.
    """
    text = respell_decimals(text, dialect)  # longer numbers count where lines end
    lines, broken = _join_lines(text.split(LINE), indent, rest), list[str]()
    for i, line in enumerate(lines):
        if line.startswith(_COMMENT):
            broken[-1] += _read_comment(line, WIDTH - indent - len(lines[i - 1]))
            continue
        after = rest if i == len(lines) - 1 else 0
        if i + 1 < len(lines) and lines[i + 1].startswith(_COMMENT):
            after = len(_read_comment(lines[i + 1], WIDTH - indent - len(line)))
        broken += _break_line(line, indent, dialect, after)

    return f"\n{' ' * indent}".join(broken)


def write_comment(text: str, short: str = "") -> str:
    """A comment at the end of an expression's line: what stands between two `LINE`s after it.

    short: what is said where the whole comment would break the line.
    """
    told = [flatten_text(each) for each in (text, short or text)]
    return _COMMENT + _OTHER.join(".".join(str(ord(letter)) for letter in each) for each in told)


def indent_lines(text: str, depth: int) -> str:
    """An expression whose lines but the first stand so much further in."""
    first, *rest = text.split(LINE)
    further = " " * depth
    return LINE.join(
        [first, *(line if line.startswith(_COMMENT) else further + line for line in rest)]
    )


def drop_comments(text: str) -> str:
    """An expression without the comments at the ends of its lines."""
    return LINE.join(line for line in text.split(LINE) if not line.startswith(_COMMENT))


def add_items(first: str, items: Sequence[str]) -> str:
    """A sum, one item a line; a minus at an item's start is its sign. first: what it starts with,
    "" for nothing.

    Long sums are added up in brackets, as engines limit how deep an expression nests.
    """
    while len(items) > GROUP:
        chunks = [items[i : i + GROUP] for i in range(0, len(items), GROUP)]
        items = [f"({_join_signed(chunk)}{LINE})" for chunk in chunks]
    return _join_signed([first, *items] if first else items)


def _join_signed(items: Sequence[str]) -> str:
    first, *rest = items
    signed = [f"- {item[1:]}" if item.startswith("-") else f"+ {item}" for item in rest]
    return LINE.join([first, *signed])


def _read_comment(line: str, room: int) -> str:
    """The comment, or its short form where only that has room."""
    codes = line[len(_COMMENT) :].split(_OTHER)
    full, short = (
        " -- " + "".join(chr(int(code)) for code in each.split(".") if code) for each in codes
    )
    return short if len(short) <= room < len(full) else full


def fill_list(start: str, parts: Sequence[str], indent: int) -> list[str]:
    """`start` and names with commas between them, on as few lines as they need."""
    lines, room = [start], WIDTH - indent
    for i, part in enumerate(parts):
        word = part + ("," if i < len(parts) - 1 else "")
        if len(lines[-1]) + 1 + len(word) <= room or lines[-1] == start:
            lines[-1] += f" {word}"
        else:
            lines.append(f"{' ' * _FURTHER}{word}")

    return lines


def wrap_comment(text: str) -> list[str]:
    """A comment on lines of their own."""
    lines = textwrap.wrap(text, WIDTH - 3, break_long_words=False, break_on_hyphens=False)
    return [f"-- {line}" for line in lines or [""]]


def _join_lines(lines: Sequence[str], indent: int, rest: int) -> list[str]:
    """A line and what stands further in below it are one line where they fit."""
    found, at = list[str](), 0
    while at < len(lines):
        depth, end = _measure_indent(lines[at]), at + 1
        while end < len(lines) and _measure_indent(lines[end]) > depth:
            end += 1
        if end < len(lines) and _measure_indent(lines[end]) == depth and end > at + 1:
            end += lines[end].strip() == "END"

        whole = " ".join([lines[at].rstrip(), *(line.strip() for line in lines[at + 1 : end])])
        after = rest if end == len(lines) else 0
        said = any(line.startswith(_COMMENT) for line in lines[at : end + 1])
        if len(whole) + indent + after <= WIDTH and not said:
            found.append(whole)
            at = end
        else:
            found.append(lines[at])
            at += 1

    return found


def _measure_indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _break_line(line: str, indent: int, dialect: Dialect, rest: int = 0) -> list[str]:
    """A line that is too long, broken before operators and words outside of quotes."""
    if len(line) + indent + rest <= WIDTH:
        return [line]

    depth = _measure_indent(line)
    room, lines, current = WIDTH - indent, list[str](), " " * depth
    pieces = _split_pieces(line.strip(), dialect)
    for i, piece in enumerate(pieces):
        started, after = bool(current.strip()), rest if i == len(pieces) - 1 else 0
        if started and len(current) + 1 + len(piece) + after > room:
            lines.append(current)
            current, started = " " * (depth + _FURTHER), False
        current += f" {piece}" if started else piece

    return [*lines, current]


def _split_pieces(text: str, dialect: Dialect) -> list[str]:
    """A text in pieces that stay whole, joined by blanks."""
    words = re.findall(rf"(?:{build_quoted_pattern(dialect)}|[^ ])+", text)
    pieces = list[str]()
    for word in words:
        between = bool(pieces) and re.search(r" BETWEEN \S+$", pieces[-1])
        if not pieces or pieces[-1].endswith(",") or (word in _BEFORE and not between):
            pieces.append(word)
        else:
            pieces[-1] += f" {word}"

    return pieces
