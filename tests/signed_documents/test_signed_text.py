"""Every number in the running text of the signed documents is one that is worked out here; a number
that nothing explains fails.
"""

import hashlib
import re
import tomllib
from typing import Any

import numpy as np
import pytest
from printed_tables import NUMBER, agrees, read_document, read_number, unescape
from signed_example import ROOT, SignedExample

#: Sentences whose numbers are the same in every document, as docs/validation.md has them.
FIXED = (
    "1 \u2212 sigmoid(score)",
    "sigmoid(s) = 1 / (1 + exp(-s))",
    "Largest error: 0: over the domain, the rules are the lines as fitted",
    "The rounding of float64 arithmetic, about 1e-16 of the terms of a sum",
    "Intervals hold 95 %; they are DeLong's for AUC and Gini, and the percentiles of 1,000 ",
    "The calibration slope among the figures is 1 where",
    "below 0.8, the four-fifths rule",
    "Groups of fewer than 50 rows are marked as few",
    "with its interval of 95 %. A prediction outside of it has a star",
    "look closer from 0.1 on, and to act from 0.25 on",
    "the range of at least 50 rows whose mean log loss",
    "The same files, versions and seed give the same bytes. Files are told by the SHA-256",
)
#: Lines that have tests of their own.
ELSEWHERE = re.compile(r"- line \d|- for every|So .*Without rounding|.* lies between ")


@pytest.fixture
def lines(example: SignedExample) -> list[tuple[str, str]]:
    text = (example.folder / "rules.md").read_text(encoding="utf-8")
    assert text.splitlines()[2].startswith(f"{len(example.hand.said['lines'])} lines that add up")
    return read_document(text)[1]


def list_worst(example: SignedExample) -> list[str]:
    """What is said of groups, from their figures."""
    test = [one for one in example.validation["groups"] if one["part"] == "test"]
    enough = [one for one in test if not one["few"]]
    first = min(enough, key=lambda one: one["impact_ratio"])
    found = [
        f"- Of all groups, test rows: the lowest ratio is that of {first['column']}, group "
        f"\u201c{first['group']}\u201d, {first['impact_ratio']:.3g}."
    ]
    for column in dict.fromkeys(one["column"] for one in test):
        own = [one for one in enough if one["column"] == column]
        least = min(own, key=lambda one: one["impact_ratio"])
        ratio, low, high = (
            f"{least[name]:.3g}" for name in ("impact_ratio", "ratio_low", "ratio_high")
        )
        below = ", not below 0.8"
        if least["impact_ratio"] < 0.8:
            below = ", below 0.8" + ", as is the whole interval" * (least["ratio_high"] < 0.8)
        area = min(own, key=lambda one: one["auc"])
        off = max(own, key=lambda one: abs(one["prediction"] - one["outcome"]))
        side = "high" if off["prediction"] > off["outcome"] else "low"
        start = f"- {column}, test rows:"
        found += [
            f"{start} the lowest ratio is that of group \u201c{least['group']}\u201d, {ratio} "
            f"({low} to {high}){below}.",
            f"{start} scores tell least in group \u201c{area['group']}\u201d, AUC "
            f"{area['auc']:.3g}.",
            f"{start} predictions are the furthest off in group \u201c{off['group']}\u201d: "
            f"{off['prediction']:.1%} beside {off['outcome']:.1%}, too {side}.".replace("%", " %"),
        ]
    return found


def list_facts(example: SignedExample) -> dict[str, list[Any]]:
    """How a line begins -> its numbers, one after the other; None: no matter which."""
    rules, count = example.hand.said, len(example.hand.columns)
    lines = len(rules["lines"])
    start = example.hand.add(np.array([rules["reference"]["values"]]))[0]
    return {
        "score starts at ": [start],
        "Find the range that a value lies in": [None],
        "- Numbers are rounded for reading": [4, None],
        "- Lines: ": [lines, count],
        "- Lines fitted: ": [lines, lines],
        "- Columns: ": [count, count, *([count - 12] if count > 12 else [])],
        "- Data: ": [len(example.coordinates)],
        "The rules were fitted again ": [len(example.refits)],
        f"{lines} lines that add up": [lines],
    }


