"""Links as formulas of Excel."""

from collections.abc import Callable, Mapping, Sequence

#: Cells of a link's scores, and which of its outputs -> a formula.
PrintExcel = Callable[[Sequence[str], int], str]


def _print_softmax(scores: Sequence[str], component: int) -> str:
    largest = f"MAX({','.join(scores)})"
    total = "+".join(f"EXP({score}-{largest})" for score in scores)
    return f"EXP({scores[component]}-{largest})/({total})"


def _print_sigmoid(score: str) -> str:
    """What doesn't overflow, however far from 0."""
    return f"IF({score}>=0,1/(1+EXP(-ABS({score}))),EXP(-ABS({score}))/(1+EXP(-ABS({score}))))"


def _print_complement(score: str) -> str:
    return f"IF({score}<=0,1/(1+EXP(-ABS({score}))),EXP(-ABS({score}))/(1+EXP(-ABS({score}))))"


def _print_softplus(score: str) -> str:
    """Excel has no log(1 + u): below -36, 1 + u is 1, and it is u but for rounding."""
    return f"IF({score}<-36,EXP({score}),MAX({score},0)+LN(1+EXP(-ABS({score}))))"


def _print_logit(score: str) -> str:
    return f'IF(AND({score}>0,{score}<1),LN({score}/(1-{score})),"")'


#: Link -> formula; outputs of others aren't in the workbook.
EXCEL_LINKS: Mapping[str, PrintExcel] = {
    "identity": lambda scores, _: scores[0],
    "sigmoid": lambda scores, _: _print_sigmoid(scores[0]),
    "complement": lambda scores, _: _print_complement(scores[0]),
    "exp": lambda scores, _: f"EXP({scores[0]})",
    "expm1": lambda scores, _: f"EXP({scores[0]})-1",
    "softplus": lambda scores, _: _print_softplus(scores[0]),
    "tanh": lambda scores, _: f"TANH({scores[0]})",
    "logit": lambda scores, _: _print_logit(scores[0]),
    "softmax": _print_softmax,
    "step": lambda scores, _: f"IF({scores[0]}>=0,1,0)",
    "argmax": lambda scores, _: f"MATCH(MAX({','.join(scores)}),{scores[0]}:{scores[-1]},0)-1",
}
