"""The table of links: all that the package knows of one stands in its row of `LINKS`.

A new link is a row here, with what it needs in `functions` (numbers), `sources` (languages with
functions), `sql` and `symbols` (sympy). The checker of proofs keeps a copy of its own on purpose:
it trusts no other file.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relurules.links import functions, sql, symbols
from relurules.links.sources import FUNCTIONS, LinkFunctions

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Link:
    """What a model does to scores at its very end, and how that is said and written."""

    #: (N, k) scores -> (N, k), or (N, 1) where `reduces`.
    apply: Callable[[Array], Array]
    #: (N, k) scores, how far each may be off (N, k), and the relative rounding of the link itself
    #: -> (N, k) or (N, 1): by how much each output may then be off.
    slack: Callable[[Array, Array, float], Array]
    #: How far each of k scores may be off, the largest that a score is, and k -> by how much any
    #: output may be off.
    change: Callable[[float, float, int], float]
    #: Whether it is over all its scores; others are of one each.
    joint: bool = False
    #: Whether it gives one number for all its scores.
    reduces: bool = False
    #: Whether `change` depends on the largest score.
    steepens: bool = False
    #: Whether outputs are probabilities.
    is_share: bool = False
    #: Whether outputs are numbers of classes.
    is_class: bool = False
    #: Whether outputs are in the order of the scores, of which it takes several.
    keeps_order: bool = False
    #: The score at which the output is a value; None where there is no one such score.
    inverse: Callable[[float], float] | None = None
    #: -1 where the output falls as the score rises.
    sign: float = 1.0
    #: What link(s), or link(s among s, t, ...), is; "" where it needs no explanation.
    meaning: str = ""
    #: What the score behind an output is called, of the output's name; "" for several scores.
    score_label: str = ""
    #: What a model that ends in it is trained for; None where the targets tell.
    task: str | None = None
    #: What turns targets into scores for training; None where none does.
    to_score: Callable[[Any], Any] | None = None
    #: Its functions in languages that have functions.
    code: LinkFunctions
    #: Its columns in SQL.
    print_sql: sql.PrintSql
    #: One of its outputs in SQL as an expression of its own, where that is shorter.
    print_sql_alone: sql.PrintSqlAlone | None = None
    #: Its expression in sympy.
    symbol: Callable[[Sequence[Any], int], Any]
    #: The module torch and (N, k) scores -> (N, k); None where there is no way back by gradients.
    torch: Callable[[Any, Any], Any] | None = None


def _keep(values: Any) -> Any:
    return values


#: Name of a link -> all about it.
LINKS: Mapping[str, Link] = {
    "identity": Link(
        apply=_keep,
        slack=lambda _, off, __: off,
        change=lambda error, _, __: error,
        inverse=_keep,
        score_label="{}",
        to_score=_keep,
        code=FUNCTIONS["identity"],
        print_sql=sql.print_identity,
        symbol=lambda s, _: s[0],
        torch=lambda _, s: s,
    ),
    "sigmoid": Link(
        apply=functions.sigmoid,
        slack=functions.make_share_slack(functions.sigmoid, 0.25),
        change=lambda error, _, __: math.tanh(error / 4),
        is_share=True,
        inverse=functions.logit,
        meaning="1 / (1 + exp(-s))",
        score_label="log odds of {}",
        task="binary",
        to_score=_keep,
        code=FUNCTIONS["sigmoid"],
        print_sql=sql.print_sigmoid,
        print_sql_alone=sql.print_sigmoid_alone,
        symbol=lambda s, _: 1 / (1 + symbols.build_power(-s[0])),
        torch=lambda torch, s: torch.sigmoid(s),
    ),
    "complement": Link(
        apply=functions.complement_sigmoid,
        slack=functions.make_share_slack(functions.complement_sigmoid, 0.25),
        change=lambda error, _, __: math.tanh(error / 4),
        is_share=True,
        inverse=functions.logit,
        sign=-1.0,
        meaning="1 / (1 + exp(s)), which is 1 - sigmoid(s)",
        score_label="log odds of {}",
        task="binary",
        to_score=_keep,
        code=FUNCTIONS["complement"],
        print_sql=sql.print_complement,
        print_sql_alone=sql.print_complement_alone,
        symbol=lambda s, _: 1 / (1 + symbols.build_power(s[0])),
        torch=lambda torch, s: torch.sigmoid(-s),
    ),
    "exp": Link(
        apply=np.exp,
        slack=functions.make_power_slack(np.exp),
        change=functions.bound_power_change,
        steepens=True,
        inverse=math.log,
        score_label="logarithm of {}",
        task="regression",
        to_score=np.log,
        code=FUNCTIONS["exp"],
        print_sql=sql.print_exp,
        symbol=lambda s, _: symbols.build_power(s[0]),
        torch=lambda torch, s: torch.exp(s),
    ),
    "expm1": Link(
        apply=np.expm1,
        slack=functions.make_power_slack(np.expm1),
        change=functions.bound_power_change,
        steepens=True,
        inverse=math.log1p,
        meaning="exp(s) - 1",
        score_label="logarithm of 1 + {}",
        task="regression",
        to_score=np.log1p,
        code=FUNCTIONS["expm1"],
        print_sql=sql.print_expm1,
        symbol=lambda s, _: symbols.build_power(s[0]) - 1,
        torch=lambda torch, s: torch.expm1(s),
    ),
    "softplus": Link(
        apply=functions.softplus,
        slack=functions.bound_softplus,
        change=lambda error, _, __: error,
        inverse=functions.invert_softplus,
        meaning="log(1 + exp(s))",
        score_label="score that softplus makes {} of",
        task="regression",
        to_score=lambda y: y + np.log(-np.expm1(-y)),
        code=FUNCTIONS["softplus"],
        print_sql=sql.print_softplus,
        symbol=lambda s, _: symbols.build_softplus(s[0]),
        torch=lambda torch, s: torch.nn.functional.softplus(s),
    ),
    "tanh": Link(
        apply=np.tanh,
        slack=functions.make_power_slack(np.tanh),
        change=lambda error, _, __: 2.0 * math.tanh(error / 2.0),
        inverse=math.atanh,
        meaning="(exp(s) - exp(-s)) / (exp(s) + exp(-s))",
        score_label="inverse hyperbolic tangent of {}",
        task="regression",
        to_score=np.arctanh,
        code=FUNCTIONS["tanh"],
        print_sql=sql.print_tanh,
        symbol=lambda s, _: symbols.build_tanh(s[0]),
        torch=lambda torch, s: torch.tanh(s),
    ),
    "logit": Link(
        apply=functions.log_odds,
        slack=functions.bound_log_odds,
        change=lambda error, _, __: math.inf if error > 0.0 else 0.0,
        inverse=functions.expit,
        meaning="log(s / (1 - s)), no number outside 0 to 1",
        score_label="share whose log odds are {}",
        task="regression",
        to_score=functions.sigmoid,
        code=FUNCTIONS["logit"],
        print_sql=sql.print_logit,
        symbol=lambda s, _: symbols.build_log_odds(s[0]),
        torch=lambda torch, s: torch.logit(s),
    ),
    "softmax": Link(
        apply=functions.softmax,
        slack=functions.make_share_slack(functions.softmax, 0.5),
        change=lambda error, _, __: math.tanh(error / 2),
        joint=True,
        is_share=True,
        keeps_order=True,
        meaning="exp(s) / (exp(s) + exp(t) + ...)",
        task="multiclass",
        to_score=_keep,
        code=FUNCTIONS["softmax"],
        print_sql=sql.print_softmax,
        print_sql_alone=sql.print_softmax_alone,
        symbol=symbols.build_softmax,
        torch=lambda torch, s: torch.softmax(s, dim=1),
    ),
    "log_softmax": Link(
        apply=functions.log_softmax,
        slack=functions.bound_log_share,
        change=lambda error, _, __: 2 * error,
        joint=True,
        keeps_order=True,
        meaning="s - log(exp(s) + exp(t) + ...)",
        task="multiclass",
        to_score=_keep,
        code=FUNCTIONS["log_softmax"],
        print_sql=sql.print_log_softmax,
        symbol=symbols.build_log_softmax,
        torch=lambda torch, s: torch.log_softmax(s, dim=1),
    ),
    "step": Link(
        apply=functions.unit_step,
        slack=functions.bound_step,
        change=lambda error, _, __: float(error > 0),
        is_class=True,
        meaning="1 where s >= 0, else 0",
        code=FUNCTIONS["step"],
        print_sql=sql.print_step,
        symbol=symbols.build_step,
    ),
    "argmax": Link(
        apply=functions.argmax,
        slack=functions.bound_argmax,
        change=lambda error, _, k: (k - 1.0) * (error > 0),
        joint=True,
        reduces=True,
        is_class=True,
        meaning="which of them is the largest, counted from 0; the first where several are",
        task="multiclass",
        to_score=_keep,
        code=FUNCTIONS["argmax"],
        print_sql=sql.print_argmax,
        symbol=symbols.build_argmax,
    ),
}
