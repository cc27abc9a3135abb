"""Large proofs: how long they take beside what they may, and what a checker does with 100 MB."""

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

import relurules as rr

#: Seconds and bytes that a certificate of 100 MB may take to be judged or refused.
_MOST_SECONDS, _MOST_BYTES, _LARGE = 60.0, 2e9, 100_000_000


@dataclass(frozen=True, kw_only=True)
class LargeProof:
    """What is proven, and processor seconds that proving may take, and checking as well."""

    name: str
    make: Callable[[], tuple[Any, Any]]
    seconds: float


def report_limits() -> None:
    """A line for every proof, then one for every file of 100 MB.

    Times are processor seconds; of checks with the start of Python, as `check.py` is run. peak: of
    resident memory, of the largest check so far.
    """
    with tempfile.TemporaryDirectory() as place:
        for number, each in enumerate(_PROOFS):
            folder = Path(place, str(number))
            _report_proof(each, folder)
        _report_large_files(folder)


def _report_proof(proof: LargeProof, folder: Path) -> None:
    rules, model = proof.make()
    begun = time.process_time()
    certificate = rr.prove(rules, model)
    certificate.write(folder)
    proving = time.process_time() - begun

    rules.save(folder / "rules.json")
    code, seconds, last = _run_check(folder)
    if code:
        raise SystemExit(f"{proof.name}: {last}")
    size = (folder / "certificate.json").stat().st_size
    print(
        f"{proof.name:32} {len(rules):6} parts {size / 1e6:6.2f} MB, prove {proving:5.1f} s, check "
        f"{seconds:5.1f} s, at most {proof.seconds:.0f} s: "
        f"{'yes' if max(proving, seconds) <= proof.seconds else 'NO'}",
        flush=True,
    )


def _report_large_files(folder: Path) -> None:
    """Certificates of 100 MB beside honest rules and an honest model."""
    honest = (folder / "certificate.json").read_text(encoding="utf-8")
    for name, pieces in _list_large_texts(honest):
        with (folder / "certificate.json").open("w", encoding="utf-8") as file:
            file.writelines(pieces)
        code, seconds, last = _run_check(folder)
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
        well = seconds <= _MOST_SECONDS and peak <= _MOST_BYTES
        print(
            f"100 MB, {name:24} {'judged' if code == 0 else 'refused'} in {seconds:5.1f} s, peak "
            f"{peak / 1e9:.2f} GB: {'yes' if well else 'NO'}   {last[:60]}",
            flush=True,
        )


def _run_check(folder: Path) -> tuple[int, float, str]:
    """Exit code, processor seconds and the last line of what check.py says."""
    files = (folder / name for name in ("certificate.json", "rules.json", "model.json"))
    begun = os.times()
    ran = subprocess.run(
        [sys.executable, str(folder / "check.py"), *map(str, files)],
        capture_output=True,
        text=True,
        check=False,
    )
    ended = os.times()
    seconds = ended.children_user + ended.children_system
    seconds -= begun.children_user + begun.children_system
    told = (ran.stdout + ran.stderr).strip().splitlines() or ["nothing"]
    return ran.returncode, seconds, told[-1].replace(f"{folder}/", "")


def _list_large_texts(honest: str) -> Iterator[tuple[str, Iterator[str]]]:
    """Names and texts, piece by piece: blanks, lists in lists, digits, many values, many keys."""
    block = 1_000_000
    pad, count = " " * block, _LARGE // block
    yield "honest, and blanks", iter([honest, *[pad] * count])
    yield "lists in lists", iter(["[" * block] * count)
    yield "one number", iter(['{"version": 2, "bound": ', *["9" * block] * count, "}"])
    numbers = "[0.125,1.5],"
    many = [numbers * (block // len(numbers))] * count
    yield "many lists", iter(['{"version": 2, "rules": [', *many, "[]]}"])
    keys = (f'"k{i}": {i}, ' for i in range(_LARGE // 18))
    yield "many keys", iter(['{"version": 2, ', *keys, '"last": 0}'])


def _draw_lines(columns: int, neurons: int) -> tuple[Any, Any]:
    """Lines of a network of one hidden layer, and the network."""
    handmade, rng = import_module("handmade"), np.random.default_rng(0)
    A = rng.normal(size=(neurons, columns)) / np.sqrt(columns)
    shifts, weights = rng.normal(size=neurons), rng.normal(size=(1, neurons))
    model = handmade.graph(handmade.network(A, shifts, weights))
    box = rr.Domain.box([-1] * columns, [1] * columns)
    return rr.extract(model, domain=box, form="additive"), model


def _draw_rules(columns: int, neurons: int) -> tuple[Any, Any]:
    """Partition rules of such a network, and the network."""
    _, model = _draw_lines(columns, neurons)
    box = rr.Domain.box([-1] * columns, [1] * columns)
    return rr.extract(model, domain=box), model


_PROOFS = (
    LargeProof(name="16 lines of 12 columns", make=lambda: _draw_lines(12, 16), seconds=2),
    LargeProof(name="2,000 lines of 20 columns", make=lambda: _draw_lines(20, 2000), seconds=10),
    LargeProof(name="rules of 4 columns", make=lambda: _draw_rules(4, 32), seconds=60),
)
