"""Artefacts: programs in Python, C and JavaScript -> the values of their scores."""

import json
import keyword
import re
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import NamedTuple

from relurules.checker.artefact_domain import ArtefactWall
from relurules.checker.artefact_frames import CodeFrame
from relurules.checker.artefact_text import ArtefactReader
from relurules.checker.artefact_values import FloatValue
from relurules.checker.json_values import RefusedError

#: Names that mean something else where Python's scores are computed.
_TAKEN = ("row", "max", "math", "float")
_NOTHING: Mapping[str, str] = {}


class CodeWords(NamedTuple):
    """How a language reads a row. NAME is any new one.

    number, category, member: columns by SAID or number I, category K; AT: categories of missing and
    other values. filled: a number of which a missing one counts as FILL; gap: whether a number is
    missing, NOT: isn't. name: pattern of names. gate: what stands before the
    first condition and before others, before lower and upper bounds (FEATURE is the column),
    between a sum of categories and 1, and behind all. define: around a name and its formula.
    score: around the formula of score I; joint: between two.
    """

    number: str
    filled: str
    category: str
    member: str
    gap: str
    name: str
    gate: tuple[str, str, str, str, str, str]
    define: tuple[str, str]
    score: tuple[str, str]
    joint: str = ""


CODE_WORDS = {
    "python": CodeWords(
        "\n    NAME = row[SAID]\n    if NAME.__class__ is not float:"
        "\n        NAME = _number(NAME, SAID)",
        "\n    NAME = row[SAID]\n    if NAME.__class__ is not float or NAME != NAME:"
        "\n        NAME = _number(NAME, SAID, FILL)",
        "\n    _cI = _category(row[SAID], SAID, _KNOWN_I, AT)",
        "\n    NAME = 1.0 if _cI == K else 0.0",
        "\n    NAME = 1.0 if _cI == K else 0.0",
        "(?![_0-9])[A-Za-z0-9_]+|_sum[_S0-9]+",
        ("\n    if not (\n        ", "\n        and", "", "<= FEATURE <=", "==",
         "\n    ):\n        return _result(NANS)"),
        ("\n    ", ""),
        ("", ""),
        ",",
    ),
    "c": CodeWords(
        "const double NAME = x[I];",
        "const double NAME = isnan(x[I]) ? FILL : x[I];",
        "",
        "const double NAME = x[I] == K.0NAN ? 1.0 : 0.0;",
        "const double NAME = NOTisnan(x[I]) ? 1.0 : 0.0;",
        "(x|from|line)_[A-Za-z0-9_]+|sum[_S0-9]+",
        ("if (!(", "&&", "FEATURE >=", "&& FEATURE <=", "==", ")) { return outside(S); }"),
        ("const double", ";"),
        ("S[I] =", ";"),
    ),
    "javascript": CodeWords(
        "\n    const NAME = number(row[SAID], SAID, NaN);",
        "\n    const NAME = number(row[SAID], SAID, FILL);",
        "\n    const cI = category(row[SAID], SAID, KNOWN_I, AT);",
        "\n    const NAME = cI === K ? 1.0 : 0.0;",
        "\n    const NAME = cI === K ? 1.0 : 0.0;",
        "(x|from|line)_[A-Za-z0-9_]+|sum[_S0-9]+",
        ("\n    if (!(\n", "\n        &&", "", "<= FEATURE && FEATURE <=", "===",
         "\n    )) {\n        return result(NANS);\n    }"),
        ("\n    const", ";"),
        ("", ""),
        ",",
    ),
}  # fmt: skip


