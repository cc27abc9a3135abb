"""Artefacts: how outputs are made of scores, token for token, in Python, C and JavaScript.

A claim is about scores alone; these texts are fixed, so that no output is made of others.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from relurules.checker.additive_proof import ADDITIVE_FORMAT
from relurules.checker.json_values import RefusedError, check_lists

#: Links that take several scores at once; argmax gives one number for them.
JOINT_LINKS = ("softmax", "log_softmax", "argmax")
_SINGLE_LINKS = (
    "identity", "sigmoid", "complement", "exp", "expm1", "softplus", "tanh", "logit", "step",
)  # fmt: skip
_PYTHON_LINKS = {
    "sigmoid": """
def _sigmoid(s: float) -> float:
    power = math.exp(-abs(s))
    return (1.0 if s >= 0.0 else power) / (1.0 + power)""",
    "complement": """
def _complement(s: float) -> float:
    power = math.exp(-abs(s))
    return (power if s >= 0.0 else 1.0) / (1.0 + power)""",
    "exp": """
def _exp(s: float) -> float:
    try:
        return math.exp(s)
    except OverflowError:
        return math.inf""",
    "expm1": """
def _expm1(s: float) -> float:
    try:
        return math.expm1(s)
    except OverflowError:
        return math.inf""",
    "softplus": """
def _softplus(s: float) -> float:
    return max(s, 0.0) + math.log1p(math.exp(-abs(s)))""",
    "logit": """
def _logit(s: float) -> float:
    if s == 0.0 or s == 1.0:
        return math.inf if s else -math.inf
    return math.log(s / (1.0 - s)) if 0.0 < s < 1.0 else math.nan""",
    "step": """
def _step(s: float) -> float:
    return s if math.isnan(s) else float(s >= 0.0)""",
    "softmax": """
def _softmax(*scores: float) -> list[float]:
    top = max(scores)
    powers = [math.exp(s - top) for s in scores]
    total = sum(powers)
    return [power / total for power in powers]""",
    "log_softmax": """
def _log_softmax(*scores: float) -> list[float]:
    top = max(scores)
    log_total = math.log(sum(math.exp(s - top) for s in scores))
    return [s - top - log_total for s in scores]""",
    "argmax": """
def _argmax(*scores: float) -> float:
    return math.nan if any(map(math.isnan, scores)) else scores.index(max(scores))""",
}
_C_TOP = """double top = s[0]; double total = 0.0; int i;
for (i = 1; i < n; i++) { top = s[i] > top ? s[i] : top; }"""
_C_LINKS = {
    "sigmoid": """static double sigmoid(double s)
{ const double power = exp(-fabs(s)); return (s >= 0.0 ? 1.0 : power) / (1.0 + power); }""",
    "complement": """static double complement(double s)
{ const double power = exp(-fabs(s)); return (s >= 0.0 ? power : 1.0) / (1.0 + power); }""",
    "softplus": """static double softplus(double s)
{ return (s > 0.0 ? s : 0.0) + log1p(exp(-fabs(s))); }""",
    "logit": "static double logit(double s) { return log(s / (1.0 - s)); }",
    "step": "static double step(double s) { return s != s ? s : s >= 0.0 ? 1.0 : 0.0; }",
    "softmax": f"""static void softmax(double *s, int n) {{ {_C_TOP}
for (i = 0; i < n; i++) {{ s[i] = exp(s[i] - top); total += s[i]; }}
for (i = 0; i < n; i++) {{ s[i] /= total; }} }}""",
    "log_softmax": f"""static void log_softmax(double *s, int n) {{ {_C_TOP}
for (i = 0; i < n; i++) {{ total += exp(s[i] - top); }}
for (i = 0; i < n; i++) {{ s[i] = s[i] - top - log(total); }} }}""",
    "argmax": """static double argmax(const double *s, int n) { int best = 0; int i;
for (i = 0; i < n; i++) { if (s[i] != s[i]) { return s[i]; } best = s[i] > s[best] ? i : best; }
return (double)best; }""",
}
_JAVASCRIPT_LINKS = {
    "sigmoid": """
function sigmoid(s) {
    const power = Math.exp(-Math.abs(s));
    return (s >= 0 ? 1 : power) / (1 + power);
}""",
    "complement": """
function complement(s) {
    const power = Math.exp(-Math.abs(s));
    return (s >= 0 ? power : 1) / (1 + power);
}""",
    "softplus": """
function softplus(s) {
    return Math.max(s, 0) + Math.log1p(Math.exp(-Math.abs(s)));
}""",
    "logit": """
function logit(s) {
    return Math.log(s / (1 - s));
}""",
    "step": """
function step(s) {
    return Number.isNaN(s) ? s : Number(s >= 0);
}""",
    "softmax": """
function softmax(...scores) {
    const top = Math.max(...scores);
    const powers = scores.map((s) => Math.exp(s - top));
    const total = powers.reduce((sum, power) => sum + power, 0);
    return powers.map((power) => power / total);
}""",
    "log_softmax": """
