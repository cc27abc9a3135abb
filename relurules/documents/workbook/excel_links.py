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


#: Link -> formula; outputs of others aren't in the workbook.
EXCEL_LINKS: Mapping[str, PrintExcel] = {
    "identity": lambda scores, _: scores[0],
    "sigmoid": lambda scores, _: _print_sigmoid(scores[0]),
    "complement": lambda scores, _: _print_complement(scores[0]),
    "exp": lambda scores, _: f"EXP({scores[0]})",
    "expm1": lambda scores, _: f"EXP({scores[0]})-1",
    "softmax": _print_softmax,
    "step": lambda scores, _: f"IF({scores[0]}>=0,1,0)",
    "argmax": lambda scores, _: f"MATCH(MAX({','.join(scores)}),{scores[0]}:{scores[-1]},0)-1",
}
