"""How a language of classes writes what the templates have."""

from collections.abc import Mapping
from dataclasses import dataclass

from relurules.emitting.derived import INFIX_WORDS, FormulaWords
from relurules.links.class_functions import JAVA_LINKS, SHARP_LINKS
from relurules.links.sources import LinkFunction


@dataclass(frozen=True, kw_only=True)
class ClassLanguage:
    """Words of a language. head: the class; rule: takes the number of the rule from a result;
    reading: methods that read a row; spelling: one that reads a number from a text; error: of a
    value that is none; links: functions of links by name; words: of formulas.
    """

    file: str
    imports: tuple[str, ...]
    head: str
    final: str
    readonly: str
    string: str
    object: str
    map: str
    new_map: str
    put: str
    row: str
    score: str
    explain: str
    rule: str
    length: str
    varargs: str
    instance: str
    nan: str
    is_nan: str
    infinity: str
    minus_infinity: str
    most: str
    largest: str
    floor: str
    reading: str
    spelling: str
    error: str
    links: Mapping[str, LinkFunction]
    words: FormulaWords
    check_text: str = "checkText"
    is_number: str = "isNumber"


_JAVA_READING = """\

    private Score() {
    }

    private static Object valueOf(Map<String, ?> row, String name) {
        if (!row.containsKey(name)) {
            throw new IllegalArgumentException("the row lacks " + name);
        }
        return row.get(name);
    }

    private static boolean isNumber(Object value) {
        return value instanceof Number || value instanceof Boolean;
    }

    private static double toNumber(Object value) {
        if (value instanceof Boolean) {
            return (Boolean) value ? 1.0 : 0.0;
        }
        return ((Number) value).doubleValue();
    }

    private static boolean isMissing(Object value) {
        return value == null || isNumber(value) && Double.isNaN(toNumber(value));
    }

    private static double numberOf(Map<String, ?> row, String name, double missing) {
        Object value = valueOf(row, name);
        if (isMissing(value)) {
            return missing;
        }
        if (!isNumber(value)) {
            throw new IllegalArgumentException(
                name + " must be a number, found " + value.getClass().getName());
        }
        return toNumber(value);
    }

    private static void checkText(Object value, String name) {
        if (!(value instanceof String)) {
            throw new IllegalArgumentException(
                name + " must be a text, found " + value.getClass().getName());
        }
    }"""

_JAVA_SPELLING = """\

    private static double spelledNumber(Object value) {
        try {
            return value instanceof String ? Double.parseDouble((String) value) : Double.NaN;
        } catch (NumberFormatException none) {
            return Double.NaN;
        }
    }"""

_SHARP_READING = """\

    private static object valueOf(IDictionary<string, object> row, string name) {
        object value;
        if (!row.TryGetValue(name, out value)) {
            throw new ArgumentException("the row lacks " + name);
        }
        return value;
    }

    private static bool isNumber(object value) {
        return value is IConvertible && !(value is string) && !(value is char)
            && !(value is DateTime) && !(value is DBNull);
    }

    private static double toNumber(object value) {
        return Convert.ToDouble(value, System.Globalization.CultureInfo.InvariantCulture);
    }

    private static bool isMissing(object value) {
        return value == null || value is DBNull || isNumber(value) && double.IsNaN(toNumber(value));
    }

    private static double numberOf(IDictionary<string, object> row, string name, double missing) {
        object value = valueOf(row, name);
        if (isMissing(value)) {
            return missing;
        }
        if (!isNumber(value)) {
            throw new ArgumentException(name + " must be a number, found " + value.GetType().Name);
        }
        return toNumber(value);
    }

    private static void checkText(object value, string name) {
        if (!(value is string)) {
            throw new ArgumentException(name + " must be a text, found " + value.GetType().Name);
        }
    }"""

_SHARP_SPELLING = """\

    private static double spelledNumber(object value) {
        double found = double.NaN;
        bool spelled = double.TryParse(
            value as string, System.Globalization.NumberStyles.Float,
            System.Globalization.CultureInfo.InvariantCulture, out found);
        return spelled ? found : double.NaN;
    }"""

JAVA = ClassLanguage(
    file="Score.java",
    imports=("import java.util.LinkedHashMap;", "import java.util.Map;"),
    head="public final class Score",
    final="final ",
    readonly="final ",
    string="String",
    object="Object",
    map="Map<String, Object>",
    new_map="LinkedHashMap<>",
    put="put",
    row="Map<String, ?>",
    score="score",
    explain="explain",
    rule='.get("rule")',
    length="length",
    varargs="double...",
    instance="instanceof",
    nan="Double.NaN",
    is_nan="Double.isNaN",
    infinity="Double.POSITIVE_INFINITY",
    minus_infinity="Double.NEGATIVE_INFINITY",
    most="Integer.MAX_VALUE",
    largest="Math.max",
    floor="Math.floor",
    reading=_JAVA_READING,
    spelling=_JAVA_SPELLING,
    error="IllegalArgumentException",
    links=JAVA_LINKS,
    words=INFIX_WORDS["java"],
)
SHARP = ClassLanguage(
    file="Scorer.cs",
    imports=("using System;", "using System.Collections.Generic;"),
    head="public static class Scorer",
    final="",
    readonly="readonly ",
    string="string",
    object="object",
    map="Dictionary<string, object>",
    new_map="Dictionary<string, object>",
    put="Add",
    row="IDictionary<string, object>",
    score="Score",
    explain="Explain",
    rule='["rule"]',
    length="Length",
    varargs="params double[]",
    instance="is",
    nan="double.NaN",
    is_nan="double.IsNaN",
    infinity="double.PositiveInfinity",
    minus_infinity="double.NegativeInfinity",
    most="int.MaxValue",
    largest="Math.Max",
    floor="Math.Floor",
    reading=_SHARP_READING,
    spelling=_SHARP_SPELLING,
    error="ArgumentException",
    links=SHARP_LINKS,
    words=INFIX_WORDS["csharp"],
)
