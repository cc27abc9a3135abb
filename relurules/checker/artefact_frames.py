"""Artefacts: what programs in Python, C and JavaScript must be, token for token, around formulas.

In these texts $ is any text in quotes.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from relurules.checker.artefact_domain import ArtefactDomain
from relurules.checker.artefact_links import (
    LinkFrame,
    count_artefact_scores,
    list_artefact_heads,
)

_PYTHON_NUMBER = """
def _number(value: Any, name: str) -> float:
    if value is None:
        return math.nan
    if isinstance(value, (str, bytes)):
        raise TypeError(f"{name!r} must be a number, found {value!r}")
    return float(value)"""
_PYTHON_FILLED = _PYTHON_NUMBER.replace("str)", "str, fill: float = math.nan)", 1).replace(
    "is None:\n        return math.nan", "is None or value != value:\n        return fill"
)
_PYTHON_CATEGORY = """
def _category(value: Any, name: str, known: Mapping[Any, int], missing: int, other: int) -> int:
    if value is None or value != value:
        return missing
    if not isinstance(value, str) and known and all(isinstance(v, str) for v in known):
        raise TypeError(f"{name!r} must be a text such as {min(known)!r}, found {value!r}")
    return known.get(value, other)"""
_PYTHON_MAIN = """
    return row
def main() -> None:
    $
    stream = io.TextIOWrapper(sys.stdin.buffer, encoding='utf-8-sig', newline="")
    reader, writer = csv.DictReader(stream), csv.writer(sys.stdout, lineterminator="\\n")
    header = list(reader.fieldnames or ())
    for name in (COLUMNS,):
        if header.count(name) != 1:
            sys.exit(f"the header of the CSV {'names twice' if name in header else 'lacks'} the column {name!r}")
    writer.writerow([*OUTPUTS])
    for fields in reader:
        if None in fields or None in fields.values():
            sys.exit(f"line {reader.line_num} of the CSV: the row has other fields than the header")
        try:
            found = score(_read(fields))
        except ValueError as error:
            sys.exit(f"line {reader.line_num} of the CSV: {error}")
        writer.writerow(["" if value != value else value for value in found.values()])
if __name__ == "__main__":
    main()"""  # noqa: E501
_PYTHON_TRUTHS = (
    "\nTRUTHS = {'True': 1.0, 'TRUE': 1.0, 'true': 1.0, 'False': 0.0, 'FALSE': 0.0, 'false': 0.0}"
)
_PYTHON_PATTERN = (
    r"'^[ \\t]*[+-]?(?:(?:[0-9]+(?:\\.[0-9]*)?|\\.[0-9]+)(?:[eE][+-]?[0-9]+)?|"
    r"(?i:inf(?:inity)?))[ \\t]*$'"
)
_PYTHON_CHECK = """
    if not _NUMBER.match(text):
        raise ValueError(f"{name!r} must be a number, found {text!r}")"""
_PYTHON_ASCII = """
    if "_" in text or not text.isascii():
        raise ValueError(f"{name!r} must be a number, found {text!r}")"""

_C_START = """
#include <float.h>
#include <limits.h>
#include <math.h>
#ifdef __FAST_MATH__
#error "compile without -ffast-math: a missing value is told by NaN"
#endif
typedef char score_needs_ieee_754[DBL_MANT_DIG == 53 ? 1 : -1];
typedef char score_needs_large_int[INT_MAX >= 2147483647 ? 1 : -1];
typedef char score_matches_header[SCORE_FEATURES == COLUMNS && SCORE_OUTPUTS == OUTPUTS ? 1 : -1];
"""
_C_CONTRACT = """
#ifdef __clang__
#pragma STDC FP_CONTRACT OFF /* the same sum must come out the same wherever it is compared */
#endif"""
_C_POSITIVE = """
static double positive(double z)
{ const double counted[2] = {0.0, z}; return counted[z > 0.0 ? 1 : 0]; }"""
_C_OUTSIDE = """
static int outside(double *S)
{ int i; for (i = 0; i < COUNT; i++) { S[i] = (double)NAN; } return 0; }"""
_C_BATCH = """
void score_batch(size_t n, const double *x, double *y, int *rule)
{
    size_t i;
    for (i = 0; i < n; i++) {
        const int found = score_row(x + i * SCORE_FEATURES, y + i * SCORE_OUTPUTS);
        if (rule != NULL) { rule[i] = found; }
    }
}"""
_C_HEADER = """
#ifndef SCORE_H
#define SCORE_H
#include <stddef.h>
#define SCORE_FEATURES COLUMNS
#define SCORE_OUTPUTS OUTPUTS
int score_row(const double *x, double *y);
void score_batch(size_t n, const double *x, double *y, int *rule);
#endif"""

