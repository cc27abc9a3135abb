"""Whether a scorecard is that of rules, which code of both has to know."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from relurules.errors import InputError
from relurules.ir import AdditiveRules, RuleSet
from relurules.reasons.ranking import SIGNS
from relurules.scorecards.build import make_scorecard
from relurules.scorecards.card import Scorecard

#: What a card may be told to be in code, which tells of no data.
_OPTIONS = ("pdo", "base", "odds", "whole", "direction", "positive")


def find_card(
    rules: RuleSet | AdditiveRules,
    card: Scorecard | Mapping[str, Any] | None,
    direction: str,
) -> Scorecard:
    """The card, if it is one of these rules, without what data say; or theirs by these options.

    direction: which scores are adverse, where options don't say so. InputError for the card of
    other rules, and for an option that there is none of.
    """
    if card is None or isinstance(card, Mapping):
        given = {"direction": direction, **(card or {})}
        if unknown := [name for name in given if name not in _OPTIONS]:
            raise InputError(
                f"scorecard has no option {unknown[0]!r} in code; supported: {', '.join(_OPTIONS)}"
            )
        return make_scorecard(rules, **given)

    scaling = card.scaling
    adverse = next(name for name, sign in SIGNS.items() if -sign == scaling.sign)
    options: dict[str, Any] = {
        "pdo": scaling.pdo,
        "base": scaling.base,
        "odds": scaling.odds,
        "whole": scaling.whole,
        "direction": adverse,
    }
    plain = replace(card, data=None)
    for label in (None, *card.classes.values):
        if make_scorecard(rules, positive=label, **options).to_json() == plain.to_json():
            return plain

    raise InputError(
        "scorecard: these aren't the points of the rules that are emitted, but of others, or from "
        "another reference or direction; make it by rr.scorecard(rules, ..) of the same rules"
    )
