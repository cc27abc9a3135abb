"""What the page shows of an answer: outputs, the class and its cut-off, parts, lines or rules in
words.
"""

from collections.abc import Mapping
from typing import Any

from relurules.documents.anchors import make_anchor
from relurules.documents.part_cards import has_card, make_part_anchor
from relurules.ir import AdditiveRules, RuleSet
from relurules.ir.class_labels import number_classes
from relurules.links.table import LINKS
from relurules.reasons.contributions import build_contribution_table
from relurules.reasons.part_contributions import build_part_table
from relurules.reasons.score_choice import ScoreForm, list_forms, list_views
from relurules.statistics.additive_statistics import describe_scores
from relurules.wording import phrases as p
from relurules.wording import word_rules
from relurules.wording.additive import word_additive_rules
from relurules.wording.additive_phrases import phrase_line
from relurules.wording.phrases import Phrase

#: Links of one score whose outputs the page can set a cut-off on; its scripts have their inverses.
_SOLVED = ("identity", "sigmoid", "complement", "exp", "expm1", "softplus", "tanh", "logit")


def describe_answers(
    rules: RuleSet | AdditiveRules, *, has_class: bool, explains: bool
) -> dict[str, Any]:
    """has_class, explains: whether the scorer tells the class, and contributions and reasons."""
    views, parts, lines = _describe_parts(rules, explains=explains)
    return {
        "outputs": [
            {
                "name": name,
                "link": head.link,
                "share": LINKS[head.link].is_share,
                "is_class": LINKS[head.link].is_class,
            }
            for name, head in zip(rules.outputs, rules.heads, strict=True)
        ],
        "scores": list(rules.scores),
        "outside": "policy null",
        **_describe_class(rules, has_class=has_class),
        "class_outputs": _place_class_outputs(rules) if has_class else None,
        "views": views,
        "parts": parts,
        "lines": lines,
    }


def _describe_class(rules: RuleSet | AdditiveRules, *, has_class: bool) -> dict[str, Any]:
    """labels: of the classes, None where the scorer tells none; labelled: whether the one output is
    the class.

    decider: the score that decides; cut: where it does, None where no one number does; sign: -1
    where the output that is cut, `decided`, falls as the score rises; cutoff: the cut of the
    output. class_scores: the scores of which the largest decides. shown: the output of the
    histogram.
    """
    test = rules.class_test if has_class or rules.tells_label else None
    labels = None if test is None else (rules.labels or number_classes(test.count)).names
    joint = test is not None and len(test.scores) > 1
    last = len(rules.outputs) - 1
    decided = last if test is not None else 0
    head = rules.heads[decided]
    solved = head.link in _SOLVED and not joint
    threshold = None if rules.decided_labels is None else rules.decided_labels.threshold
    positive = rules.labels.positive if joint and rules.labels is not None else 0

    return {
        "labels": labels,
        "labelled": rules.tells_label,
        "decider": head.scores[0],
        "cut": None if test is None or joint else test.cut,
        "sign": int(LINKS[head.link].sign),
        "decided": decided if solved else None,
        "cutoff": None if test is None or not solved else 0.5 if threshold is None else threshold,
        "class_scores": list(test.scores) if test is not None and joint else None,
        "shown": decided if not joint else positive if positive <= last else 0,
    }


def _place_class_outputs(rules: RuleSet | AdditiveRules) -> list[int] | None:
    """Where the first output of each of several classes is, by its number; None where there are no
    more than two, or a class has none of its own.
    """
    test = rules.class_test
    if test is None or test.count <= 2:
        return None
    heads = reversed(list(enumerate(rules.heads)))
    own = {head.scores[head.component]: i for i, head in heads}
    return [own[score] for score in test.scores] if set(test.scores) <= set(own) else None


def _describe_parts(
    rules: RuleSet | AdditiveRules, *, explains: bool
) -> tuple[list[Any], list[Any], list[Any]]:
    """The scores that are taken apart, the parts in the order of contributions, and what lines or
    rules say, by number.
    """
    if isinstance(rules, AdditiveRules):
        return _describe_lines(rules, explains=explains)

    reading = word_rules(rules)
    lines = [
        list_pieces(p.join_and([t.symbols for t in read.tests]) if read.tests else p.text("always"))
        for read in reading.rules
    ]
    if not explains:
        return [], [], lines
    models = rules.local_models
    table = build_contribution_table(rules.domain, list_views(models), rules.reference)
    parts = [
        {"name": column.name, "columns": [column.place], "anchor": None} for column in table.columns
    ]
    return _describe_forms(list_forms(models)), parts, lines


def _describe_lines(
    rules: AdditiveRules, *, explains: bool
) -> tuple[list[Any], list[Any], list[Any]]:
    wording = word_additive_rules(rules)
    said = {
        line.number: list_pieces(phrase_line(line, rules.scores))
        for part in wording.parts
        for line in part.lines
    }
    lines = [said.get(line.number, []) for line in rules]
    if not explains:
        return [], [], lines
    anchors = {part.index: make_part_anchor(part) for part in wording.parts if has_card(part)}
    forms = list_forms(describe_scores(rules))
    parts = [
        {
            "name": part.name,
            "columns": list(rules.parts[part.place].columns),
            "anchor": anchors.get(part.place),
        }
        for part in build_part_table(rules, forms, rules.reference).parts
    ]

    return _describe_forms(forms), parts, lines


def _describe_forms(forms: Mapping[str, ScoreForm]) -> list[Any]:
    """What each score that is taken apart is called, and what it is of the scores."""
    return [
        {"output": output, "label": form.label, "form": form.weights.tolist()}
        for output, form in forms.items()
    ]


def list_pieces(phrase: Phrase) -> list[tuple[str, str | None]]:
    """Texts with the anchor of what they are the name of, None for others; neighbours as one."""
    found: list[tuple[str, str | None]] = []
    for piece in phrase:
        if piece.kind == p.SCORE:
            found.append((piece.text, make_anchor(piece.text)))
        elif found and found[-1][1] is None:
            found[-1] = (found[-1][0] + piece.text, None)
        else:
            found.append((piece.text, None))

    return found
