"""How a command's time and memory are shared between the search and what follows it."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from relurules.domain import Domain
from relurules.ir import Network, Partition, RuleSet
from relurules.ir.limits import Deadline, SearchLimits
from relurules.partitioning.options import SearchOptions
from relurules.partitioning.search import search_regions

#: Share of the time limit that the search may take where merging follows, which takes what there
#: is; and where not.
_WITH_MERGING, _WITHOUT_MERGING = 0.5, 0.7

#: Trying out what follows may take this share of the time limit, on so many regions; the result is
#: taken so many times.
_TRIAL, _TRIED, _MARGIN = 0.05, 300, 1.1

#: Copies of a region's map that rules may be made through, and bytes of what else is kept of a
#: rule.
_COPIES, _OBJECTS = 5, 1500


@dataclass(frozen=True, kw_only=True)
class SearchShare:
    """What is left for the search, and the seconds that it then takes to write the rule of one
    region.
    """

    limits: SearchLimits
    writing: float = 0.0


def share_limits(
    network: Network,
    domain: Domain,
    limits: SearchLimits,
    *,
    merging: bool,
    build: Callable[[Partition], RuleSet],
    write: Callable[[RuleSet], object],
) -> SearchShare:
    """The search's share where rules are made of all that it finds.

    merging: whether pieces are merged within a bound or down to a number afterwards. build, write:
    what is done with what the search finds; they are tried out on some regions.
    """
    (K, d), m = network.A.shape, len(network.c)
    limits = replace(limits, bytes=_COPIES * 8 * m * (d + 1) + K + 16 * d + _OBJECTS)
    if not limits.deadline.is_set:
        return SearchShare(limits=limits)

    if merging:
        return SearchShare(limits=replace(limits, deadline=limits.deadline.share(_WITH_MERGING)))

    building, writing = _measure_steps(network, domain, limits.deadline, build, write)
    rest = replace(
        limits,
        deadline=limits.deadline.share(_WITHOUT_MERGING),
        pace=_MARGIN * (building + writing),
    )

    return SearchShare(limits=rest, writing=_MARGIN * writing)


def _measure_steps(
    network: Network,
    domain: Domain,
    deadline: Deadline,
    build: Callable[[Partition], RuleSet],
    write: Callable[[RuleSet], object],
) -> tuple[float, float]:
    """Seconds that a region costs after the search: until there is a rule, and to write that."""
    few = SearchLimits(regions=_TRIED, deadline=deadline.share(_TRIAL))
    sample = search_regions(network, domain, SearchOptions(limits=few, estimated=False))
    if sample.complete:
        return 0.0, 0.0

    start = deadline.clock()
    rules = build(sample)
    built = deadline.clock()
    write(rules)
    return (built - start) / len(sample), (deadline.clock() - built) / len(sample)
