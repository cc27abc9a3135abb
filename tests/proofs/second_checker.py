"""Both checkers on the same files: ours, and the one in JavaScript that was written from the
specification alone.
"""

import base64
import json
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from relurules import checker

RUNNER = Path(__file__).with_name("judge_many.mjs")
NODE = shutil.which("node")
#: Certificate, rules and model as the bytes of their files.
Files = tuple[bytes, bytes, bytes]


class Judgement(NamedTuple):
    """What a checker says: 0 for a proof, 1 for none, 2 for files that can't be read. Where it is a
    proof, what it shows and the verdict's sentence.
    """

    code: int
    shown: Any
    sentence: str
    why: str


def encode_files(values: Sequence[Any]) -> Files:
    """Values, texts or bytes as the bytes of three files."""
    one, two, three = (
        value if isinstance(value, bytes)
        else (value if isinstance(value, str) else json.dumps(value)).encode("utf-8", "replace")
        for value in values
    )  # fmt: skip
    return one, two, three


def judge_by_ours(files: Files) -> Judgement:
    """What relurules' own checker says."""
    try:
        values = [checker.parse_json(data.decode("utf-8")) for data in files]
    except ValueError as error:
        return Judgement(2, None, "", str(error))
    if not all(isinstance(value, dict) for value in values):
        return Judgement(2, None, "", "no object")
    verdict = checker.check(*values)
    if not verdict:
        return Judgement(1, None, "", verdict.why)
    if verdict.lines is not None:
        claim = checker.list_additive_claim(verdict)
        shown = [claim["bound"], claim["bounds"], claim["share"]]
    else:
        shown = [verdict.bound, [list(own) for own in verdict.bounds], None]
    return Judgement(0, shown, checker.describe_verdict(verdict), "")


def judge_by_second(cases: Sequence[Files]) -> list[Judgement]:
    """What the second checker says of many files, in one process."""
    assert NODE is not None
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
        for files in cases:
            texts = [base64.b64encode(data).decode() for data in files]
            file.write(json.dumps(texts) + "\n")
        file.flush()
        done = subprocess.run(
            [NODE, str(RUNNER), file.name], capture_output=True, text=True, check=False
        )
    assert done.returncode == 0, done.stderr
    # JavaScript writes large floats without a point.
    said = [json.loads(line, parse_int=float) for line in done.stdout.splitlines()]
    return [
        Judgement(
            int(one["code"]),
            [one["bound"], one["bounds"], one.get("share")] if one["code"] == 0 else None,
            one.get("sentence", ""),
            one.get("reason", ""),
        )
        for one in said
    ]


def judge_answers_by_second(cases: Sequence[tuple[Any, ...]]) -> list[tuple[int, str]]:
    """What the second checker says of many answers and their rules: the code, and the sentence."""
    assert NODE is not None
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
        for case in cases:
            texts = [base64.b64encode(json.dumps(value).encode()).decode() for value in case]
            file.write(json.dumps(texts) + "\n")
        file.flush()
        done = subprocess.run(
            [NODE, str(RUNNER), file.name], capture_output=True, text=True, check=False
        )
    assert done.returncode == 0, done.stderr
    said = [json.loads(line) for line in done.stdout.splitlines()]
    return [(one["code"], one.get("sentence", "")) for one in said]


def differ(ours: Judgement, second: Judgement) -> bool:
    """Whether two checkers disagree; why they refuse is theirs to say."""
    # Notes follow the sentence; they say the same in other words.
    sentences = [one.sentence.partition(")")[0] for one in (ours, second)]
    return (ours.code, ours.shown, sentences[0]) != (second.code, second.shown, sentences[1])
