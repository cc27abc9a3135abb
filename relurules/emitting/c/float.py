"""C in float: refused where 24 bits are too few for a column, so that rounding would show in what
the rules give.
"""

import numpy as np

from relurules.domain import Domain
from relurules.domain.columns import list_derived_columns
from relurules.errors import UnsupportedError
from relurules.ir import VISIBLE, AdditiveRules, RuleSet
from relurules.ir.network import Array

#: A number is rounded to float by this share of itself.
_ROUNDING = 2.0**-24


def check_float_lines(rules: AdditiveRules) -> None:
    """As `check_float`, of additive rules: what the base, every line and every group's rules
    compute.
    """
    _refuse_derived(rules.domain)
    d = len(rules.domain.names)
    lines = rules.slopes[:, :, None] * rules.normals[:, None, :]
    groups = [group.rules.maps.weights for group in rules.groups]
    formulas = np.concatenate([rules.base.weights[None], lines, *groups])
    _check_formulas(rules.domain, formulas.reshape(-1, rules.score_count, d))


def check_float(rules: RuleSet) -> None:
    """UnsupportedError names the column whose rounding alone may move an output by a visible share
    of what it spans.

    A column of size M and width W whose largest coefficient is a moves a formula by a * M * 2^-24.
    That is compared with the sum of all |a| * W, which is as much as a formula of the rules can
    span. Where the domain is open nothing is known of it: verification shows what float does on
    rows.
    """
    _refuse_derived(rules.domain)
    _check_formulas(rules.domain, _stack_formulas(rules))


def _refuse_derived(domain: Domain) -> None:
    """What functions and bins make of a rounded number isn't known to be near."""
    if derived := list_derived_columns(domain.columns):
        raise UnsupportedError(
            f"number='float' can't be written for rules with derived columns (found "
            f"{derived[0].name!r}); use number='double'"
        )


def _check_formulas(domain: Domain, formulas: Array) -> None:
    """formulas: (R, s, d) coefficients."""
    with np.errstate(over="ignore", invalid="ignore"):
        widths = domain.upper - domain.lower
        sizes = np.maximum(np.abs(domain.lower), np.abs(domain.upper))

    read = formulas.any(axis=(0, 1))
    if not (read.any() and np.isfinite(widths[read]).all()):
        return

    coefficients = np.abs(formulas[:, :, read])
    moved = _ROUNDING * coefficients.max(axis=0) * sizes[read]
    spans = (coefficients @ widths[read]).max(axis=0)
    shares = np.divide(moved, spans[:, None], out=np.zeros_like(moved), where=spans[:, None] > 0.0)
    column = int(shares.max(axis=0).argmax())
    share = float(shares[:, column].max())

    if share > VISIBLE:
        j = int(np.flatnonzero(read)[column])
        low, high = (f"{value[j]:.15g}" for value in (domain.lower, domain.upper))
        raise UnsupportedError(
            f"number='float': column {domain.names[j]!r} lies between {low} and {high}, too large "
            f"for its width: a float is off by up to {_ROUNDING * sizes[j]:.2g} there, which may "
            f"move what the rules give by {share:.1e} of what it spans; use number='double', or a "
            f"model of the column less {low}"
        )


def _stack_formulas(rules: RuleSet) -> Array:
    """(R, s, d) the coefficients of what is computed: the maps, or the conditions of rules that
    only decide.
    """
    if rules.decision is None:
        return np.array([rule.map.weights for rule in rules])
    return np.asarray(rules.tree.normals[:, None, :])
