"""Outputs by other names, for engines that can't have the model's own."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from relurules.errors import InputError
from relurules.ir.additive import AdditiveRules
from relurules.ir.ruleset import RuleSet
from relurules.tables.names import find_text_flaw, quote_name

AnyRules = TypeVar("AnyRules", bound=RuleSet | AdditiveRules)


def rename_outputs(rules: AnyRules, names: Mapping[str, str]) -> AnyRules:
    """The rules with other names for some of their outputs; names: own name -> new one.

    InputError for an output that there isn't, a name that can't be one or is another output's or
    class's own, and two of the same.
    """
    for own, name in names.items():
        if own not in rules.outputs:
            raise InputError(
                f"no output {quote_name(own)} to rename; the rules have "
                f"{', '.join(map(quote_name, rules.outputs))}"
            )
        if flaw := "nothing" if not name else find_text_flaw(name):
            raise InputError(
                f"the new name of output {quote_name(own)} holds {flaw}; choose another"
            )

    outputs = tuple(names.get(own, own) for own in rules.outputs)
    if len(set(outputs)) < len(outputs):
        raise InputError(
            f"the outputs would be {', '.join(map(quote_name, outputs))}, of which two are called "
            "the same; choose another name"
        )

    for own, name in names.items():
        if _names_another(rules, own, name):
            raise InputError(
                f"the output {quote_name(own)} can't be called {quote_name(name)}, as the model "
                "calls another output or class so; choose another name"
            )

    return replace(rules, outputs=outputs)


def _names_another(rules: RuleSet | AdditiveRules, own: str, name: str) -> bool:
    """Whether a new name is the model's for another output, or for a class other than its own."""
    if name != own and name in rules.outputs:
        return True
    known = () if rules.labels is None else rules.labels.names
    meant = [{label for label in known if text in (label, f"p_{label}")} for text in (own, name)]
    return all(meant) and not meant[0] & meant[1]
