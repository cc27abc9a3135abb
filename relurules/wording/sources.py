"""What rules are compared with, in words: a network that was trained, lines that were fitted, or
the rules themselves once they were edited.
"""

from dataclasses import dataclass

from relurules.ir import AdditiveRules, RuleSet, Scorer


@dataclass(frozen=True, kw_only=True)
class SourceWords:
    """How sentences call what rules were made of."""

    #: In full.
    whole: str
    #: As what the rules are, where nothing was changed.
    itself: str
    #: In short.
    short: str
    #: Whose scores something is compared with.
    whose: str


#: A network that was trained, by whomever.
_NETWORK = SourceWords(
    whole="the network as traced",
    itself="the network itself",
    short="the network",
    whose="the network's",
)
#: Lines that were fitted to a table, for which no network was trained.
_FITTED = SourceWords(
    whole="the lines as fitted to the table",
    itself="the lines as fitted",
    short="the fitted lines",
    whose="the fitted lines'",
)
#: A model without neurons, such as a logistic regression.
_LINEAR = SourceWords(
    whole="the linear model as traced",
    itself="the linear model itself",
    short="the linear model",
    whose="the linear model's",
)
#: Rules that are the splits and leaves of a tree that was fitted to a table.
_TREE = SourceWords(
    whole="the tree of linear models as fitted",
    itself="the tree of linear models itself",
    short="the tree of linear models",
    whose="the tree's",
)
#: Rules that somebody edited, which are a model of their own.
_EDITED = SourceWords(
    whole="the rules as edited",
    itself="the model itself, as edited by hand",
    short="the edited rules",
    whose="the edited rules'",
)


def name_source(rules: Scorer) -> SourceWords:
    """How to call what the rules were made of."""
    if rules.provenance.edits:
        return _EDITED
    if rules.provenance.fitted:
        return _FITTED
    if isinstance(rules, RuleSet) and rules.is_own_model:
        return _TREE
    return _LINEAR if is_linear_model(rules) else _NETWORK


def is_linear_model(rules: Scorer) -> bool:
    """Whether the rules were made of a model that never had a neuron."""
    if not isinstance(rules, RuleSet | AdditiveRules) or rules.provenance.edits:
        return False
    own = isinstance(rules, RuleSet) and rules.is_own_model
    return rules.reduction.neurons_traced == 0 and not own