class CodeReader:
    """One program of a language."""

    def __init__(self, reader: ArtefactReader, frame: CodeFrame, target: str) -> None:
        self.reader, self.frame, self.target = reader, frame, target
        self.domain, self.words = frame.domain, CODE_WORDS[target]

    def read_scores(self) -> list[FloatValue]:
        """The scores of the rows in the domain, which is what must be asked of a row."""
        results = {"python": "\n    return _result(", "c": "", "javascript": "\n    return result("}
        end = results[self.target] or self.frame.name_scores("S[")
        self.read_start(end)
        self.reader.expect(results[self.target])

        found = list[FloatValue]()
        for i in range(self.frame.count):
            before, behind = (self.fill_frame(part, i) for part in self.words.score)
            self.reader.expect((self.words.joint if i else "") + before)
            found.append(self.reader.read_sum())
            self.reader.expect(behind)
        self.reader.expect({"python": ")", "c": "return 1;", "javascript": ");"}[self.target])
        self.read_end()

        return found

    def read_start(self, end: str) -> None:
        """All up to `end`: how a row is read, the domain, and sums that have names."""
        frame = self.frame
        starts = {"python": frame.start_python, "c": frame.start_c}
        self.reader.expect(starts.get(self.target, frame.start_javascript)())
        self._expect_gate(self._read_columns())
        while not self.reader.peek(end):
            self._read_definition()

    def read_end(self) -> None:
        """All behind the scores."""
        ends = {"python": self.frame.end_python, "c": self.frame.end_c}
        self.reader.expect(ends[self.target]() if self.target in ends else "\n}")

    def fill_nothing(self, frame: str) -> str:
        """A frame with a NaN for each score in place of NANS."""
        nan = "math.nan" if self.target == "python" else "NaN"
        return self.fill_frame(frame, 0, {"NANS": ", ".join([nan] * self.frame.count)})

    def fill_frame(self, frame: str, number: int, said: Mapping[str, str] = _NOTHING) -> str:
        """A frame with what it says of column or score I; in what is filled in nothing is."""
        own = {"KNOWN_I": f"KNOWN_{number}", "cI": f"c{number}", "[I]": f"[{number}]", **said}
        words = re.compile("|".join(map(re.escape, own)))

        return words.sub(lambda word: own[word[0]], self.frame.name_scores(frame))

    def _read_columns(self) -> dict[int, str]:
        """The names of the features."""
        names = dict[int, str]()
        quote = repr if self.target == "python" else json.dumps
        for column in self.domain.columns:
            i, at = column.place, (column.find_category(part) for part in (1, 2))
            said = {"SAID": quote(column.name), "AT": ", ".join(map(str, at))}
            if not column.categories:
                frame = self.words.number if column.fill is None else self.words.filled
                names[column.first] = self._read_feature(column.first, frame, i, said)
                continue
            self.reader.expect(self.fill_frame(self.words.category, i, said))
            frame = self.words.gap if column.tells_gap else self.words.member
            for k, (_, missing, _other) in enumerate(column.categories):
                own = {" K": f" {k}", "NAN": f" || isnan(x[{i}])" if missing else ""}
                own["NOT"] = "" if missing else "!"
                j = column.first + k
                names[j] = self._read_feature(j, frame, i, own)

        return names

    def _read_feature(self, j: int, frame: str, number: int, said: Mapping[str, str]) -> str:
        """A feature of a column: the text around its name, which is given back."""
        before, _, behind = frame.partition("NAME")
        self.reader.expect(self.fill_frame(before, number, said))
        name = self._take_name()

        behind, fill, end = behind.partition("FILL")
        self.reader.expect(self.fill_frame(behind, number, {**said, "NAME": name}))
        if fill:
            self.reader.expect_number(self.domain.fills[j])
            self.reader.expect(self.fill_frame(end, number))
        self.reader.define(name, self.reader.arithmetic.read_feature(j))

        return name

    def _take_name(self) -> str:
        name = self.reader.take(self.words.name, "a name")
        if name in _TAKEN or (self.target == "python" and keyword.iskeyword(name)):
            raise RefusedError(f"an artefact gives the name {name} to a number")
        return name

    def _read_definition(self) -> None:
        before, behind = self.words.define
        self.reader.expect(before)
        name = self._take_name()
        self.reader.expect("=")
        self.reader.define(name, self.reader.read_sum())
        self.reader.expect(behind)

    def _expect_gate(self, names: Mapping[int, str]) -> None:
        """That all columns are in the domain."""
        reader, (first, joint, lower, upper, equal, last) = self.reader, self.words.gate
        parts = [[column.first] for column in self.domain.numbers] + self.domain.groups
        for number, part in enumerate(parts):
            reader.expect(joint if number else first)
            if part in self.domain.groups:
                reader.expect(f"{' + '.join(names[j] for j in part)} {equal} 1.0")
                continue
            for sign, ends in ((lower, self.domain.low), (upper, self.domain.high)):
                reader.expect(sign.replace("FEATURE", names[part[0]]))
                reader.expect_number(ends[part[0]])
        self.domain.check_walls(list(self._read_walls(joint)))

        reader.expect(self.fill_nothing(last.replace("NANS", f"{self.frame.no_rule}NANS")))

    def _read_walls(self, joint: str) -> Iterator[ArtefactWall]:
        """The inequalities of the domain."""
        while self.reader.accept(joint):
            value = self.reader.read_sum()
            self.reader.expect("<=")
            yield ArtefactWall(value.form, value.error, Fraction(self.reader.read_number()))