function logSoftmax(...scores) {
    const top = Math.max(...scores);
    const logTotal = Math.log(scores.reduce((sum, s) => sum + Math.exp(s - top), 0));
    return scores.map((s) => s - top - logTotal);
}""",
    "argmax": """
function argmax(...scores) {
    return scores.some(Number.isNaN) ? NaN : scores.indexOf(Math.max(...scores));
}""",
}


class LinkWords(NamedTuple):
    """How a language calls links. functions: their texts; call: of LINK, but for those in names;
    share: of what several scores give, which a statement names; alone: where argmax gives it.
    """

    functions: Mapping[str, str]
    names: Mapping[str, str]
    call: str
    score: str
    statement: str
    alone: str = "NAME"


LINK_WORDS = {
    "python": LinkWords(
        _PYTHON_LINKS, {"tanh": "math.tanh"}, "_LINK", "_sI", "\n    NAME = CALL(SCORES)"
    ),
    "c": LinkWords(_C_LINKS, {}, "LINK", "s[I]", "double NAME[] = {SCORES};", "CALL(NAME, COUNT)"),
    "javascript": LinkWords(
        _JAVASCRIPT_LINKS,
        {
            **{link: f"Math.{link}" for link in ("exp", "expm1", "tanh")},
            "log_softmax": "logSoftmax",
        },
        "LINK",
        "_sI",
        "\n    const NAME = CALL(SCORES);",
    ),
}


class ArtefactHead(NamedTuple):
    """An output: its link, the scores that this takes, which of its numbers it is, and what the
    link with these scores is called.
    """

    link: str
    scores: tuple[int, ...]
    component: int
    name: str


def count_artefact_scores(rules: Mapping[str, Any]) -> int:
    """The number of scores of lines, or of each rule."""
    is_additive = rules.get("format") == ADDITIVE_FORMAT
    return len(rules["base"] if is_additive else rules["rules"][0]["outputs"])


def list_artefact_heads(rules: Mapping[str, Any]) -> list[ArtefactHead]:
    """How outputs are made; RefusedError for links that aren't read in artefacts."""
    count, names = count_artefact_scores(rules), dict[Any, str]()
    found = list[ArtefactHead]()
    for head in rules.get("heads") or [{"link": "identity", "scores": [i]} for i in range(count)]:
        check_lists(head, ("scores",))
        link, scores = head["link"], tuple(head["scores"])
        if link not in (_SINGLE_LINKS if len(scores) == 1 else JOINT_LINKS):
            raise RefusedError(f"artefacts with outputs behind the link {link!r} aren't read")
        component = head.get("component", 0)
        if not {type(i) for i in (*scores, component)} <= {int} or not (
            set(scores) <= set(range(count)) and component in range(len(scores))
        ):
            raise RefusedError("an output is made of scores that there aren't")
        number = 1 + sum(own[0] == link for own in names)
        names.setdefault((link, scores), f"{link}_{number}")
        found.append(ArtefactHead(link, scores, component, names[link, scores]))

    if len(found) != len(rules["outputs"]):
        raise RefusedError("the rules have more or fewer links than outputs")

    return found


class LinkFrame:
    """The texts of a language's links."""

    def __init__(self, heads: Sequence[ArtefactHead], target: str) -> None:
        self.heads, self.words, self.is_c = heads, LINK_WORDS[target], target == "c"
        self.joint = {head.name: head for head in heads if head.link in JOINT_LINKS}

    def list_functions(self) -> str:
        """The functions of all links, in the order in which outputs have them."""
        links = dict.fromkeys(head.link for head in self.heads)
        return "".join(self.words.functions.get(link, "") for link in links)

    def list_statements(self) -> str:
        """What is worked out of several scores at once."""
        found = "".join(self._fill(self.words.statement, head) for head in self.joint.values())
        if not self.is_c:
            return found
        for head in self.joint.values():
            if head.link == "argmax":
                found = found.replace(f"double {head.name}[", f"const double {head.name}[")
            else:
                found += self._fill("CALL(NAME, COUNT);", head)

        return found

    def list_values(self) -> list[str]:
        """An expression for every output."""
        return [self._print_value(head) for head in self.heads]

    def _print_value(self, head: ArtefactHead) -> str:
        if head.link == "argmax":
            return self._fill(self.words.alone, head)
        if head.link in JOINT_LINKS:
            return f"{head.name}[{head.component}]"
        return self._fill("SCORES" if head.link == "identity" else "CALL(SCORES)", head)

    def _fill(self, frame: str, head: ArtefactHead) -> str:
        scores = ", ".join(self.words.score.replace("I", str(i)) for i in head.scores)
        call = self.words.names.get(head.link, self.words.call.replace("LINK", head.link))
        own = {"NAME": head.name, "SCORES": scores, "CALL": call, "COUNT": str(len(head.scores))}

        return re.sub("|".join(own), lambda word: own[word[0]], frame)
