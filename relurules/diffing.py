"""Two models, or rule sets, over one domain: how far apart they are at most, and where."""

from typing import Any

from relurules.analysis.rule_comparison import compare_rules
from relurules.domain import Domain
from relurules.errors import DataError
from relurules.ir import RuleSet
from relurules.ir.difference import Difference
from relurules.limits import Deadline
from relurules.partitioning import compile_search
from relurules.pipeline import extract
from relurules.tables.frames import check_finite


def diff(
    old: Any,
    new: Any,
    data: Any = None,
    *,
    domain: Domain | None = None,
    tolerance: float | None = None,
    names: tuple[str, str] = ("old", "new"),
    time_limit: float | None = None,
) -> Difference:
    """The largest difference of two rule sets or models anywhere in a domain, where it is, and which rules changed.

    old, new: rule sets, or models as `extract` takes them, whose rules are extracted first: over `domain`, by default
    that of the other one's rules, or the range of `data`. Rule sets are compared where their domains overlap. data:
    (N, d) array or frame: how many of its rows are decided differently. tolerance: how far scores may be apart and
    still count as equivalent, by default what rounding may make of them. The result is true where that is proven, by
    linear programs on every part of the domain that a rule of each shares, rounded outwards; it prints as text, and
    has `.to_json()`. time_limit: seconds that all of this may take, a third of them for each model's rules; at the
    limit the difference is of the parts compared until then, and says so. OutOfTimeError where there are none.
    DataError where columns, outputs, links or classes aren't the same.
    """
    check_finite(tolerance=tolerance)
    known = domain or next((one.domain for one in (old, new) if isinstance(one, RuleSet)), None)
    if known is None and data is None:
        raise DataError("two models are compared over a domain; give domain, or data, whose range is taken")
    models = [one for one in (old, new) if not isinstance(one, RuleSet)]
    if models and time_limit is not None:
        compile_search()
    deadline, third = Deadline.after(time_limit), None if time_limit is None else time_limit / 3.0
    sides = [
        one if isinstance(one, RuleSet) else extract(one, domain=known, data=data, time_limit=third)
        for one in (old, new)
    ]
    rows = None if data is None else sides[0].domain.rows(data)
    return compare_rules(sides[0], sides[1], data=rows, tolerance=tolerance, names=names, deadline=deadline)
