"""The functions of links in languages of classes: Java, with the arithmetic that is the same on
every machine (StrictMath), and C#.

A joint link takes all scores and returns an array, or a number where it reduces.
"""

from collections.abc import Mapping

from relurules.links.sources import LinkFunction

_SIGMOID = """\
private static double sigmoid(double s) {
    double power = @.exp(-Math.abs(s));
    return (s >= 0.0 ? 1.0 : power) / (1.0 + power);
}
"""
_COMPLEMENT = """\
private static double complement(double s) {
    double power = @.exp(-Math.abs(s));
    return (s >= 0.0 ? power : 1.0) / (1.0 + power);
}
"""
_LARGEST = """\
    double top = scores[0];
    foreach (double s in scores) {
        top = s > top ? s : top;
    }
"""
_SOFTMAX = f"""\
private static double[] softmax(params double[] scores) {{
{_LARGEST}\
    double total = 0.0;
    double[] shares = new double[scores.Length];
    for (int i = 0; i < scores.Length; i++) {{
        shares[i] = @.exp(scores[i] - top);
        total += shares[i];
    }}
    for (int i = 0; i < scores.Length; i++) {{
        shares[i] /= total;
    }}
    return shares;
}}
"""
_LOG_SOFTMAX = f"""\
private static double[] logSoftmax(params double[] scores) {{
{_LARGEST}\
    double total = 0.0;
    foreach (double s in scores) {{
        total += @.exp(s - top);
    }}
    double[] found = new double[scores.Length];
    for (int i = 0; i < scores.Length; i++) {{
        found[i] = scores[i] - top - @.log(total);
    }}
    return found;
}}
"""
_ARGMAX = """\
private static double argmax(params double[] scores) {
    int best = 0;
    for (int i = 0; i < scores.Length; i++) {
        if (double.IsNaN(scores[i])) {
            return double.NaN;
        }
        best = scores[i] > scores[best] ? i : best;
    }
    return best;
}
"""
_STEP = """\
private static double step(double s) {
    return double.IsNaN(s) ? s : s >= 0.0 ? 1.0 : 0.0;
}
"""
#: Near 0, 2 tanh(s / 2) / (1 - tanh(s / 2)) keeps the digits that exp(s) - 1 loses.
_EXPM1 = """\
private static double expm1(double s) {
    double t = Math.Tanh(s / 2.0);
    return Math.Abs(s) < 1.0 ? 2.0 * t / (1.0 - t) : Math.Exp(s) - 1.0;
}
"""
_JAVA_SOFTPLUS = """\
private static double softplus(double s) {
    return Math.max(s, 0.0) + StrictMath.log1p(StrictMath.exp(-Math.abs(s)));
}
"""
#: ln(1 + u) as u ln(1 + u) / ((1 + u) - 1), which keeps the digits of a small u.
_SHARP_SOFTPLUS = """\
private static double softplus(double s) {
    double u = Math.Exp(-Math.Abs(s));
    double w = 1.0 + u;
    return Math.Max(s, 0.0) + (w == 1.0 ? u : u * Math.Log(w) / (w - 1.0));
}
"""
_LOGIT = """\
private static double logit(double s) {
    return @.log(s / (1.0 - s));
}
"""
_SHARP = {"@.exp": "Math.Exp", "@.log": "Math.Log", "Math.abs": "Math.Abs"}
_JAVA = {
    "@": "StrictMath",
    "params double[] scores": "double... scores",
    "foreach (double s in scores)": "for (double s : scores)",
    "scores.Length": "scores.length",
    "double.IsNaN": "Double.isNaN",
    "double.NaN": "Double.NaN",
}


def _translate(source: str, words: Mapping[str, str]) -> str:
    for word, other in words.items():
        source = source.replace(word, other)
    return source


def _list_functions(words: Mapping[str, str]) -> dict[str, LinkFunction]:
    written = {
        "sigmoid": LinkFunction("sigmoid", _SIGMOID),
        "complement": LinkFunction("complement", _COMPLEMENT),
        "logit": LinkFunction("logit", _LOGIT),
        "softmax": LinkFunction("softmax", _SOFTMAX),
        "log_softmax": LinkFunction("logSoftmax", _LOG_SOFTMAX),
        "argmax": LinkFunction("argmax", _ARGMAX),
        "step": LinkFunction("step", _STEP),
    }
    return {
        name: each._replace(source=_translate(each.source, words)) for name, each in written.items()
    }


#: Link -> its function.
JAVA_LINKS: Mapping[str, LinkFunction] = {
    "identity": LinkFunction(),
    "exp": LinkFunction("StrictMath.exp"),
    "expm1": LinkFunction("StrictMath.expm1"),
    "softplus": LinkFunction("softplus", _JAVA_SOFTPLUS),
    "tanh": LinkFunction("StrictMath.tanh"),
    **_list_functions(_JAVA),
}
SHARP_LINKS: Mapping[str, LinkFunction] = {
    "identity": LinkFunction(),
    "exp": LinkFunction("Math.Exp"),
    "expm1": LinkFunction("expm1", _EXPM1),
    "softplus": LinkFunction("softplus", _SHARP_SOFTPLUS),
    "tanh": LinkFunction("Math.Tanh"),
    **_list_functions(_SHARP),
}
