"""Puts machine code into the package, for wheels: `make wheel`, or
`python tools/ship_machine_code.py`.

Without it, the first long search on a machine compiles for half a minute. What is made here fits
this version of numba and of Python, this system, and processors of the baseline in
`relurules/lp/shipped_code.py`; elsewhere functions are compiled as they are needed, as before.

Questions and fits are run once, where nothing is compiled yet, and what they
compiled is kept.
"""

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd

import relurules as rr
from relurules.domain.columns import Category, Column
from relurules.errors import OutOfTimeError
from relurules.lp.compilation import get_store
from relurules.lp.shipped_code import BASELINES, SHIPPED, name_machine_folder
from relurules.partitioning import compile_search

#: Form of the rules -> neurons of the network.
_SMALL = {"partition": 4, "additive": 4}
#: Neurons of lines of which the last questions take a search in compiled code.
_MANY = 16
#: What is asked of all rules, beside questions about limits of their scores.
_QUESTIONS = (
    {"question": "range"},
    {"question": "range", "given": ("n0 >= 0.5",)},
    {"question": "monotone", "feature": "n0"},
    {"question": "effect", "feature": "n0"},
    {"question": "lipschitz"},
)
#: Seconds that an answer may take; of less, compiling wouldn't be worth while.
_PATIENCE = 60.0
#: Rows of which sums are left to machine code.
_ROWS = 4_000


def main() -> None:
    """Compile in a process of its own, and copy what came of it."""
    if "--work" in sys.argv:
        run_work()
        return

    baseline = BASELINES.get(platform.machine())
    if baseline is None:
        raise SystemExit(f"{platform.machine()}: no baseline; known are {', '.join(BASELINES)}")

    shutil.rmtree(SHIPPED, ignore_errors=True)
    with TemporaryDirectory() as folder:
        # Code of Intel's library of functions would need it wherever it runs.
        chosen = {
            "NUMBA_CACHE_DIR": folder,
            "NUMBA_CPU_NAME": baseline.name,
            "NUMBA_CPU_FEATURES": "",
            "NUMBA_DISABLE_INTEL_SVML": "1",
        }
        subprocess.run([sys.executable, __file__, "--work"], check=True, env=os.environ | chosen)
        (made,) = Path(folder).iterdir()
        shutil.copytree(made, SHIPPED / name_machine_folder(made.name))

    files = list(SHIPPED.rglob("*.code"))
    size = sum(file.stat().st_size for file in files) / 1e6
    print(f"{SHIPPED}: {len(files)} functions for {baseline.name}, {size:.1f} MB")


def run_work() -> None:
    """Whatever calls compiled functions, so that each is made."""
    compile_search()
    domain = make_domain()
    for form, neurons in _SMALL.items():
        rules = rr.extract(make_module(neurons, len(domain)), domain=domain, form=form)
        ask_all(rules, (*_QUESTIONS, *list_goals(rules)))

    ask_all(rr.extract(make_module(_MANY, len(domain)), domain=domain, form="additive"), _QUESTIONS)
    with TemporaryDirectory() as folder:
        rr.stream(make_module(_SMALL["partition"], 3), rr.Domain.box([-1.0] * 3, [1.0] * 3), folder)
    fit_tables()


def make_domain() -> rr.Domain:
    """Numbers, and columns of categories."""
    columns = [Column(f"n{i}") for i in range(4)]
    columns += [
        Column(f"c{i}", tuple(Category((f"v{j}",)) for j in range(size)))
        for i, size in enumerate((3, 9, 12, 7))
    ]
    return rr.Domain.over(columns).bounded({f"n{i}": (-1.0, 1.0) for i in range(4)})


def make_module(neurons: int, inputs: int) -> Any:
    """A network with one hidden layer, as torch has it."""
    import torch

    torch.manual_seed(0)
    return torch.nn.Sequential(
        torch.nn.Linear(inputs, neurons), torch.nn.ReLU(), torch.nn.Linear(neurons, 1)
    )


def list_goals(rules: Any) -> tuple[dict[str, Any], ...]:
    """Questions with limits, which lie within the range of the score."""
    span = rr.ask(rules, "range").values
    low, high = span["low"], span["high"]
    row = {c.name: "v0" if c.categories else 0.25 for c in rules.domain.columns}
    return (
        {"question": "reach", "at_least": low + 0.95 * (high - low)},
        {"question": "counterfactual", "at_least": low + 0.8 * (high - low), "row": row},
    )


def ask_all(rules: Any, asked: Iterable[dict[str, Any]]) -> None:
    """Ask; by the end of an answer's time, what it needs is compiled."""
    for options in asked:
        with suppress(OutOfTimeError):
            rr.ask(rules, time_limit=_PATIENCE, **options)


def fit_tables() -> None:
    """Lines and rules of a table, and scores of many rows."""
    random = np.random.default_rng(0)
    frame = pd.DataFrame(random.normal(size=(_ROWS, 3)), columns=["a", "b", "c"])
    frame["kind"] = random.choice(["x", "y", "z"], size=len(frame))
    late = np.maximum(frame["a"], 0.0) + np.abs(frame["b"]) + (frame["kind"] == "x") > 1.0
    frame["late"] = late.astype(int)

    rules = rr.fit(frame, "late", max_rules=4).rules
    rr.fit(frame[:1000], "late", max_rules=4, form="partition")
    while not get_store().has("line_rows.add_line_rows"):
        rules.predict(frame)


if __name__ == "__main__":
    main()
