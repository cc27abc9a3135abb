"""The checker in JavaScript, written from docs/certificates.md alone, says what ours says.

benchmarks/second_checker.py compares them on 10,000 certificates.
"""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browsers import miss
from certificate_cases import draw_case, make_lines
from instances import files, instance, named_instance
from second_checker import NODE, differ, encode_files, judge_by_ours, judge_by_second
from tampering import stamped

import relurules as rr

ROOT = Path(__file__).resolve().parents[2]
CHECK = ROOT / "tools" / "second_checker" / "check.mjs"
#: So many changed certificates of every source are drawn.
CASES = 25


@pytest.fixture(scope="module", autouse=True)
def node() -> None:
    """Node.js must be here."""
    if NODE is None:
        miss("Node.js")


@pytest.fixture(scope="module")
def sources() -> list[Any]:
    """Certificates of rules that give scores, decide, and add up lines, groups and categories."""
    made = []
    for model, rules in (named_instance("scores"), named_instance("threshold"), instance(12)):
        made.append(files(model, rules, rr.prove(rules, model)))
    return made + [make_lines(seed) for seed in range(4)]


def read_page_examples() -> list[tuple[str, str, str]]:
    """Certificate, rules and model of the page's examples, as texts."""
    page = (ROOT / "docs" / "certificates.md").read_text(encoding="utf-8")
    model, rules, one, deciding, two, other_model, lines, three, *_ = re.findall(
        r"```json\n(.*?)```", page, re.DOTALL
    )
    return [(one, rules, model), (two, deciding, model), (three, lines, other_model)]


def test_the_examples_of_the_page_hold() -> None:
    cases = [encode_files(texts) for texts in read_page_examples()]
    for case, second in zip(cases, judge_by_second(cases), strict=True):
        assert second.code == 0, second.why
        assert not differ(judge_by_ours(case), second)


def test_both_say_the_same_of_honest_and_changed_certificates(sources: list[Any]) -> None:
    cases = [("honest", encode_files(triple)) for triple in sources]
    for number in range(CASES * len(sources)):
        rng = np.random.default_rng(number)
        cases.append(draw_case(sources[number % len(sources)], rng))

    codes = set()
    judged = judge_by_second([case for _, case in cases])
    for number, ((kind, case), second) in enumerate(zip(cases, judged, strict=True)):
        ours = judge_by_ours(case)
        assert not differ(ours, second), (number, kind, ours, second)
        codes.add(ours.code)
        assert ours.code == 0 or number >= len(sources), ours.why
    assert codes == {0, 1, 2}


def run_check(folder: Path, texts: tuple[str, str, str]) -> subprocess.CompletedProcess[str]:
    names = ("certificate.json", "rules.json", "model.json")
    for name, text in zip(names, texts, strict=True):
        (folder / name).write_text(text, encoding="utf-8")
    command = [str(NODE), str(CHECK), *names]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_the_command_line_says_it_in_one_sentence(tmp_path: Path) -> None:
    certificate, rules, model = read_page_examples()[0]
    done = run_check(tmp_path, (certificate, rules, model))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("proven: |model - rules| <= 0.5 for every score, everywhere")

    claim = json.loads(certificate) | {"bound": 0.25}
    done = run_check(tmp_path, (json.dumps(claim), rules, model))
    assert done.returncode == 1
    assert done.stdout.startswith("refused: ")

    for text in (certificate[:-9], '{"a":' * 100_000, f'{{"n": {"9" * 301}}}'):
        done = run_check(tmp_path, (text, rules, model))
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith("error: ")
        assert done.stderr.count("\n") == 1


def test_ways_without_end_are_refused() -> None:
    """Sixty splits, of each of which both sides lead to the next one: 2^60 ways."""
    found, rules, model = (json.loads(text) for text in read_page_examples()[0])
    cut = {"coefficients": {"x": 1.0}, "at_least": 2.0}
    ends = {"then": {"rule": 1}, "otherwise": {"rule": 2}}
    rules["splits"] = [
        *({**cut, "then": {"split": i}, "otherwise": {"split": i}} for i in range(1, 61)),
        {**cut, **ends},
    ]
    for rule in rules["rules"]:
        rule["conditions"][0]["split"] = 60
    case = encode_files(stamped((found, rules, model)))
    (second,) = judge_by_second([case])
    ours = judge_by_ours(case)
    assert (ours.code, second.code) == (1, 1)
    assert "ways" in ours.why
    assert "ways" in second.why
