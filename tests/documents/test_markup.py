"""Any text stays text in HTML, Markdown and LaTeX: other readers get out what was put in."""

import re
from html.parser import HTMLParser

import pytest

from relurules.documents import html, latex, markdown
from relurules.documents.document import link_rule
from relurules.wording import phrases as p

HOSTILE = [
    "plain",
    "<script>alert('x')</script>",
    'a" onload="b',
    "a & b &amp; c",
    "50% of $x_1^2$ \\ {curly} ~ #1",
    "*bold* _em_ `code` [link](x) | cell",
    "größe",
]


class Reader(HTMLParser):
    """The text of a document, its elements and their attributes."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text, self.tags = "", list[str]()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def read_html(source: str) -> Reader:
    reader = Reader()
    reader.feed(source)
    reader.close()
    return reader


@pytest.mark.parametrize("words", HOSTILE)
def test_html_reads_back_as_the_same_text(words: str) -> None:
    said = read_html(html.escape_text(words))
    assert said.text == words
    assert not said.tags
    named = read_html(html.print_phrase(p.name(words)))
    assert (named.text, named.tags) == (words, ["b"])
    assert '"' not in html.escape_text(words)  # safe in attributes


@pytest.mark.parametrize(
    ("written", "said"), [("-3", "\u22123"), ("2.5e-07", "2.5\u00b710\u22127")]
)
def test_numbers_in_html(written: str, said: str) -> None:
    shown = read_html(html.print_phrase(p.number(written))).text
    assert shown.replace("\u221207", "\u22127") == said


@pytest.mark.parametrize("words", HOSTILE)
def test_markdown_escapes_whatever_it_has_a_meaning_for(words: str) -> None:
    """Read by the rule of CommonMark: a backslash before punctuation stands for that character."""
    written = markdown.escape_text(words)
    assert not re.search(r"(?<!\\)(?:\\\\)*[`*_\[\]#|<>]", written)
    unescaped = re.sub(r"\\([\\`*_{}\[\]#|~])", r"\1", written)
    assert read_html(unescaped.replace("<", "&lt;")).text == words


def test_a_fence_is_longer_than_any_in_the_text() -> None:
    assert markdown.choose_fence("no ticks") == "```"
    assert markdown.choose_fence("a ``` b ````` c") == "``````"


#: What LaTeX gives for these commands; the rest stands for itself.
COMMANDS = {
    r"\textbackslash{}": "\\",
    r"\textasciitilde{}": "~",
    r"\textasciicircum{}": "^",
    r"\textless{}": "<",
    r"\textgreater{}": ">",
    r"\textbar{}": "|",
    r"\textquotedbl{}": '"',
    r"\textquotesingle{}": "'",
    r"\textasciigrave{}": "`",
    "{-}": "-",
    "{[}": "[",
    "{]}": "]",
    r"\{": "{",
    r"\}": "}",
    r"\$": "$",
    r"\&": "&",
    r"\#": "#",
    r"\_": "_",
    r"\%": "%",
}


@pytest.mark.parametrize("words", HOSTILE)
def test_latex_reads_back_as_the_same_text(words: str) -> None:
    commands = "|".join(map(re.escape, sorted(COMMANDS, key=len, reverse=True)))
    written = latex.escape_text(words)
    assert re.sub(commands, lambda found: COMMANDS[found[0]], written) == words
    assert not re.search(r"[\\{}$&#_%~^]", re.sub(commands, "", written))


def test_latex_names_a_character_that_it_lacks() -> None:
    assert latex.escape_text("\u0416") == "[U+0416]"
    assert latex.escape_text("\u0161") == "s"


@pytest.mark.parametrize("share", [-1.0, -0.5, -1e-9, 0.0, 1e-9, 0.25, 1.0])
def test_bars_are_as_long_as_their_share_and_seen_unless_it_is_zero(share: float) -> None:
    drawn = html.place_bar(share)
    start, width = float(drawn["x"]), float(drawn["width"])
    assert width == pytest.approx(max(100 * abs(share), 0.75 if share else 0), abs=0.01)
    assert (start + width if share < 0 else start) == pytest.approx(100.0, abs=0.01)
    assert drawn["way"] == ("down" if share < 0 else "up")
    blocks = markdown.draw_bar(share)
    assert len(blocks) == max(round(20 * abs(share)), 1 if share else 0)
    assert set(blocks) <= ({"\u2591"} if share < 0 else {"\u2588"})
    assert ("barneg" in latex.draw_bar(share)) is (share < 0)


def test_links_to_a_rule() -> None:
    assert html.print_phrase(link_rule(7)) == '<a href="#rule-7">Rule&nbsp;7</a>'
    assert markdown.print_phrase(link_rule(7)) == "[Rule 7](#rule-7)"
    assert latex.print_phrase(link_rule(7)) == r"\hyperref[rule-7]{Rule~7}"
