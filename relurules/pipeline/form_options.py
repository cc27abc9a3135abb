"""Which options of `extract` apply to which form of rules: the one table of it.

What isn't listed applies to both. Additive rules are written without a search but for groups of
neurons that read one another, so that options of the search are for these alone.
"""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, NamedTuple

from relurules.errors import UnsupportedError
from relurules.ir import AdditiveRules
from relurules.partitioning import SearchOptions
from relurules.pipeline.tasks import ExtractOptions


class OptionUse(NamedTuple):
    """What an option does for additive rules. groups: whether it is for the search of groups, else
    for nothing; instead: what to do without it.
    """

    groups: bool
    instead: str = ""


#: Option -> what it does for lines; partition rules take all of them.
OPTION_USES: Mapping[str, OptionUse] = {
    "decision": OptionUse(
        groups=False,
        instead="lines give scores that add up, whose class classify() gives; leave it out",
    ),
    "checkpoint": OptionUse(
        groups=False,
        instead="the little that is searched is searched anew; leave it out",
    ),
    "max_regions": OptionUse(groups=True),
    "memory_limit": OptionUse(groups=True),
    "jobs": OptionUse(groups=True),
    "solver": OptionUse(groups=True),
}


def check_form_options(options: ExtractOptions, search: SearchOptions) -> None:
    """UnsupportedError for options that the form has no use for."""
    if options.form != "additive":
        return
    chosen = {**_list_chosen(options), **_list_chosen(search)}
    for name, use in OPTION_USES.items():
        if name in chosen and not use.groups:
            raise UnsupportedError(
                f"{name} with form={options.form!r}: {use.instead}; supported: form='partition'"
            )


def describe_idle_options(rules: AdditiveRules, search: SearchOptions) -> str:
    """Which options did nothing, as no neurons read one another; "" where all did something."""
    chosen = _list_chosen(search)
    idle = [name for name, use in OPTION_USES.items() if use.groups and name in chosen]
    if rules.groups or not idle:
        return ""

    return (
        f"{', '.join(idle)}: of no use here, as no neurons of these lines read one another, so "
        "that nothing was searched"
    )


def _list_chosen(given: ExtractOptions | SearchOptions) -> dict[str, Any]:
    """Options that aren't the defaults."""
    return {
        field.name: value
        for field in fields(given)
        if (value := getattr(given, field.name)) != field.default
    }
