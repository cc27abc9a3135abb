# rules: 15, neurons: 6, form: rules
# model: model.pt2, network SHA-256: a563a32ab015ff280c9e2a5dd5b02c985f16c3924c0d28007780523d20688cb8
# made by relurules 0.1.0, settings: the defaults
# certified: no score in the domain is further from the network's than 0.0, rounding of floats aside
"""score(row) -> the outputs and the number of the rule that gave them; `python score.py < rows.csv` writes them as CSV.

A row with a missing value, or outside the domain, has NaN outputs and rule 0.
"""

from __future__ import annotations

import csv
import math
import sys
from collections.abc import Mapping
from typing import Any

#: The columns of a row, in their units.
FEATURES = (
    "age",  # a number from 0.0 to 10.0
    "debt",  # a number from -5.0 to 5.0
    "trend",  # a number from -1.0 to 1.0
)
OUTPUTS = ("y",)


def _number(value: Any, name: str) -> float:
    if value is None:
        return math.nan
    if isinstance(value, (str, bytes)):
        raise TypeError(f"{name!r} must be a number, found {value!r}")
    return float(value)


def _sigmoid(s: float) -> float:
    power = math.exp(-abs(s))
    return (1.0 if s >= 0.0 else power) / (1.0 + power)


def _result(rule: int, _s0: float) -> dict[str, float]:
    return {
        "y": _sigmoid(_s0),
        "rule": rule,
    }


