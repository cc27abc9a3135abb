"""Phrases: what is joined, with which spaces, and what plain text becomes of it."""

import pytest

from relurules.wording import phrases as p

A, B, C = p.text("a"), p.text("b"), p.text("c")


@pytest.mark.parametrize(
    ("phrase", "said"),
    [
        (p.join_list([A]), "a"),
        (p.join_list([A, B]), "a or b"),
        (p.join_list([A, B, C]), "a, b or c"),
        (p.join_list([A, B, C], last="and"), "a, b and c"),
        (p.join_and([A]), "a"),
        (p.join_and([A, B, C]), "a and b and c"),
        (p.join_with([A, B, C], "; "), "a; b; c"),
        (p.join_tight(A, B), "a b"),
        (p.join_loose(A, B), "a b"),
        (p.join_tight(), ""),
        (p.join_tight(p.name("age"), p.operator("\u2265"), p.number("-3")), "age >= -3"),
        (p.join_tight(A, p.operator("\u2264"), B), "a <= b"),
        (p.join_tight(A, p.operator("\u2212"), B, p.operator("\u00d7"), C), "a - b * c"),
        (p.join_tight(A, p.operator("="), p.value("it's")), "a = 'it''s'"),
        (p.value("\u2265"), "'\u2265'"),
        (p.name("a \u2265 b"), "a \u2265 b"),
    ],
)
def test_plain_text(phrase: p.Phrase, said: str) -> None:
    assert p.write_ascii(phrase) == said


def kinds_of_spaces(phrase: p.Phrase) -> list[str]:
    return [part.kind for part in phrase if part.kind in (p.TIE, p.GAP)]


def test_where_a_line_may_end() -> None:
    assert kinds_of_spaces(p.join_tight(A, B, C)) == [p.TIE, p.TIE]
    assert kinds_of_spaces(p.join_loose(A, B, C)) == [p.GAP, p.GAP]
    assert kinds_of_spaces(p.join_and([A, B, C])) == [p.GAP, p.TIE, p.GAP, p.TIE]
    assert kinds_of_spaces(p.join_list([A, B, C])) == [p.GAP, p.GAP, p.GAP]
