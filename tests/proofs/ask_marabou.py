"""Asks Marabou the questions of folders, in an environment of its own: folders -> a JSON list of
pairs, its answers about a bound and about one that is 1 % tighter.
"""

import csv
import json
import re
import sys
from pathlib import Path

from maraboupy import Marabou

_ASSERTION = re.compile(r"\(assert \((>=|<=) ([XY])_(\d+) (-?[0-9.]+)\)\)")


def ask(folder: Path, model: str, question: str, scale: float) -> str:
    """What Marabou says: sat or unsat. scale: of the bound in question, the last assertion."""
    network = Marabou.read_onnx(str(folder / model))
    variables = {"X": network.inputVars[0].flatten(), "Y": network.outputVars[0].flatten()}
    text = (folder / question).read_text()
    found = _ASSERTION.findall(text)
    assert len(found) == text.count("(assert")

    for number, (side, kind, place, value) in enumerate(found, 1):
        bound = float(value) * (scale if number == len(found) else 1.0)
        limit = network.setLowerBound if side == ">=" else network.setUpperBound
        limit(variables[kind][int(place)], bound)
    options = Marabou.createOptions(verbosity=0, splittingStrategy="earliest-relu")
    return network.solve(verbose=False, options=options)[0]


def ask_twice(folder: Path) -> list[list[str]]:
    """Answers to each question of a folder."""
    with (folder / "instances.csv").open() as listed:
        return [
            [ask(folder, model, question, scale) for scale in (1.0, 0.99)]
            for model, question, _ in csv.reader(listed)
        ]


if __name__ == "__main__":
    print(json.dumps([pair for place in sys.argv[1:] for pair in ask_twice(Path(place))]))
