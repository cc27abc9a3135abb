"""The functions of links, in the languages that have functions."""

from collections.abc import Mapping
from typing import NamedTuple


class LinkFunction(NamedTuple):
    """A function by name, none for the identity; source: its definition, empty where the language
    has it.
    """

    name: str = ""
    source: str = ""


class LinkFunctions(NamedTuple):
    """A link's function in every language.

    python, javascript: takes the scores, returns a number, or a list where the link is joint and
    doesn't reduce. c: takes a double; a joint one takes an array and its size, and changes the
    array, or returns a double where it reduces. numpy: takes the scores of all rows, (N,), or (N,
    k) where it is joint, and returns as much, (N,) where it reduces.
    """

    python: LinkFunction
    c: LinkFunction
    javascript: LinkFunction
    numpy: LinkFunction


_PYTHON_SIGMOID = """\
def _sigmoid(s: float) -> float:
    power = math.exp(-abs(s))
    return (1.0 if s >= 0.0 else power) / (1.0 + power)
"""
_PYTHON_COMPLEMENT = """\
def _complement(s: float) -> float:
    power = math.exp(-abs(s))
    return (power if s >= 0.0 else 1.0) / (1.0 + power)
"""
_PYTHON_EXP = """\
def _exp(s: float) -> float:
    try:
        return math.exp(s)
    except OverflowError:
        return math.inf
"""
_PYTHON_EXPM1 = """\
def _expm1(s: float) -> float:
    try:
        return math.expm1(s)
    except OverflowError:
        return math.inf
"""
_PYTHON_SOFTPLUS = """\
def _softplus(s: float) -> float:
    return max(s, 0.0) + math.log1p(math.exp(-abs(s)))
"""
_PYTHON_LOGIT = """\
def _logit(s: float) -> float:
    if s == 0.0 or s == 1.0:
        return math.inf if s else -math.inf
    return math.log(s / (1.0 - s)) if 0.0 < s < 1.0 else math.nan
"""
_PYTHON_SOFTMAX = """\
def _softmax(*scores: float) -> list[float]:
    top = max(scores)
    powers = [math.exp(s - top) for s in scores]
    total = sum(powers)
    return [power / total for power in powers]
"""
_PYTHON_LOG_SOFTMAX = """\
def _log_softmax(*scores: float) -> list[float]:
    top = max(scores)
    log_total = math.log(sum(math.exp(s - top) for s in scores))
    return [s - top - log_total for s in scores]
"""
_PYTHON_ARGMAX = """\
def _argmax(*scores: float) -> float:
    return math.nan if any(map(math.isnan, scores)) else scores.index(max(scores))
"""
_PYTHON_STEP = """\
def _step(s: float) -> float:
    return s if math.isnan(s) else float(s >= 0.0)
"""
_C_STEP = """\
static double step(double s)
{
    return s != s ? s : s >= 0.0 ? 1.0 : 0.0;
}
"""
_C_SIGMOID = """\
static double sigmoid(double s)
{
    const double power = exp(-fabs(s));
    return (s >= 0.0 ? 1.0 : power) / (1.0 + power);
}
"""
_C_COMPLEMENT = """\
static double complement(double s)
{
    const double power = exp(-fabs(s));
    return (s >= 0.0 ? power : 1.0) / (1.0 + power);
}
"""
_C_SOFTPLUS = """\
static double softplus(double s)
{
    return (s > 0.0 ? s : 0.0) + log1p(exp(-fabs(s)));
}
"""
_C_LOGIT = """\
static double logit(double s)
{
    return log(s / (1.0 - s));
}
"""
_C_SOFTMAX = """\
static void softmax(double *s, int n)
{
    double top = s[0];
    double total = 0.0;
    int i;
    for (i = 1; i < n; i++) {
        top = s[i] > top ? s[i] : top;
    }
    for (i = 0; i < n; i++) {
        s[i] = exp(s[i] - top);
        total += s[i];
    }
    for (i = 0; i < n; i++) {
        s[i] /= total;
    }
}
"""
_C_LOG_SOFTMAX = """\
static void log_softmax(double *s, int n)
{
    double top = s[0];
    double total = 0.0;
    int i;
    for (i = 1; i < n; i++) {
        top = s[i] > top ? s[i] : top;
    }
    for (i = 0; i < n; i++) {
        total += exp(s[i] - top);
    }
    for (i = 0; i < n; i++) {
        s[i] = s[i] - top - log(total);
    }
}
"""
_C_ARGMAX = """\
static double argmax(const double *s, int n)
{
    int best = 0;
    int i;
    for (i = 0; i < n; i++) {
        if (s[i] != s[i]) {
            return s[i];
        }
        best = s[i] > s[best] ? i : best;
    }
    return (double)best;
}
"""

