"""JPMML-Evaluator as a program of its own: a line of JSON in (path, columns, rows), one out.

It runs in an environment that has jpmml_evaluator (see tools/install_engines.sh), and imports
nothing of ours.
"""

import json
import math
import sys
from typing import Any

from jpmml_evaluator import make_evaluator  # type: ignore[import-not-found]


def encode_value(value: Any) -> Any:
    """A value as JSON, which has no NaN and no infinity: these are lists of a text."""
    finite = not isinstance(value, float) or math.isfinite(value)
    return value if finite else [str(value)]


def decode_value(value: Any) -> Any:
    """The value that was sent."""
    return float(value[0]) if isinstance(value, list) else value


for line in sys.stdin:
    asked = json.loads(line)
    try:
        evaluator = make_evaluator(asked["path"]).verify()
        names = [field.getName() for field in evaluator.getOutputFields()]
        rows = [list(map(decode_value, row)) for row in asked["rows"]]
        found = []
        for row in rows:
            given = evaluator.evaluate(dict(zip(asked["columns"], row, strict=True)))
            found.append({name: encode_value(given.get(name)) for name in names})
        answer = {"rows": found}
    except Exception as error:  # Java's are of many classes
        answer = {"error": f"{type(error).__name__}: {error}"[:2000]}
    print(json.dumps(answer), flush=True)
