"""What becomes of the scores, in words: the outputs in terms of links, and what these are."""

from typing import NamedTuple

from relurules.ir import AdditiveRules, Rule, RuleSet
from relurules.links.heads import apply_links, is_identity
from relurules.links.table import LINKS


class OutputMeaning(NamedTuple):
    """Each output with its formula in the scores, and each link with its definition."""

    outputs: tuple[tuple[str, str], ...]
    definitions: tuple[tuple[str, str], ...]


def has_links(rules: RuleSet | AdditiveRules) -> bool:
    """False where the outputs are just the scores."""
    return not is_identity(rules.heads, rules.score_count)


def find_class(rules: RuleSet, rule: Rule) -> tuple[float, str]:
    """The class that a rule of decisions gives: its number and its name."""
    number = float(apply_links(rules.heads, rule.map.constants[None])[0, 0])
    return number, "" if rules.decision is None else rules.decision.classes[int(number)]


def explain_outputs(rules: RuleSet | AdditiveRules) -> OutputMeaning:
    """For people: what the outputs are of the scores."""
    outputs = []
    for name, head in zip(rules.outputs, rules.heads, strict=True):
        taken, link = [rules.scores[i] for i in head.scores], LINKS[head.link]
        among = f"{taken[head.component]} among " if link.joint and not link.reduces else ""
        outputs.append(
            (
                name,
                taken[0] if head.link == "identity" else f"{head.link}({among}{', '.join(taken)})",
            )
        )

    links = dict.fromkeys(head.link for head in rules.heads if LINKS[head.link].meaning)
    return OutputMeaning(
        tuple(outputs), tuple((write_signature(link), LINKS[link].meaning) for link in links)
    )


def write_signature(link: str) -> str:
    """How the definition of a link starts: `sigmoid(s)`."""
    joint, reduces = LINKS[link].joint, LINKS[link].reduces
    return f"{link}({'s, t, ...' if reduces else 's among s, t, ...' if joint else 's'})"
