"""A table of rows beside rules: their scores, what these predict, and the true values."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from relurules.domain.linear_forms import combine_scores
from relurules.errors import DataError
from relurules.ir import AdditiveRules, RuleSet
from relurules.ir.network import Array
from relurules.links.table import LINKS
from relurules.statistics.additive_statistics import describe_scores
from relurules.statistics.response import Response, read_response
from relurules.statistics.row_passes import hash_rows

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True, kw_only=True)
class Judge:
    """How scores are judged.

    task: regression, binary or multiclass; None without true values. forms: (p, m), which
    combinations of scores; link: from them to the number; certain: whether they are log odds. cut:
    of the first of them, above which class 1 is told; None where there are no two classes. closed:
    class 1 at the cut too.
    """

    task: str | None
    response: str
    positive: str | None
    forms: Array
    link: str
    certain: bool
    ranked: bool = True
    cut: float | None = None
    closed: bool = False


@dataclass(frozen=True, kw_only=True)
class JudgedRows:
    """The n rows of a part that the rules say something of.

    rows: of the whole part; frame, X (n, d): columns and coordinates; scores: (n, p) that are
    judged; prediction: (n,) probability of class 1, or the number, None where there is neither;
    positive: (n,) whether class 1 is told; values: (n,) true numbers, 0 and 1, or numbers of
    classes. digest: SHA-256 of all rows and true values.
    """

    part: str
    rows: int
    frame: "pandas.DataFrame"
    X: Array
    scores: Array
    prediction: Array | None
    positive: NDArray[np.bool_] | None
    values: Array | None
    digest: str

    def __len__(self) -> int:
        """Number of rows n."""
        return len(self.X)

    @property
    def score(self) -> Array:
        """The first score, (n,)."""
        return self.scores[:, 0]


def make_frame(rules: RuleSet | AdditiveRules, table: Any) -> "pandas.DataFrame":
    """A table of any kind as a frame of pandas; arrays get the columns' names."""
    import pandas

    if isinstance(table, pandas.DataFrame):
        return table.reset_index(drop=True)
    if isinstance(table, np.ndarray):
        narrow = np.asarray(rules.domain.narrow(table))
        names = [column.name for column in rules.domain.columns]
        if narrow.shape[1] != len(names):
            raise DataError(
                f"the table is an array of {narrow.shape[1]} columns, and the rules read "
                f"{len(names)}; give a frame with their names"
            )
        return pandas.DataFrame(narrow, columns=names)
    import narwhals.stable.v2 as narwhals

    frame: pandas.DataFrame = narwhals.from_native(table, eager_only=True).to_pandas()

    return frame.reset_index(drop=True)


def read_values(
    rules: RuleSet | AdditiveRules, frames: Mapping[str, "pandas.DataFrame"], target: str | None
) -> tuple[Response | None, dict[str, Array]]:
    """The true values of all parts, read together so that they mean the same; DataError where a
    part lacks the column.
    """
    import pandas

    if target is None:
        return None, {}
    for part, frame in frames.items():
        if target not in frame.columns:
            shown = ", ".join(map(repr, list(frame.columns)[:12]))
            raise DataError(f"the {part} rows have no column {target!r}; they have {shown}")

    column = pandas.concat([frame[target] for frame in frames.values()], ignore_index=True)
    models = rules.local_models if isinstance(rules, RuleSet) else describe_scores(rules)
    response = read_response(models, column, len(column))
    ends = np.cumsum([len(frame) for frame in frames.values()])[:-1]

    return response, dict(zip(frames, np.split(response.values, ends), strict=True))


def make_judge(
    rules: RuleSet | AdditiveRules, response: Response | None, cut: float | None
) -> Judge:
    """How the rules' scores are judged. cut: the probability from which class 1 is told; None: as
    the model does it.
    """
    if response is None:
        return _judge_without_values(rules)

    judge = Judge(
        task=response.task,
        response=response.name,
        positive=response.positive,
        forms=response.forms,
        link=response.link,
        certain=response.certain,
        ranked=response.ranked,
        **_find_cut(rules, response.task),
    )

    return judge if cut is None else _replace_cut(judge, cut)


