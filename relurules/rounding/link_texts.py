"""Whether the text of an artefact has the formulas of links as they are known, and gives outputs by
them.
"""

import ast
import json
import re
from collections.abc import Sequence

from relurules.ir import AdditiveRules, Artifact, RuleSet
from relurules.links.heads import Head
from relurules.links.sources import FUNCTIONS
from relurules.links.table import LINKS
from relurules.rounding.brace_source import strip_comments
from relurules.rounding.expression import UnreadableError
from relurules.rounding.link_columns import has_columns, is_column
from relurules.rounding.numpy_links import is_numpy_output
from relurules.rounding.read_braces import split_body
from relurules.rounding.tokens import split_tokens

_UNKNOWN = "its formula isn't the one that is known"


def require_formula(artifact: Artifact, heads: Sequence[Head], name: str, at: int) -> None:
    """UnreadableError where a text doesn't define the link's function as is known, once, or gives
    the output another way.
    """
    if not _has_formula(artifact, heads, name, at):
        raise UnreadableError(_UNKNOWN)


def _has_formula(artifact: Artifact, heads: Sequence[Head], name: str, at: int) -> bool:
    head, target = heads[at], artifact.target
    if target == "onnx":
        return True  # its scores are read behind links that are as they are known
    text = str(artifact)
    if target == "numpy":
        return is_numpy_output(text, head, at)
    if target == "sql":
        read = " ".join(token.text for token in split_tokens(text, "sql"))
        return has_columns(read, heads, name, at)
    if target == "python":
        return _is_python_output(text, head, name)

    return _is_brace_output(strip_comments(text), target, head, _print_place(target, name, at))


def _is_python_output(text: str, head: Head, name: str) -> bool:
    tree, function = ast.parse(text), FUNCTIONS[head.link].python
    if any(_names_anew(one, "math") for one in ast.walk(tree)):
        return False
    functions = [one for one in tree.body if isinstance(one, ast.FunctionDef)]
    known = [ast.unparse(one) for one in functions if one.name == function.name]
    due = [ast.unparse(ast.parse(function.source))] if function.source else []

    return known == due and _is_given(
        _print_python_result(text), function.name, head, f"{name!r}: "
    )


def _is_brace_output(text: str, target: str, head: Head, before: str) -> bool:
    """The same of C or JavaScript without comments."""
    function = getattr(FUNCTIONS[head.link], target)
    if target == "javascript" and re.search(r"\bMath\b(?!\.\w+\()", text):
        return False  # it may be another thing, or have other functions
    if function.source:
        named = re.findall(rf"^(?:static \w+|function) {function.name}\(", text, re.MULTILINE)
        if text.count(strip_comments(function.source)) != 1 or len(named) != 1:
            return False

    return _is_given(_find_result(text, target), function.name, head, before)


def _names_anew(one: ast.AST, name: str) -> bool:
    """Whether a name is given to something, but by the import of what has it."""
    if isinstance(one, ast.Name):
        return one.id == name and not isinstance(one.ctx, ast.Load)
    if isinstance(one, ast.Attribute):
        return ast.unparse(one.value) == name and not isinstance(one.ctx, ast.Load)
    return isinstance(one, ast.arg) and one.arg == name


def _find_result(text: str, target: str) -> str:
    """Of C or JavaScript without comments, the function that makes outputs of scores; "" without
    one.
    """
    start = re.search(r"^(?:int score_row|function result)\(", text, re.MULTILINE)
    if start is None:
        return ""
    return " ".join(token.text for token in split_body(text[start.start() :], target))


def _print_place(target: str, name: str, at: int) -> str:
    """What stands before an output in C and JavaScript."""
    return f"{json.dumps(name)} : " if target == "javascript" else f"y [ {at} ] = "


def _print_python_result(text: str) -> str:
    """The functions of Python that make outputs of scores, one if there is nothing odd."""
    functions = [one for one in ast.parse(text).body if isinstance(one, ast.FunctionDef)]
    return "\n".join(ast.unparse(one) for one in functions if one.name == "_result")


def is_score_given(
    artifact: Artifact, rules: RuleSet | AdditiveRules, name: str, at: int, linked: bool
) -> bool:
    """Whether an output without link is the score as it is; linked: whether others have links."""
    (score,) = rules.heads[at].scores
    if artifact.target == "onnx":
        return True
    text = str(artifact)
    if artifact.target == "numpy":
        return not linked or is_numpy_output(text, rules.heads[at], at)
    if artifact.target == "python":
        given, before = _print_python_result(text), f"{name!r}: "
    elif artifact.target == "sql":
        given = " ".join(token.text for token in split_tokens(text, "sql"))
        return is_column(given, score, name)
    else:
        text = strip_comments(text)
        if artifact.target == "c" and "scores_of" not in text:  # scores are set where outputs are
            return not linked
        given, before = _find_result(text, artifact.target), _print_place(artifact.target, name, at)

    value = rf"(?:s \[ {score} \]|_s{score})"
    return bool(re.search(re.escape(before) + value + _END, given))


def _is_given(text: str, function: str, head: Head, before: str) -> bool:
    """Whether an output is the link of its scores."""
    mark = r"s\s*\[\s*{}\s*\]|_s{}(?!\d)"
    scores = r"\s*,\s*".join(f"(?:{mark.format(i, i)})" for i in head.scores)
    call, start = re.escape(function).replace(r"\.", r"\s*\.\s*"), re.escape(before)
    if not LINKS[head.link].joint:
        return bool(re.search(rf"{start}{call}\s*\(\s*(?:{scores})\s*\){_END}", text))

    own = re.search(rf"{start}(\w+)\s*\[\s*{head.component}\s*\]{_END}", text)
    if own is None:
        return False
    array = rf"\b{own[1]}\s*\[\s*\]\s*=\s*{{\s*{scores}\s*}}\s*;\s*{call}\s*\(\s*{own[1]}\s*,"
    told = rf"\b{own[1]}\s*=\s*{call}\s*\(\s*{scores}\s*\)"

    return bool(re.search(f"{array}|{told}", text))


#: What follows the value of an output in code.
_END = r"\s*[,;}]"
