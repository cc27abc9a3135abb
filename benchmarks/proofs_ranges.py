"""Proofs of ranges whose lines hang together: seconds to find one, and to check it twice."""

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from shutil import which
from typing import Any

import linearise_tables as tables
import numpy as np

import relurules as rr
from relurules import checker
from relurules.codec.additive_json import additive_to_json

SECOND = Path(__file__).resolve().parents[1] / "tools" / "second_checker" / "check.mjs"


def report_ranges(data: Path) -> None:
    """A line of figures for every range. data: the folder of tables; without it, drawn rules only.

    Times are of processors: to find the proof, to check it by check.py, and by the second checker
    with the start of Node.js. missed: how far an end is from the score of a row that the
    certificate shows, as a share of the range.
    """
    print(f"{'range of':30} {'pieces':>6} {'MB':>5} {'prove':>6} {'check':>6} {'second':>6} missed")
    for name, rules in _list_rules(data):
        _report_range(name, rules)


def _report_range(name: str, rules: Any) -> None:
    begun = time.process_time()
    certificate = rr.prove_answer(rules)
    proving = time.process_time() - begun

    found = json.dumps(certificate.found, separators=(",", ":"))
    said = json.dumps(additive_to_json(rules))
    begun = time.process_time()
    verdict = checker.check_answer(json.loads(found), json.loads(said))
    checking = time.process_time() - begun
    if not verdict:
        raise SystemExit(f"{name}: {verdict.why}")

    pieces = sum(str(part["trees"]).count("'leaf'") for part in certificate.found["parts"])
    (low, high), (lowest, highest) = (certificate.low, certificate.high), certificate.reached
    missed = max(high - highest, lowest - low) / (high - low)  # type: ignore[operator]
    second = _time_second(found, said)
    print(
        f"{name:30} {pieces:6} {len(found) / 1e6:5.2f} {proving:4.1f} s {checking:4.1f} s "
        f"{second:>6} {missed:6.0e}",
        flush=True,
    )


def _time_second(found: str, said: str) -> str:
    """Seconds of the second checker; "-" without Node.js."""
    node = which("node")
    if node is None:
        return "-"
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder, name) for name in ("certificate.json", "rules.json")]
        for path, text in zip(files, (found, said), strict=True):
            path.write_text(text)
        begun = os.times()
        subprocess.run([node, str(SECOND), *map(str, files)], check=True, capture_output=True)
        ended = os.times()
    seconds = ended.children_user + ended.children_system
    return f"{seconds - begun.children_user - begun.children_system:.1f} s"


def _list_rules(data: Path) -> Iterator[tuple[str, Any]]:
    for count in (16, 24, 32):
        yield f"{count} drawn pairs in 12 columns", _draw_pairs(count)
    if not data.is_dir():
        return
    for name, told in (("taiwan", "Taiwan credit"), ("bike", "bike sharing")):
        X, y = tables.table_of(name, data)
        table = X.assign(target=y)
        for count in (16, 32):
            fitted = rr.fit(table, "target", form="additive", max_rules=count, seed=0)
            yield f"{told}, {count} lines", fitted.rules


def _draw_pairs(count: int, columns: int = 12) -> Any:
    """Lines of two columns each, which tie all columns together."""
    handmade, rng = import_module("handmade"), np.random.default_rng(0)
    A = np.zeros((count, columns))
    for k in range(count):
        ends = [k, k + 1] if k < columns - 1 else rng.choice(columns, 2, replace=False)
        A[k, ends] = rng.normal(size=2)
    net = handmade.network(A, 0.1 * rng.normal(size=count), rng.normal(size=(1, count)))
    box = rr.Domain.box([-1] * columns, [1] * columns)
    return rr.extract(handmade.graph(net), domain=box, form="additive")