def test_every_number_of_the_text_is_explained(
    example: SignedExample, lines: list[tuple[str, str]]
) -> None:
    facts, worst = list_facts(example), list_worst(example)
    fit = example.read_json("fit.json")["fit"]
    about = (ROOT / "examples" / "about" / f"{example.name}.toml").read_text(encoding="utf-8")
    told = {f"- {name}: {value}" for name, value in fit.items()}
    for _, line in lines:
        if not NUMBER.search(line) or ELSEWHERE.match(line) or line in told or line in worst:
            continue
        if any(sentence in line for sentence in FIXED):
            continue
        if re.sub(r"^(- )?(Purpose: )?(# )?", "", line).rstrip(".") in about:
            continue
        if check_origin(example, line):
            continue
        start = next((start for start in facts if line.startswith(start)), None)
        assert start is not None, line
        printed = NUMBER.findall(line)
        assert len(printed) == len(facts[start]), line
        for text, value in zip(printed, facts[start], strict=True):
            assert value is None or agrees(text, value), line
    assert set(worst) <= {line for _, line in lines}


def check_origin(example: SignedExample, line: str) -> bool:
    """Digests, versions and commands."""
    said, fit = example.hand.said, example.read_json("fit.json")["fit"]
    rows = np.ascontiguousarray(example.coordinates + 0.0, "<f8").tobytes()
    assert said["evidence"]["digest"] == hashlib.sha256(rows).hexdigest()
    command = f"relurules document model/rules.json --fit model --data {example.name}.csv "
    return line.startswith(command) or line in {
        f"- Model digest: SHA-256 {said['provenance']['digest']}",
        f"- Data digest: SHA-256 {said['evidence']['digest']}",
        f"- Made by: relurules {fit['version of relurules']}",
    }


def test_rounding_is_said_alike_in_both_places(lines: list[tuple[str, str]]) -> None:
    text = "\n".join(line for _, line in lines)
    (one,) = re.findall(r"their sum is within (\S+) of the score", text)
    (other,) = re.findall(r"changes a score by at most (\S+) in the domain", text)
    assert one == other


def test_files_have_the_digests_that_are_said(example: SignedExample) -> None:
    sums = (example.folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    told = {name: digest for digest, name in (line.split("  ") for line in sums)}
    for name, digest in told.items():
        assert hashlib.sha256((example.folder / name).read_bytes()).hexdigest() == digest
    files = {path.relative_to(example.folder).as_posix() for path in example.folder.rglob("*.*")}
    assert files - set(told) == {"rules.json", "fit.json"}
    text = unescape((example.folder / "rules.md").read_text(encoding="utf-8"))
    fit = example.read_json("fit.json")
    digest = hashlib.sha256((example.folder / "rules.json").read_bytes()).hexdigest()
    assert f"- rules: rules.json, {digest}\n" in text
    assert f"- training rows: {example.name}.csv, {fit['fit']['data SHA-256']}\n" in text
    about = (ROOT / "examples" / "about" / f"{example.name}.toml").read_bytes()
    assert f"- about: about.toml, {hashlib.sha256(about).hexdigest()}\n" in text
    assert tomllib.loads(about.decode())["title"] == text.splitlines()[0].removeprefix("# ")
    for name, digest in fit["files"].items():
        assert f"- {name}: {digest}\n" in text


def test_the_page_prints_the_numbers_of_the_text(example: SignedExample) -> None:
    text = unescape((example.folder / "rules.md").read_text(encoding="utf-8"))
    page = (example.folder / "rules.html").read_text(encoding="utf-8")
    page = re.sub(r"<(style|script|svg)\b.*?</\1>", " ", page, flags=re.DOTALL)
    page = re.sub("\u00b710<sup>(.*?)</sup>", r"e\1", page)
    shown = set(map(read_number, NUMBER.findall(unescape(re.sub(r"<[^>]*>", " ", page)))))
    assert set(map(read_number, NUMBER.findall(text))) <= shown
