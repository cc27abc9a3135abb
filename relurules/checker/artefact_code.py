"""Artefacts: what programs in Python, C and JavaScript must be, token for token, around formulas."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from relurules.checker.artefact_text import ArtefactReader, list_artefact_links
from relurules.checker.artefact_values import ArtefactDomain, FloatValue
from relurules.checker.json_values import RefusedError

_PYTHON_LINKS = {
    "complement": """
def _complement(s: float) -> float:
    power = math.exp(-abs(s))
    return (power if s >= 0.0 else 1.0) / (1.0 + power)""",
    "sigmoid": """
def _sigmoid(s: float) -> float:
    power = math.exp(-abs(s))
    return (1.0 if s >= 0.0 else power) / (1.0 + power)""",
}
_PYTHON_NUMBER = """
def _number(value: Any, name: str) -> float:
    if value is None:
        return math.nan
    if isinstance(value, (str, bytes)):
        raise TypeError(f"{name!r} must be a number, found {value!r}")
    return float(value)"""
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
_C_POSITIVE = """
static double positive(double z)
{ const double counted[2] = {0.0, z}; return counted[z > 0.0 ? 1 : 0]; }"""
_C_OUTSIDE = """
static int outside(double *y)
{ int i; for (i = 0; i < COUNT; i++) { y[i] = (double)NAN; } return 0; }"""
_C_LINKS = {
    "complement": """static double complement(double s)
{ const double power = exp(-fabs(s)); return (s >= 0.0 ? power : 1.0) / (1.0 + power); }""",
    "sigmoid": """static double sigmoid(double s)
{ const double power = exp(-fabs(s)); return (s >= 0.0 ? 1.0 : power) / (1.0 + power); }""",
}
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
_JAVASCRIPT_LINKS = {
    "complement": """
function complement(s) {
    const power = Math.exp(-Math.abs(s));
    return (s >= 0 ? power : 1) / (1 + power);
}""",
    "sigmoid": """