_JAVASCRIPT_NUMBER = """
function number(value, name, fill) {
    if (value === null || (typeof value === "number" && Number.isNaN(value))) {
        return fill;
    }
    if (!["number", "bigint", "boolean"].includes(typeof value)) {
        throw new TypeError(`${JSON.stringify(name)} must be a number, found ${typeof value}`);
    }
    return Number(value);
}"""
_JAVASCRIPT_CATEGORY = """
function category(value, name, known, missing, other) {
    if (value === undefined) {
        throw new TypeError(`the row lacks ${JSON.stringify(name)}`);
    }
    if (value === null || Number.isNaN(value)) {
        return missing;
    }
    if (typeof value !== "string" && known.size > 0) {
        const texts = [...known.keys()];
        if (texts.every((text) => typeof text === "string")) {
            throw new TypeError(`${JSON.stringify(name)} must be a text such as ${JSON.stringify(texts[0])}, found ${value}`);
        }
    }
    return known.get(value) ?? other;
}"""  # noqa: E501


class CodeFrame:
    """What stands before and behind the formulas of these rules. form: lines, rules or tree."""

    def __init__(
        self, rules: Mapping[str, Any], domain: ArtefactDomain, target: str, form: str
    ) -> None:
        self.rules, self.domain, self.form = rules, domain, form
        self.columns = domain.names
        self.outputs = list(rules["outputs"])
        self.tells_rule = form != "lines"
        self.count = count_artefact_scores(rules)
        #: What comes before the scores of a row without a rule.
        self.no_rule = "0, " if self.tells_rule else ""
        heads = list_artefact_heads(rules)
        self.links = LinkFrame(heads, target)
        #: Whether the outputs are the scores, in their order.
        self.is_plain = [(head.link, head.scores) for head in heads] == [
            ("identity", (i,)) for i in range(self.count)
        ]

    def start_python(self) -> str:
        """score.py up to the statements that read a row."""
        lines = "".join(f"\n_KNOWN_{i} = {{{known}}}" for i, known in self._list_known("{!r}: {}"))
        said = ", ".join(
            [*["rule: int"] * self.tells_rule, *(f"_s{i}: float" for i in range(self.count))]
        )
        outputs = self._list_outputs("\n        {name!r}: {value},")
        outputs += '\n        "rule": rule,' * self.tells_rule
        number = _PYTHON_FILLED if self.domain.fills else _PYTHON_NUMBER

        return (
            "$\nfrom __future__ import annotations\nimport csv\nimport io\nimport math"
            + ("\nimport re" if "schema" in self.rules else "")
            + "\nimport sys\nfrom collections.abc import Mapping\nfrom typing import Any"
            + f"\nFEATURES = ({self._list_lines(map(repr, self.columns))}\n)"
            + f"\nOUTPUTS = ({self._list_lines(map(repr, self.outputs))}\n)"
            + lines
            + self._list_helpers(number, _PYTHON_CATEGORY)
            + f"\ndef _result({said}) -> dict[str, float]:"
            + f"{self.links.list_statements()}\n    return {{{outputs}\n    }}"
            + "\ndef score(row: Mapping[str, Any]) -> dict[str, float]:\n    $"
        )

    def end_python(self) -> str:
        """score.py behind them: the reading of CSV files."""
        texts = [repr(column.name) for column in self.domain.texts]
        numbers = ", ".join(repr(name) for name in self.columns if repr(name) not in texts)
        columns = ", ".join(map(repr, self.columns))
        texts_line = (
            f"\n    if name in ({', '.join(texts)},):\n        return text" if texts else ""
        )
        which = f" and name in ({numbers},)" if texts else ""
        if "schema" in self.rules:
            first, check = f"\n_NUMBER = re.compile({_PYTHON_PATTERN})", _PYTHON_CHECK
        else:
            first = _PYTHON_TRUTHS
            check = f"\n    if text in TRUTHS{which}:\n        return TRUTHS[text]" + _PYTHON_ASCII

        main = _PYTHON_MAIN
        if self.tells_rule:
            main = main.replace("[*OUTPUTS]", '[*OUTPUTS, "rule"]')

        return (
            f"{first}\ndef _parsed(text: str, name: str) -> Any:\n    $"
            + f"\n    if not text:\n        return None{texts_line}{check}\n    return float(text)"
            + "\ndef _read(fields: Mapping[str, str]) -> dict[str, Any]:\n    $"
            + f"\n    row = {{name: _parsed(fields[name], name) for name in ({columns},)}}"
            + main.replace("COLUMNS", columns)
        )

    def start_javascript(self) -> str:
        """score.mjs up to the statements that read a row."""
        known = "".join(
            f"\nconst KNOWN_{i} = new Map([{pairs}]);" for i, pairs in self._list_known("[{}, {}]")
        )
        said = ", ".join([*["rule"] * self.tells_rule, *(f"_s{i}" for i in range(self.count))])
        outputs = self._list_outputs("\n        {quoted}: {value},")
        outputs += "\n        rule," * self.tells_rule

        return (
            "export const FEATURES = Object.freeze(["
            f"{self._list_lines(map(json.dumps, self.columns))}\n]);"
            "\nexport const OUTPUTS = Object.freeze(["
            f"{self._list_lines(map(json.dumps, self.outputs))}\n]);{known}"
            + self._list_helpers(_JAVASCRIPT_NUMBER, _JAVASCRIPT_CATEGORY)
            + f"\nfunction result({said}) {{"
            + f"{self.links.list_statements()}\n    return {{{outputs}\n    }};\n}}"
            + "\nexport function score(row) {"
        )

    def start_c(self) -> str:
        """score.c up to the statements that read a row."""
        start = '#include "score.h"' + self.fill_counts(_C_START)
        if self.form == "rules":
            start = start.replace("\ntypedef", f"{_C_CONTRACT}\ntypedef", 1)
        start += "" if self.is_plain else f"#define SCORES {self.count}"
        start += _C_POSITIVE if self.rules.get("lines") else ""
        outside = _C_OUTSIDE.replace("COUNT", "SCORE_OUTPUTS" if self.is_plain else "SCORES")
        name = "int score_row" if self.is_plain else "static int scores_of"
        return self.name_scores(f"{start}{outside}\n{name}(const double *x, double *S) {{")

    def end_c(self) -> str:
        """score.c behind the formulas."""
        rows = self.links.list_statements() + self._list_outputs(" y[{i}] = {value};")
        row = (
            f"{self.links.list_functions()} int score_row(const double *x, double *y) {{"
            f" double s[SCORES]; const int rule = scores_of(x, s);{rows} return rule; }}"
        )

        return "}" + ("" if self.is_plain else row) + _C_BATCH

    def name_scores(self, frame: str) -> str:
        """What C calls the array S of scores: that of the outputs, where they are the scores."""
        return re.sub(r"\bS\b", "y" if self.is_plain else "s", frame)

    def make_header(self) -> str:
        """score.h."""
        return self.fill_counts(_C_HEADER).lstrip()

    def fill_counts(self, frame: str) -> str:
        """With the numbers of columns and outputs."""
        frame = frame.replace(" COLUMNS", f" {len(self.columns)}")
        return frame.replace(" OUTPUTS", f" {len(self.outputs)}")

    def _list_lines(self, items: Iterable[str]) -> str:
        return "".join(f"\n    {item}," for item in items)

    def _list_known(self, pair: str) -> list[tuple[int, str]]:
        """Of every column of categories its number, and of every value the category."""
        found, quote = [], repr if "!r" in pair else json.dumps
        for column in self.domain.columns:
            pairs = [(v, k) for k, own in enumerate(column.categories) for v in own[0]]
            said = [pair.replace("!r", "").format(quote(value), k) for value, k in pairs]
            if column.categories:
                found.append((column.place, ", ".join(said)))

        return found

    def _list_outputs(self, line: str) -> str:
        """A line for every output."""
        pairs = zip(self.outputs, self.links.list_values(), strict=True)
        return "".join(
            line.format(i=i, name=name, quoted=json.dumps(name), value=value)
            for i, (name, value) in enumerate(pairs)
        )

    def _list_helpers(self, number: str, category: str) -> str:
        found = number if self.domain.numbers else ""
        found += category if self.domain.groups else ""
        return found + self.links.list_functions()