def score(row: Mapping[str, Any]) -> dict[str, float]:
    """row: every column's value; None or NaN where it is missing. KeyError where a column is missing."""
    age = row["age"]
    if age.__class__ is not float:
        age = _number(age, "age")
    debt = row["debt"]
    if debt.__class__ is not float:
        debt = _number(debt, "debt")
    trend = row["trend"]
    if trend.__class__ is not float:
        trend = _number(trend, "trend")
    if not (0.0 <= age <= 10.0 and -5.0 <= debt <= 5.0 and -1.0 <= trend <= 1.0):
        return _result(0, math.nan)
    if (
        age + 0.7956457873572925 * debt + 0.4319987152913648 * trend >= -0.706341252267087
        and age + 0.929897973001949 * trend + 0.06000619070435719 * debt >= -0.20829128539351688
        and age + 0.8963956903711947 * debt + 0.3473081053842449 * trend < 1.6398642847995197
        and age + 0.7721683325980211 * trend - 0.1262545640929408 * debt < 2.0055346226745696
    ):
        return _result(1, -0.5356259346008301)
    if (
        age + 0.7956457873572925 * debt + 0.4319987152913648 * trend >= -0.706341252267087
        and age + 0.8963956903711947 * debt + 0.3473081053842449 * trend < 1.6398642847995197
        and age + 0.7721683325980211 * trend - 0.1262545640929408 * debt >= 2.0055346226745696
    ):
        return _result(
            2,
            -0.4369398010394488
            - 0.049206895979573784 * age
            - 0.03799600682087176 * trend
            + 0.00621259520226777 * debt,
        )
    if (
        age + 0.929897973001949 * trend + 0.06000619070435719 * debt >= -0.20829128539351688
        and age + 0.8963956903711947 * debt + 0.3473081053842449 * trend >= 1.6398642847995197
        and age + 0.7721683325980211 * trend - 0.1262545640929408 * debt < 0.10466433329806496
        and age + 0.8963956903711947 * debt + 0.3473081053842449 * trend < 3.853905140995068
    ):
        return _result(3, -0.5356259346008301)
    if (
        age + 0.929897973001949 * trend + 0.06000619070435719 * debt >= -0.20829128539351688
        and age + 0.7721683325980211 * trend - 0.1262545640929408 * debt < 0.10466433329806496
        and age + 0.8963956903711947 * debt + 0.3473081053842449 * trend < 4.566749662143908
        and age + 0.8963956903711947 * debt + 0.3473081053842449 * trend >= 3.853905140995068
    ):
        return _result(
            4,
            -0.6122686028066385
            + 0.019887014703745282 * age
            + 0.01782663427478585 * debt
            + 0.0069069213985063944 * trend,
        )
    if (
        age + 0.7721683325980211 * trend - 0.1262545640929408 * debt < 0.10466433329806496
        and age + 0.8963956903711947 * debt + 0.3473081053842449 * trend >= 4.566749662143908
    ):
        return _result(
            5,
            -0.46632672052271834
            - 0.01207048090712783 * age
            - 0.010819927065857176 * debt
            - 0.004192175854931268 * trend,
        )
    if (
        age + 0.8963956903711947 * debt + 0.3473081053842449 * trend >= 1.6398642847995197
        and age + 0.7721683325980211 * trend - 0.1262545640929408 * debt >= 0.10466433329806496
        and age + 0.2764015807766586 * debt + 0.6048847667341838 * trend < 1.8615563584545265
        and debt - 0.5029076599103469 * age - 0.7774007898848874 * trend < 3.3807807893625963
    ):
        return _result(6, -0.5356259346008301)
    if (
        age + 0.7721683325980211 * trend - 0.1262545640929408 * debt >= 0.10466433329806496
        and age + 0.2764015807766586 * debt + 0.6048847667341838 * trend < 1.8615563584545265
        and debt - 0.5029076599103469 * age - 0.7774007898848874 * trend >= 3.3807807893625963
    ):
        return _result(
            7,
            -0.6090440704180667
            + 0.02171632542643462 * debt
            - 0.0109213064020598 * age
            - 0.016882288539907538 * trend,
        )
    if (
        age + 0.8963956903711947 * debt + 0.3473081053842449 * trend >= 1.6398642847995197
        and age + 0.2764015807766586 * debt + 0.6048847667341838 * trend >= 1.8615563584545265
        and debt - 0.5029076599103469 * age - 0.7774007898848874 * trend < 3.3807807893625963
    ):
        return _result(
            8,
            -0.3845338453555406
            - 0.08116439159044689 * age
            - 0.022433966138375255 * debt
            - 0.04909510407430942 * trend,
        )
    if (
        age + 0.7721683325980211 * trend - 0.1262545640929408 * debt >= 0.10466433329806496
        and age + 0.2764015807766586 * debt + 0.6048847667341838 * trend >= 1.8615563584545265
        and debt - 0.5029076599103469 * age - 0.7774007898848874 * trend >= 3.3807807893625963
    ):
        return _result(
            9,
            -0.4579519811727772
            - 0.0920856979925067 * age
            - 0.06597739261421695 * trend
            - 0.0007176407119406374 * debt,
        )
    if (
        age + 0.929897973001949 * trend + 0.06000619070435719 * debt < -0.20829128539351688
        and age - 0.6089376029842808 * debt + 1.3958529812415157 * trend >= -4.027366019995812
        and age + 0.4574089250524161 * debt + 0.6530857862313443 * trend < 1.7218237721828624
    ):
        return _result(10, -0.5356259346008301)
    if (
        age + 0.929897973001949 * trend + 0.06000619070435719 * debt < -0.20829128539351688
        and age - 0.6089376029842808 * debt + 1.3958529812415157 * trend >= -4.027366019995812
        and age + 0.4574089250524161 * debt + 0.6530857862313443 * trend >= 1.7218237721828624
    ):
        return _result(
            11,
            -0.607692863524069
            + 0.04185499706039906 * age
            + 0.01914484921346917 * debt
            + 0.027334903662901325 * trend,
        )
    if (
        age - 0.6089376029842808 * debt + 1.3958529812415157 * trend < -4.027366019995812
        and age + 0.4574089250524161 * debt + 0.6530857862313443 * trend < 1.7218237721828624
    ):
        return _result(
            12,
            -0.37470491244244847
            + 0.03995689027503613 * age
            - 0.024331252986786425 * debt
            + 0.055773944411549314 * trend,
        )
    if (
        age - 0.6089376029842808 * debt + 1.3958529812415157 * trend < -4.027366019995812
        and age + 0.4574089250524161 * debt + 0.6530857862313443 * trend >= 1.7218237721828624
    ):
        return _result(
            13,
            -0.44677184136568737
            + 0.0818118873354352 * age
            + 0.08310884807445064 * trend
            - 0.005186403773317251 * debt,
        )
    if (
        age + 0.7956457873572925 * debt + 0.4319987152913648 * trend < -0.706341252267087
        and age + 0.929897973001949 * trend + 0.06000619070435719 * debt >= -0.20829128539351688
        and age + 0.3579141155883276 * debt + 0.5935161884482126 * trend < 0.5812967863785867
    ):
        return _result(14, -0.5356259346008301)
    if (
        age + 0.7956457873572925 * debt + 0.4319987152913648 * trend < -0.706341252267087
        and age + 0.3579141155883276 * debt + 0.5935161884482126 * trend >= 0.5812967863785867
    ):
        return _result(
            15,
            -0.47538386245022424
            - 0.10363393289322509 * age
            - 0.03709204743641875 * debt
            - 0.06150841684468481 * trend,
        )
    return _result(0, math.nan)


def _parsed(text: str | None, name: str) -> Any:
    """A field of a CSV file: an empty one is a missing value."""
    if not text:
        return None
    return float(text)


def main() -> None:
    """Read rows from the standard input as CSV with a header, write outputs to the standard output."""
    reader, writer = csv.DictReader(sys.stdin), csv.writer(sys.stdout, lineterminator="\n")
    lacking = [name for name in FEATURES if name not in (reader.fieldnames or ())]
    if lacking:
        sys.exit(f"the header of the CSV lacks the column {lacking[0]!r}")
    writer.writerow([*OUTPUTS, "rule"])
    for row in reader:
        try:
            found = score({name: _parsed(row[name], name) for name in FEATURES})
        except ValueError as error:
            sys.exit(f"line {reader.line_num} of the CSV: {error}")
        writer.writerow(["" if value != value else value for value in found.values()])


if __name__ == "__main__":
    main()

# relurules artefact: {"target": "python", "form": "rules", "outputs": ["y"], "max_error": 0.0, "complete": true, "features": [{"name": "age", "lower": 0.0, "upper": 10.0}, {"name": "debt", "lower": -5.0, "upper": 5.0}, {"name": "trend", "lower": -1.0, "upper": 1.0}]}
