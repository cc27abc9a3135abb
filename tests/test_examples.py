"""The examples run, and print what the docs show of them."""

import subprocess
import sys
from pathlib import Path

import pytest

import relurules as rr

ROOT = Path(__file__).parents[1]


def test_the_rule_of_the_loans_in_the_docs() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "examples" / "loans.py")],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    page = (ROOT / "docs" / "inputs.md").read_text(encoding="utf-8")
    blocks = page.replace("```text\n", "```\n").split("```\n")
    shown = next(block for block in blocks if block.startswith("SUMS "))
    assert shown in done.stdout
    assert done.stdout.count("pass") == 2


@pytest.mark.parametrize("name", ["breast_cancer", "credit", "credit_lines"])
@pytest.mark.parametrize("target", ["html", "markdown", "latex"])
def test_the_committed_documents_are_what_the_committed_rules_give(name: str, target: str) -> None:
    """Training differs in its last digits from machine to machine; what follows from the rules
    doesn't.
    """
    folder = ROOT / "examples" / "documents" / name
    titles = {
        "breast_cancer": "Is this tumour malignant?",
        "credit": "Will this credit card bill be paid next month?",
        "credit_lines": "Will this credit card bill be paid next month?",
    }
    for file, text in rr.emit(
        rr.load(folder / "rules.json"), target, title=titles[name]
    ).files.items():
        assert text == (folder / file).read_text(encoding="utf-8"), "run: make examples"
