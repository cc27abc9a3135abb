"""How long questions take where most columns are categories:
`python benchmarks/category_questions.py [--only partition|lines] [--patience N] [--write]`.

Networks over 6 numbers and 8 columns of 100 categories in all, those of `partition.py`, are asked
everything as partition rules and as lines, compared with themselves after every weight was moved a
little, and cut by a decision. Every figure is processor time, processes that were started
included, once functions are compiled. What isn't answered in time counts as infinite: after 10 s
by the clock, or so many times that as `--patience` says, for a machine that is busy.
"""

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from figure_rows import Bar, Figure, write_figures
from partition import ADULT, Case, make_box, module_of
from results import add_write_option, record_output
from rich.console import Console
from rich.table import Table

import relurules as rr
from relurules.errors import OutOfTimeError
from relurules.lp.compilation import use_machine_code

#: Processor seconds that an answer may take.
_MOST = 10.0
#: How far weights are moved, as a share of those of a layer.
_MOVED = 0.02
#: Form of the rules -> the networks.
CASES = {
    "partition": (Case("6+8c_4", 305, 6, (4,), categories=ADULT),),
    "lines": (
        Case("6+8c_16", 306, 6, (16,), categories=ADULT),
        Case("6+8c_24", 307, 6, (24,), categories=ADULT),
    ),
}
#: What is asked for, without limits of a score.
QUESTIONS: dict[str, dict[str, Any]] = {
    "range": {},
    "range, given": {"given": ("n0 >= 0.5", "c6 = v3|v4|v5")},
    "monotone": {},
    "monotone, n0": {"feature": "n0"},
    "monotone, 5 categories": {"feature": "c5"},
    "effect, n0": {"feature": "n0"},
    "effect, 2 of 41 categories": {"feature": "c6", "values": ("v1", "v2")},
    "effect, 5 categories": {"feature": "c5"},
    "lipschitz": {},
}


def measure_cpu() -> float:
    """Processor seconds of this process and of those that it waited for."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def measure(work: Callable[[], Any]) -> tuple[float, Any]:
    """Processor seconds, and what came of it; infinite where it ran out of time."""
    start = measure_cpu()
    try:
        found = work()
    except OutOfTimeError:
        return np.inf, None
    return measure_cpu() - start, found


def make_module(case: Case, *, moved: bool) -> Any:
    """The network as a torch module, with every weight a little off where it is moved."""
    import torch

    module, random = module_of(case), np.random.default_rng(case.seed)
    with torch.no_grad():
        for part in module.parameters() if moved else ():
            off = random.normal(size=part.shape) * _MOVED * float(part.abs().mean())
            part.add_(torch.tensor(off, dtype=part.dtype))
    return module


class Measured(NamedTuple):
    """What was asked of which rules, processor seconds, and how far the answer goes."""

    rules: str
    asked: str
    seconds: float
    answer: str


def ask(rules: Any, name: str, options: dict[str, Any], limit: float) -> Measured:
    """Ask, and see whether the answer is there in time."""
    question = name.partition(",")[0].split()[0]
    seconds, answer = measure(lambda: rr.ask(rules, question, time_limit=limit, **options))
    early = answer is None or any("time limit" in note for note in answer.notes)
    told = "none" if early else "attained" if answer.exact else "a bound"
    return Measured(repr(rules)[1:].partition(" for")[0], name, np.inf if early else seconds, told)


def list_goals(rules: Any) -> dict[str, dict[str, Any]]:
    """Questions with limits, which lie within the range of the score."""
    span = rr.ask(rules, "range").values
    low, high = span["low"], span["high"]
    row = {c.name: "v0" if c.categories else 0.25 for c in rules.domain.columns}
    far = {"at_least": low + 0.8 * (high - low), "row": row}
    return {
        "bounded": {"at_most": low + 0.9 * (high - low)},
        "reach": {"at_least": low + 0.95 * (high - low)},
        "counterfactual": far,
        "counterfactual, linf": {**far, "distance": "linf"},
    }


def measure_case(case: Case, form: str, limit: float) -> Iterator[Measured]:
    """Every question about rules of one network."""
    domain, kind = make_box(case), "additive" if form == "lines" else "partition"
    module, other = (make_module(case, moved=moved) for moved in (False, True))
    rules, moved = (rr.extract(one, domain=domain, form=kind) for one in (module, other))
    name = repr(rules)[1:].partition(" for")[0]

    for asked, options in {**QUESTIONS, **list_goals(rules)}.items():
        yield ask(rules, asked, options, limit)

    seconds, found = measure(lambda: rr.diff(rules, moved, time_limit=limit))
    whole = found is not None and found.complete
    yield Measured(name, "diff", seconds if whole else np.inf, "whole" if whole else "in part")
    if form == "partition":
        seconds, cut = measure(lambda: rr.extract(module, domain=domain, decision=1.0))
        yield Measured(name, "decision", seconds, f"{len(cut)} rules")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=list(CASES), help="rules of this form")
    parser.add_argument(
        "--patience", type=float, default=1.0, help="times 10 s by the clock for an answer"
    )
    add_write_option(parser)
    given = parser.parse_args()
    with record_output("Questions over categories", write=given.write):
        forms = [given.only] if given.only else list(CASES)
        write_figures(given.figures, show_table(forms, _MOST * given.patience))


def show_table(forms: Sequence[str], limit: float) -> list[Figure]:
    """Print every answer's seconds."""
    small = Case("small", 1, 1, (2,), categories=(2,) * 4 + (2, 2, 6, 2))
    use_machine_code()
    for form in forms:  # compiled, or loaded, once
        list(measure_case(small, form, 10.0 * limit))
    if "lines" in forms:  # of which small ones need no compiled search
        case = CASES["lines"][0]
        rules = rr.extract(make_module(case, moved=False), domain=make_box(case), form="additive")
        for question in ("effect", "monotone"):
            rr.ask(rules, question, feature="n0")

    found = list[Measured]()
    for form in forms:
        for case in CASES[form]:
            for one in measure_case(case, form, limit):
                print(f"{one.rules}, {one.asked}: {one.seconds:.2f}", file=sys.stderr)
                found.append(one)

    table = Table("rules", "question", "CPU s", "answer", title="Over 100 categories")
    for one in found:
        table.add_row(one.rules, one.asked, f"{one.seconds:.2f}", one.answer)
    Console(width=140).print(table)
    return [
        Figure(
            what=f"{one.asked}, {one.rules}, 100 categories: {one.answer}",
            ours=one.seconds,
            unit="CPU s",
            bar=Bar(limit=_MOST, sense="at most"),
        )
        for one in found
    ]


if __name__ == "__main__":
    main()
