"""Outputs by other names, for engines that can't have the model's own."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from relurules.errors import InputError
from relurules.ir.additive import AdditiveRules
from relurules.ir.graph import Graph
from relurules.ir.ruleset import RuleSet
from relurules.ir.scorer import Scorer
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

    if swapped := find_swapped_output(rules, outputs):
        own, name = map(quote_name, swapped)
        raise InputError(
            f"the output {own} can't be called {name}, as the model calls another output or class "
            "so; choose another name"
        )

    return replace(rules, outputs=outputs)


def find_swapped_output(model: Graph | Scorer, outputs: Sequence[str]) -> tuple[str, str] | None:
    """The model's output and its name among `outputs`, in the same order, which is the model's own
    for another output, or for a class other than its own; None where there is none.
    """
    known = () if model.labels is None else model.labels.names
    for own, name in zip(model.outputs, outputs, strict=True):
        meant = [{one for one in known if text in (one, f"p_{one}")} for text in (own, name)]
        other_class = all(meant) and not meant[0] & meant[1]
        if name != own and (name in model.outputs or other_class):
            return own, name
    return None
