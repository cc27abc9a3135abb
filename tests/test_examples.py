"""The examples run, and print what the README shows of them."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_rule_of_the_loans_in_the_readme() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "examples" / "loans.py")], capture_output=True, text=True, check=True, cwd=ROOT
    )
    blocks = (ROOT / "README.md").read_text(encoding="utf-8").split("```\n")
    shown = next(block for block in blocks if block.startswith("RULE 1 "))
    assert shown in done.stdout
    assert done.stdout.count("pass") == 2