_JAVASCRIPT_SIGMOID = """\
function sigmoid(s) {
    const power = Math.exp(-Math.abs(s));
    return (s >= 0 ? 1 : power) / (1 + power);
}
"""
_JAVASCRIPT_COMPLEMENT = """\
function complement(s) {
    const power = Math.exp(-Math.abs(s));
    return (s >= 0 ? power : 1) / (1 + power);
}
"""
_JAVASCRIPT_SOFTPLUS = """\
function softplus(s) {
    return Math.max(s, 0) + Math.log1p(Math.exp(-Math.abs(s)));
}
"""
_JAVASCRIPT_LOGIT = """\
function logit(s) {
    return Math.log(s / (1 - s));
}
"""
_JAVASCRIPT_SOFTMAX = """\
function softmax(...scores) {
    const top = Math.max(...scores);
    const powers = scores.map((s) => Math.exp(s - top));
    const total = powers.reduce((sum, power) => sum + power, 0);
    return powers.map((power) => power / total);
}
"""
_JAVASCRIPT_LOG_SOFTMAX = """\
function logSoftmax(...scores) {
    const top = Math.max(...scores);
    const logTotal = Math.log(scores.reduce((sum, s) => sum + Math.exp(s - top), 0));
    return scores.map((s) => s - top - logTotal);
}
"""
_JAVASCRIPT_ARGMAX = """\
function argmax(...scores) {
    return scores.some(Number.isNaN) ? NaN : scores.indexOf(Math.max(...scores));
}
"""
_JAVASCRIPT_STEP = """\
function step(s) {
    return Number.isNaN(s) ? s : Number(s >= 0);
}
"""
_NUMPY_SIGMOID = """\
def _sigmoid(s: Array) -> Array:
    power = np.exp(-np.abs(s))
    return np.asarray(np.where(s >= 0.0, 1.0, power) / (1.0 + power))
"""
_NUMPY_COMPLEMENT = """\
def _complement(s: Array) -> Array:
    power = np.exp(-np.abs(s))
    return np.asarray(np.where(s >= 0.0, power, 1.0) / (1.0 + power))
"""
_NUMPY_SOFTPLUS = """\
def _softplus(s: Array) -> Array:
    return np.asarray(np.maximum(s, 0.0) + np.log1p(np.exp(-np.abs(s))))
"""
_NUMPY_LOGIT = """\
def _logit(s: Array) -> Array:
    return np.asarray(np.log(s / (1.0 - s)))
"""
_NUMPY_SOFTMAX = """\
def _softmax(s: Array) -> Array:
    powers = np.exp(s - s.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))
"""
_NUMPY_LOG_SOFTMAX = """\
def _log_softmax(s: Array) -> Array:
    shifted = s - s.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))
"""
_NUMPY_ARGMAX = """\
def _argmax(s: Array) -> Array:
    return np.where(np.isnan(s).any(axis=1), np.nan, s.argmax(axis=1))
"""
_NUMPY_STEP = """\
def _step(s: Array) -> Array:
    return np.where(np.isnan(s), np.nan, s >= 0.0)
"""

#: Link -> its functions.
FUNCTIONS: Mapping[str, LinkFunctions] = {
    "identity": LinkFunctions(LinkFunction(), LinkFunction(), LinkFunction(), LinkFunction()),
    "sigmoid": LinkFunctions(
        LinkFunction("_sigmoid", _PYTHON_SIGMOID),
        LinkFunction("sigmoid", _C_SIGMOID),
        LinkFunction("sigmoid", _JAVASCRIPT_SIGMOID),
        LinkFunction("_sigmoid", _NUMPY_SIGMOID),
    ),
    "complement": LinkFunctions(
        LinkFunction("_complement", _PYTHON_COMPLEMENT),
        LinkFunction("complement", _C_COMPLEMENT),
        LinkFunction("complement", _JAVASCRIPT_COMPLEMENT),
        LinkFunction("_complement", _NUMPY_COMPLEMENT),
    ),
    "exp": LinkFunctions(
        LinkFunction("_exp", _PYTHON_EXP),
        LinkFunction("exp"),
        LinkFunction("Math.exp"),
        LinkFunction("np.exp"),
    ),
    "expm1": LinkFunctions(
        LinkFunction("_expm1", _PYTHON_EXPM1),
        LinkFunction("expm1"),
        LinkFunction("Math.expm1"),
        LinkFunction("np.expm1"),
    ),
    "softplus": LinkFunctions(
        LinkFunction("_softplus", _PYTHON_SOFTPLUS),
        LinkFunction("softplus", _C_SOFTPLUS),
        LinkFunction("softplus", _JAVASCRIPT_SOFTPLUS),
        LinkFunction("_softplus", _NUMPY_SOFTPLUS),
    ),
    "tanh": LinkFunctions(
        LinkFunction("math.tanh"),
        LinkFunction("tanh"),
        LinkFunction("Math.tanh"),
        LinkFunction("np.tanh"),
    ),
    "logit": LinkFunctions(
        LinkFunction("_logit", _PYTHON_LOGIT),
        LinkFunction("logit", _C_LOGIT),
        LinkFunction("logit", _JAVASCRIPT_LOGIT),
        LinkFunction("_logit", _NUMPY_LOGIT),
    ),
    "softmax": LinkFunctions(
        LinkFunction("_softmax", _PYTHON_SOFTMAX),
        LinkFunction("softmax", _C_SOFTMAX),
        LinkFunction("softmax", _JAVASCRIPT_SOFTMAX),
        LinkFunction("_softmax", _NUMPY_SOFTMAX),
    ),
    "log_softmax": LinkFunctions(
        LinkFunction("_log_softmax", _PYTHON_LOG_SOFTMAX),
        LinkFunction("log_softmax", _C_LOG_SOFTMAX),
        LinkFunction("logSoftmax", _JAVASCRIPT_LOG_SOFTMAX),
        LinkFunction("_log_softmax", _NUMPY_LOG_SOFTMAX),
    ),
    "step": LinkFunctions(
        LinkFunction("_step", _PYTHON_STEP),
        LinkFunction("step", _C_STEP),
        LinkFunction("step", _JAVASCRIPT_STEP),
        LinkFunction("_step", _NUMPY_STEP),
    ),
    "argmax": LinkFunctions(
        LinkFunction("_argmax", _PYTHON_ARGMAX),
        LinkFunction("argmax", _C_ARGMAX),
        LinkFunction("argmax", _JAVASCRIPT_ARGMAX),
        LinkFunction("_argmax", _NUMPY_ARGMAX),
    ),
}
