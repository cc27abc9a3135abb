"""Each format is well-formed whatever names are called, and what HTML needs for every reader is
there.
"""

import re
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from documents.stand_ins import Page, people, sums, with_evidence
from handmade import network, rows_in, rules_of

import relurules as rr
from relurules.ir import RuleSet

NAMES = [
    "<script>alert(1)</script>",
    "a|b",
    "[x](y)",
    "*bold*",
    "`code`",
    "# head",
    "&amp;",
    "<!--",
    "~~no~~",
    "\\",
    '"',
    "'",
    "{{ 1 }}",
    "$x$",
    "%",
    "#1",
    "\\end{document}",
    "two\nlines",
    "größe",
    "年齢",
    "^",
    "\u202eltr",
    "--- |",
    "_",
    "}{",
]


def hostile() -> RuleSet:
    d = len(NAMES)
    net = network(np.vstack([np.ones(d), np.eye(1, d)[0]]), [0.1, 0.2], [[1, 1]], C=np.ones((1, d)))
    domain = rr.Domain.box([-1] * d, [1] * d, NAMES).where("`a|b` + `*bold*` <= 1.5")
    rules = rules_of(net, domain, ["</title><b>out"])
    return with_evidence(rules, rows_in(domain, 40), np.arange(40.0), "<i>response|")


def test_html_holds_names_as_text() -> None:
    text = str(rr.emit(hostile(), "html", title="</title><script>", script=False))
    page = Page(text)
    assert not page.open
    tags = {tag for tag, _ in page.tags}
    assert not tags & {"script", "i", "link", "img", "iframe", "object"}
    tried = Page(str(rr.emit(hostile(), "html", title="</title><script>")))
    assert not tried.open
    assert len(tried.all("script")) == 2
    assert not {tag for tag, _ in tried.tags} & {"i", "link", "img", "iframe", "object"}
    for name in NAMES:
        shown = "".join(c if c.isprintable() else " " for c in name)
        assert shown in "".join(page.words).replace("\u00a0", " "), name
    assert all(c.isprintable() or c in "\n\u00a0" for c in text)


def test_html_loads_nothing() -> None:
    page = Page(str(rr.emit(people(), "html")))
    used = [
        value
        for _, attributes in page.tags
        for name, value in attributes.items()
        if name in ("src", "href")
    ]
    assert used
    assert all(value is not None and value.startswith("#") for value in used)
    assert "@import" not in str(rr.emit(people(), "html"))
    assert "url(" not in str(rr.emit(people(), "html"))


@pytest.mark.parametrize("rules", [people(), sums()], ids=["people", "sums"])
def test_html_for_every_reader(rules: RuleSet) -> None:
    page = Page(str(rr.emit(rules, "html")))
    assert page.all("html") == [{"lang": "en"}]
    assert len(page.all("title")) == len(page.all("h1")) == len(page.all("main")) == 1
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
    assert all(b - a <= 1 for a, b in pairwise(levels))
    ids = [str(attributes["id"]) for _, attributes in page.tags if "id" in attributes]
    assert len(set(ids)) == len(ids)
    links = {str(attributes["href"])[1:] for attributes in page.all("a")}
    assert links <= set(ids)
    assert {f"rule-{rule.number}" for rule in rules} <= set(ids)
    named = {
        str(attributes["aria-labelledby"])
        for _, attributes in page.tags
        if "aria-labelledby" in attributes
    }
    assert named <= set(ids)
    assert all("scope" in attributes for attributes in page.all("th"))
    assert all(attributes.get("aria-hidden") == "true" for attributes in page.all("svg"))


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def mix(tint: str, ground: str, share: float) -> str:
    """A tint, `29 111 184`, so far over a ground."""
    channels = zip(map(int, tint.split()), bytes.fromhex(ground[1:]), strict=True)
    return "#" + "".join(f"{round(share * a + (1 - share) * b):02x}" for a, b in channels)