def _judge_without_values(rules: RuleSet | AdditiveRules) -> Judge:
    m, test = rules.score_count, rules.class_test
    forms = np.eye(m)[:1]
    two = test is not None and test.count == 2
    if two and test is not None and len(test.scores) == 2:
        forms = np.eye(m)[[test.scores[1]]] - np.eye(m)[[test.scores[0]]]
    head = rules.heads[-1]

    return Judge(
        task=None,
        response="",
        positive=None,
        forms=forms,
        link="sigmoid" if two else head.link if len(rules.heads) == 1 else "identity",
        certain=two and all(LINKS[one.link].is_share for one in rules.heads),
        **(_find_cut(rules, "binary") if two else {}),
    )


def _find_cut(rules: RuleSet | AdditiveRules, task: str) -> dict[str, Any]:
    """The cut-off of class 1 in the score that rises with it."""
    test = rules.class_test
    if test is None or task != "binary":
        return {}
    if len(test.scores) > 1:
        return {"cut": 0.0}
    return {"cut": test.cut, "closed": test.closed or not test.rises}


def _replace_cut(judge: Judge, cut: float) -> Judge:
    if not (judge.task == "binary" and judge.certain):
        raise DataError(
            f"a cut-off of {cut:g} is a probability, and these rules give none of two classes; "
            "leave it out"
        )
    if not 0 < cut < 1:
        raise DataError(f"a cut-off of {cut:g}; expected a probability between 0 and 1")
    return replace(judge, cut=float(np.log(cut / (1 - cut))), closed=True)


def judge_rows(
    rules: RuleSet | AdditiveRules,
    part: str,
    frame: "pandas.DataFrame",
    judge: Judge,
    values: Array | None,
) -> JudgedRows:
    """The rows of a part that the rules say something of."""
    return _judge_coordinates(rules, part, frame, rules.domain.rows(frame), judge, values)


def _judge_coordinates(
    rules: RuleSet | AdditiveRules,
    part: str,
    frame: "pandas.DataFrame",
    X: Array,
    judge: Judge,
    values: Array | None,
) -> JudgedRows:
    scores = rules.predict_scores(X)
    inside = np.asarray(np.isfinite(scores).all(axis=1))
    judged = combine_scores(scores[inside], judge.forms)
    digest = hash_rows(X)
    if values is not None:
        digest = hashlib.sha256(digest.encode() + values.astype("<f8").tobytes()).hexdigest()

    return JudgedRows(
        part=part,
        rows=len(X),
        frame=frame.loc[inside].reset_index(drop=True),
        X=X[inside],
        scores=judged,
        prediction=predict_number(judge, judged),
        positive=tell_class(judge, judged),
        values=None if values is None else values[inside],
        digest=digest,
    )


def judge_table(
    rules: RuleSet | AdditiveRules, part: str, table: Any, y: Any
) -> tuple[Judge, JudgedRows]:
    """A table of rows and their true values (N,), as rules read them; without a frame, so that
    there are no groups.
    """
    import pandas

    X = rules.domain.rows(table)
    models = rules.local_models if isinstance(rules, RuleSet) else describe_scores(rules)
    response = read_response(models, y, len(X))
    judge = make_judge(rules, response, None)
    frame = pandas.DataFrame(index=range(len(X)))
    return judge, _judge_coordinates(rules, part, frame, X, judge, response.values)


def judge_again(rules: RuleSet | AdditiveRules, part: JudgedRows, judge: Judge) -> JudgedRows:
    """The same rows, judged by other rules; NaN where these say nothing of a row."""
    X = rules.domain.rows(part.frame)
    scores = combine_scores(rules.predict_scores(X), judge.forms)
    return replace(
        part,
        X=X,
        scores=scores,
        prediction=predict_number(judge, scores),
        positive=tell_class(judge, scores),
    )


def predict_number(judge: Judge, scores: Array) -> Array | None:
    """(n, p) scores -> (n,) probability of class 1, or the number; None where there is neither."""
    if judge.certain and judge.link == "sigmoid":
        return np.asarray(LINKS["sigmoid"].apply(scores[:, 0]))
    if judge.task == "regression":
        return np.asarray(LINKS[judge.link].apply(scores)[:, 0])
    return None


def tell_class(judge: Judge, scores: Array) -> NDArray[np.bool_] | None:
    """(n, p) scores -> (n,) whether class 1 is told; None where there are no two classes."""
    if judge.cut is None:
        return None
    first = scores[:, 0]
    return np.asarray(first >= judge.cut if judge.closed else first > judge.cut)