function sigmoid(s) {
    const power = Math.exp(-Math.abs(s));
    return (s >= 0 ? 1 : power) / (1 + power);
}""",
}


class CodeReader:
    """One program. heads: of every output its link and score."""

    def __init__(
        self, reader: ArtefactReader, rules: Mapping[str, Any], domain: ArtefactDomain
    ) -> None:
        self.reader, self.rules, self.domain = reader, rules, domain
        self.outputs = list(rules["outputs"])
        self.count = len(rules["base"])
        self.heads = list_artefact_links(rules)

    def read_python(self) -> list[FloatValue]:
        """score.py: its scores."""
        reader, columns = self.reader, self.domain.columns
        names = ", ".join(repr(column.name) for column in columns)
        has_kinds = "schema" in self.rules
        imports = ("csv", "io", "math", *(["re"] if has_kinds else []), "sys")
        reader.expect("$\nfrom __future__ import annotations")
        for name in imports:
            reader.expect(f"\nimport {name}")
        reader.expect("\nfrom collections.abc import Mapping\nfrom typing import Any")
        for title, listed in (("FEATURES", [column.name for column in columns]),
                              ("OUTPUTS", self.outputs)):  # fmt: skip
            lines = "".join(f"\n    {name!r}," for name in listed)
            reader.expect(f"\n{title} = ({lines}\n)")
        for i, known in self._list_known():
            pairs = ", ".join(f"{value!r}: {k}" for value, k in known)
            reader.expect(f"\n_KNOWN_{i} = {{{pairs}}}")

        self._read_helpers(_PYTHON_NUMBER, _PYTHON_CATEGORY, _PYTHON_LINKS)
        scores = [f"_s{i}" for i in range(self.count)]
        lines = self._list_outputs("\n        {name!r}: {value},", "_", "_s{score}")
        said = ", ".join(f"{score}: float" for score in scores)
        reader.expect(f"\ndef _result({said}) -> dict[str, float]:\n    return {{{lines}\n    }}")
        reader.expect("\ndef score(row: Mapping[str, Any]) -> dict[str, float]:\n    $")
        found = self._read_python_score()

        texts = [repr(column.name) for column in columns if column.categories]
        self._read_python_fields(has_kinds, ", ".join(texts), len(texts) < len(columns))
        reader.expect(
            "\ndef _read(fields: Mapping[str, str]) -> dict[str, Any]:\n    $"
            f"\n    row = {{name: _parsed(fields[name], name) for name in ({names},)}}"
        )
        reader.expect(_PYTHON_MAIN.replace("COLUMNS", names))
        return found

    def _read_python_fields(self, has_kinds: bool, texts: str, has_numbers: bool) -> None:
        reader = self.reader
        if has_kinds:
            reader.expect(f"\n_NUMBER = re.compile({_PYTHON_PATTERN})")
        else:
            reader.expect(_PYTHON_TRUTHS)
        reader.expect("\ndef _parsed(text: str, name: str) -> Any:\n    $")
        reader.expect("\n    if not text:\n        return None")
        if texts:
            reader.expect(f"\n    if name in ({texts},):\n        return text")
        if has_kinds:
            reader.expect(_PYTHON_CHECK)
        else:
            numbers = ", ".join(repr(column.name) for column in self.domain.numbers)
            which = f" and name in ({numbers},)" if texts else ""
            reader.expect(f"\n    if text in TRUTHS{which}:\n        return TRUTHS[text]")
        reader.expect("\n    return float(text)")

    def _read_python_score(self) -> list[FloatValue]:
        reader, names = self.reader, dict[int, str]()
        for i, column in enumerate(self.domain.columns):
            said = repr(column.name)
            if not column.categories:
                reader.expect("\n    ")
                name = self._define(column.first, names, "(?![_0-9])")
                reader.expect(
                    f"= row[{said}]\n    if {name}.__class__ is not float:"
                    f"\n        {name} = _number({name}, {said})"
                )
                continue
            at = f"{column.place(1)}, {column.place(2)}"
            reader.expect(f"\n    _c{i} = _category(row[{said}], {said}, _KNOWN_{i}, {at})")
            for k in range(len(column.categories)):
                reader.expect("\n    ")
                self._define(column.first + k, names, "(?![_0-9])")
                reader.expect(f"= 1.0 if _c{i} == {k} else 0.0")

        reader.expect("\n    if not (")
        self._expect_gate(names, ("\n        ", "\n        and"), ("", "<= {} <="), "==")
        nans = ", ".join(["math.nan"] * self.count)
        reader.expect(f"\n    ):\n        return _result({nans})")
        while not reader.peek("\n    return"):
            reader.expect("\n    ")
            self._read_definition("(?![_0-9])", "")
        reader.expect("\n    return _result(")
        return self._read_results(")")

    def read_javascript(self) -> list[FloatValue]:
        """score.mjs: its scores."""
        reader, columns = self.reader, self.domain.columns
        for title, listed in (("FEATURES", [column.name for column in columns]),
                              ("OUTPUTS", self.outputs)):  # fmt: skip
            lines = "".join(f"\n    {json.dumps(name)}," for name in listed)
            start = "\n" if title == "OUTPUTS" else ""
            reader.expect(f"{start}export const {title} = Object.freeze([{lines}\n]);")
        for i, known in self._list_known():
            pairs = ", ".join(f"[{json.dumps(value)}, {k}]" for value, k in known)
            reader.expect(f"\nconst KNOWN_{i} = new Map([{pairs}]);")

        self._read_helpers(_JAVASCRIPT_NUMBER, _JAVASCRIPT_CATEGORY, _JAVASCRIPT_LINKS)
        said = ", ".join(f"_s{i}" for i in range(self.count))
        lines = self._list_outputs("\n        {quoted}: {value},", "", "_s{score}")
        reader.expect(f"\nfunction result({said}) {{\n    return {{{lines}\n    }};\n}}")
        reader.expect("\nexport function score(row) {")
        names = dict[int, str]()
        for i, column in enumerate(columns):
            said = json.dumps(column.name)
            if not column.categories:
                reader.expect("\n    const")
                self._define(column.first, names, "x_")
                reader.expect(f"= number(row[{said}], {said}, NaN);")
                continue
            at = f"{column.place(1)}, {column.place(2)}"
            reader.expect(f"\n    const c{i} = category(row[{said}], {said}, KNOWN_{i}, {at});")
            for k in range(len(column.categories)):
                reader.expect("\n    const")
                self._define(column.first + k, names, "x_")
                reader.expect(f"= c{i} === {k} ? 1.0 : 0.0;")

        reader.expect("\n    if (!(")
        self._expect_gate(names, ("\n        ", "\n        &&"), ("", "<= {0} && {0} <="), "===")
        nans = ", ".join(["NaN"] * self.count)
        reader.expect(f"\n    )) {{\n        return result({nans});\n    }}")
        while reader.accept("\n    const"):
            self._read_definition("(from|line)_", ";")
        reader.expect("\n    return result(")
        found = self._read_results(");")
        reader.expect("\n}")
        return found

    def read_c(self) -> list[FloatValue]:
        """score.c: its scores."""
        reader, links = self.reader, [link for link, _ in self.heads]
        is_plain, counts = set(links) == {"identity"}, self._fill_counts
        reader.expect('#include "score.h"' + counts(_C_START))
        if not is_plain:
            reader.expect(f"#define SCORES {self.count}")
        if self.rules["lines"]:
            reader.expect(_C_POSITIVE)
        y, most = ("y", "SCORE_OUTPUTS") if is_plain else ("s", "SCORES")
        reader.expect(
            _C_OUTSIDE.replace("COUNT", most).replace("y[", f"{y}[").replace("*y", f"*{y}")
        )
        start = "int score_row" if is_plain else "static int scores_of"
        reader.expect(f"{start}(const double *x, double *{y}) {{")

        names = dict[int, str]()
        for i, column in enumerate(self.domain.columns):
            if not column.categories:
                reader.expect("const double")
                self._define(column.first, names, "x_")
                reader.expect(f"= x[{i}];")
            for k, (_, missing, _other) in enumerate(column.categories):
                reader.expect("const double")
                self._define(column.first + k, names, "x_")
                nan = f" || isnan(x[{i}])" if missing else ""
                reader.expect(f"= x[{i}] == {k}.0{nan} ? 1.0 : 0.0;")

        reader.expect("if (!(")
        self._expect_gate(names, ("", "&&"), ("{} >=", "&& {} <="), "==")
        reader.expect(f")) {{ return outside({y}); }}")
        while reader.accept("const double"):
            self._read_definition("(from|line)_", ";")
        found = list[FloatValue]()
        for i in range(self.count):
            reader.expect(f"{y}[{i}] =")
            found.append(reader.read_sum())
            reader.expect(";")
        reader.expect("return 1; }")
        if not is_plain:
            self._read_links(_C_LINKS)
            rows = self._list_outputs(" y[{i}] = {value};", "", "s[{score}]")
            reader.expect(
                "int score_row(const double *x, double *y) { double s[SCORES];"
                f" const int rule = scores_of(x, s);{rows} return rule; }}"
            )
        reader.expect(_C_BATCH)
        return found

    def _fill_counts(self, frame: str) -> str:
        counts = {"COLUMNS": len(self.domain.columns), "OUTPUTS": len(self.outputs)}
        for word, count in counts.items():
            frame = frame.replace(f" {word}", f" {count}")
        return frame

    def read_c_header(self) -> None:
        """score.h."""
        self.reader.expect(self._fill_counts(_C_HEADER).lstrip())

    def _list_known(self) -> Sequence[tuple[int, list[tuple[str, int]]]]:
        """Of every column of categories its number, and what category each value is."""
        return [
            (i, [(value, k) for k, own in enumerate(column.categories) for value in own[0]])
            for i, column in enumerate(self.domain.columns)
            if column.categories
        ]

    def _list_outputs(self, line: str, prefix: str, score: str) -> str:
        """A line for every output."""
        found = ""
        for i, (name, (link, number)) in enumerate(zip(self.outputs, self.heads, strict=True)):
            value = score.format(score=number)
            value = value if link == "identity" else f"{prefix}{link}({value})"
            found += line.format(i=i, name=name, quoted=json.dumps(name), value=value)
        return found

    def _read_helpers(self, number: str, category: str, links: Mapping[str, str]) -> None:
        if self.domain.numbers:
            self.reader.expect(number)
        if len(self.domain.numbers) < len(self.domain.columns):
            self.reader.expect(category)
        self._read_links(links)

    def _read_links(self, links: Mapping[str, str]) -> None:
        for link in sorted({link for link, _ in self.heads} - {"identity"}):
            self.reader.expect(links[link])

    def _define(self, j: int, names: dict[int, str], start: str) -> str:
        """The name that a feature is given."""
        name = names[j] = self._take_name(start)
        self.reader.define(name, self.reader.arithmetic.read_feature(j))
        return name

    def _take_name(self, start: str) -> str:
        name = self.reader.take(rf"{start}[A-Za-z0-9_]+", "a name")
        if name in ("row", "max", "math", "float"):
            raise RefusedError(f"an artefact gives the name {name} to a number")
        return name

    def _read_definition(self, start: str, end: str) -> None:
        name = self._take_name(start)
        self.reader.expect("=")
        self.reader.define(name, self.reader.read_sum())
        self.reader.expect(end)

    def _read_results(self, end: str) -> list[FloatValue]:
        found = [self.reader.read_sum()]
        while self.reader.accept(","):
            found.append(self.reader.read_sum())
        self.reader.expect(end)
        return found

    def _expect_gate(
        self, names: Mapping[int, str], joints: Sequence[str], signs: Sequence[str], equal: str
    ) -> None:
        """That all columns are in the domain. joints: what stands before the first condition, and
        before the others; signs: before the lower and before the upper bound.
        """
        reader, bounds = self.reader, (self.domain.low, self.domain.high)
        parts = [[column.first] for column in self.domain.numbers] + self.domain.groups
        for number, part in enumerate(parts):
            reader.expect(joints[number > 0])
            if part in self.domain.groups:
                reader.expect(f"{' + '.join(names[j] for j in part)} {equal} 1.0")
                continue
            for sign, ends in zip(signs, bounds, strict=True):
                reader.expect(sign.format(names[part[0]]))
                reader.expect_number(ends[part[0]])