def test_colours_are_told_apart() -> None:
    """WCAG AA, in light and in dark: 4.5 for text on every background that there is, 3 for what
    charts are made of.
    """
    style = str(rr.emit(sums(), "html")).split("<style>")[1].split("</style>")[0]
    light, dark = style.split(":root {")[1:]
    assert not re.findall(r"(?<!-)(?:color|fill|background|stroke): *#", style)
    for words in (light.split("}")[0], dark.split("}")[0]):
        colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6}|[\d ]+);", words))
        tints = [
            mix(colours[f"{way}-tint"], colours["ground"], share)
            for way in ("up", "down") for share in (0.1, 0.2, 0.3, 0.4)
        ]  # fmt: skip
        for ground in ("ground", "panel"):
            for text in ("ink", "soft", "accent", "warn"):
                assert contrast(colours[text], colours[ground]) >= 4.5, (text, ground)
        assert all(contrast(colours["ink"], tint) >= 4.5 for tint in tints)
        for mark in ("up", "down", "strong"):
            assert contrast(colours[mark], colours["ground"]) >= 3
        assert contrast(colours["up"], colours["rows"]) >= 1.5


def test_markdown_keeps_its_shape_and_shows_names_as_they_are() -> None:
    text = str(rr.emit(hostile(), "markdown", title="# a *b*"))
    assert text.startswith("# \\# a \\*b\\*\n")
    for shown in (
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "a\\|b",
        "\\[x\\](y)",
        "\\*bold\\*",
        "\\`code\\`",
        "\\# head",
        "&amp;amp;",
        "&lt;!--",
        "\\~\\~no\\~\\~",
        "\\\\",
        "two lines",
    ):
        assert f"| {shown} | \u22121 to 1 |" in text
    tables = re.findall(r"(?:^\|.*\n)+", text, flags=re.M)
    assert len(tables) > 5
    for table in tables:
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}) == 1, table


def braces(text: str) -> list[int]:
    """Depth of braces after every character."""
    depth, found, plain = 0, [], re.sub(r"\\.", "", text)
    for c in plain:
        depth += (c == "{") - (c == "}")
        found.append(depth)
    return found


def test_latex_holds_names_as_text() -> None:
    text = str(rr.emit(hostile(), "latex", title="a_b & {c}"))
    assert text.isascii() or all(ord(c) < 0x100 for c in text)
    depths = braces(text)
    assert min(depths) == 0 == depths[-1]
    opened, closed = (re.findall(rf"\\{word}\{{(\w+)", text) for word in ("begin", "end"))
    assert sorted(opened) == sorted(closed)
    assert text.count(r"\end{document}") == 1
    assert r"a\_b \& \{c\}" in text


def test_latex_references_have_labels() -> None:
    for rules in (people(), sums()):
        text = str(rr.emit(rules, "latex"))
        used = set(re.findall(r"\\hyperref\[([^\]]+)\]", text))
        assert used
        assert used <= set(re.findall(r"\\label\{([^}]+)\}", text))


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not on this machine")
@pytest.mark.parametrize("rules", [hostile, sums, people], ids=["hostile", "sums", "people"])
def test_latex_compiles(rules: object, tmp_path: Path) -> None:
    assert callable(rules)
    rr.emit(rules(), "latex").write(tmp_path)
    ended = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "rules.tex"],
        cwd=tmp_path, capture_output=True, timeout=600, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout[-2000:].decode(errors="replace")
    assert (tmp_path / "rules.pdf").stat().st_size > 10_000


BROWSER = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)


@pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")
def test_chromium_renders_it(tmp_path: Path) -> None:
    from matplotlib.image import imread

    rr.emit(people(), "html").write(tmp_path)
    subprocess.run(
        [
            str(BROWSER),
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
            "--window-size=1000,2500",
            f"--user-data-dir={tmp_path / 'profile'}",
            f"--screenshot={tmp_path / 'page.png'}",
            (tmp_path / "rules.html").as_uri(),
        ],
        capture_output=True,
        timeout=600,
        check=True,
    )
    image = imread(tmp_path / "page.png")[:, :, :3]
    assert image.shape[:2] == (2500, 1000)
    up, ink = np.array([0x1D, 0x6F, 0xB8]) / 255, image.sum(axis=2) < 2
    assert (np.abs(image - up).max(axis=2) < 0.02).sum() > 500  # bars are drawn
    assert 0.01 < ink.mean() < 0.3  # there is text, and white around it
    assert not ink[:, :20].any()
    assert not ink[:, -20:].any()
