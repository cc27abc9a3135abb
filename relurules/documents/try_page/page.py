"""Script, style, data and policy of the page: what stands in the file beside the document."""

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from relurules.documents.try_page.answers import describe_answers
from relurules.documents.try_page.columns import describe_columns, describe_coordinates
from relurules.documents.try_page.csv_format import describe_csv
from relurules.documents.try_page.cuts import list_cuts
from relurules.files.templates import render_file
from relurules.ir import AdditiveRules, RuleSet
from relurules.wording.references import describe_reference

#: The page's own scripts, in the order in which they stand in the file.
SCRIPTS = (
    "page",
    "numbers",
    "rows",
    "search",
    "pairs",
    "form",
    "answer",
    "changes",
    "csv",
    "dates",
    "scoring",
    "files",
    "tables",
    "lines",
    "hints",
    "start",
)
#: What would end a script, or begin a comment in which its end isn't seen.
_MARKUP = re.compile("<(?=/|!--|script)", re.IGNORECASE)
#: Nothing is loaded, sent or embedded, and no text becomes markup.
_POLICY = (
    "default-src 'none'; script-src 'sha256-{script}'; style-src 'sha256-{style}'; "
    "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)


class PageScorer(NamedTuple):
    """The rules as JavaScript. code: the module; has_class: whether it tells the class; explains:
    whether it has contributions and reasons.
    """

    code: str
    has_class: bool
    explains: bool


class Untried(NamedTuple):
    """Rules that a page can't score. why: a sentence."""

    why: str


class TryPage(NamedTuple):
    """What the template puts into the file, word for word but for `words`.

    policy: the Content-Security-Policy, by the hashes of script and style; words: texts of the page
    by their place, to be escaped.
    """

    script: str
    style: str
    data: str
    policy: str
    words: Mapping[str, str]


def build_try_page(rules: RuleSet | AdditiveRules, scorer: PageScorer, style: str) -> TryPage:
    """The page of the rules. style: that of the document, as it stands in the file."""
    script = join_scripts(scorer.code)
    style += render_file("try/try.css", {})
    data = _describe_rules(rules, scorer)
    policy = _POLICY.format(script=_hash_text(script), style=_hash_text(style))
    return TryPage(script, style, write_json(data), policy, _word_page(rules))


def join_scripts(scorer: str) -> str:
    """The scorer, then the page's scripts in a block of their own, with any names they like."""
    own = "\n".join(render_file(f"try/{name}.js", {}) for name in SCRIPTS)
    return _MARKUP.sub(r"<\\", f"\n{scorer}\n{{\n{own}}}\n")


def write_json(data: Mapping[str, Any]) -> str:
    """JSON of exact numbers, without any character that HTML could take for markup."""
    text = json.dumps(data, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("<", r"\u003c").replace(">", r"\u003e").replace("&", r"\u0026")


def _hash_text(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _describe_rules(rules: RuleSet | AdditiveRules, scorer: PageScorer) -> dict[str, Any]:
    return {
        "additive": isinstance(rules, AdditiveRules),
        "columns": describe_columns(rules),
        "coordinates": describe_coordinates(rules),
        "cuts": list_cuts(rules),
        "file": describe_csv(rules),
        "reference": describe_reference(rules.reference),
        **describe_answers(rules, has_class=scorer.has_class, explains=scorer.explains),
    }


def _word_page(rules: RuleSet | AdditiveRules) -> dict[str, str]:
    """The page's texts that depend on the rules."""
    additive, evidence = isinstance(rules, AdditiveRules), rules.evidence
    where = "parts" if additive else "columns"
    applying = "Lines that apply" if additive else "The rule that applies"
    spread = "standard deviations of the data" if evidence else "quarters of a column's range"

    return {
        "start": "the typical row" if evidence else "the row at the start",
        "reasons": f"What moves the score to its adverse side, of all {where}, the largest first.",
        "applying": applying,
        "distance": (
            f"in {spread}; another category counts as 1. Scores are linear between the places "
            "where a line begins or a rule ends, so that each change is solved for, then rounded "
            "to a short number beyond it and scored."
        ),
        "extended": f"With contributions, reasons and {'lines' if additive else 'the rule'}",
    }
