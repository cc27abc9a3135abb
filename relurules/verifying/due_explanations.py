"""What an artefact must say beside its outputs: scores, contributions, reasons, lines that apply.

All of it follows from the rules that the artefact was emitted from, and from what was asked of
reasons, which its head tells.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relurules.ir import AdditiveRules, Artifact, RuleSet
from relurules.ir.network import Array
from relurules.ir.reference import ReferenceRow
from relurules.reasons.contributions import build_contribution_table, find_side
from relurules.reasons.part_contributions import build_part_table, find_part_side
from relurules.reasons.ranking import choose_reasons
from relurules.reasons.reason_texts import ReasonOptions, plan_part_phrases, plan_phrases
from relurules.reasons.score_choice import list_forms, list_views
from relurules.statistics.additive_statistics import describe_scores

#: What an artefact may return beside outputs and class.
EXPLAINED = ("score", "contributions", "reasons", "lines")


@dataclass(frozen=True, kw_only=True, eq=False)
class DueExplanations:
    """Contributions (N, V, n) of V scores and n columns or parts, and what they are called.

    room: (N, V) absolute terms that a contribution is made of at most, of which rounding is a
    share. texts: (N, n) what is said of each as a reason. reasons: (N, V, k) which are the reasons,
    the first first, -1 for no further one. floors: (V,) what a reason's contribution must be above.
    """

    labels: tuple[str, ...]
    columns: tuple[str, ...]
    contributions: Array
    room: Array
    texts: NDArray[np.object_]
    reasons: NDArray[np.intp]
    floors: Array

    @property
    def contribution_names(self) -> list[str]:
        """V * n, score by score."""
        return [f"contribution_{own}{name}" for own in self._prefixes for name in self.columns]

    @property
    def reason_names(self) -> list[str]:
        """V * k, score by score."""
        count = self.reasons.shape[2]
        return [f"reason_{own}{i + 1}" for own in self._prefixes for i in range(count)]

    @property
    def _prefixes(self) -> list[str]:
        return ["" if len(self.labels) == 1 else f"{label}_" for label in self.labels]


def find_explained_rules(artifact: Artifact, model: object) -> RuleSet | AdditiveRules | None:
    """The rules that an artefact's contributions are of: those that it was emitted from, else those
    that it is compared with; None where neither are at hand.
    """
    rules = artifact.rules
    if rules is None and isinstance(model, RuleSet | AdditiveRules):
        fits = isinstance(model, AdditiveRules) == (artifact.form == "lines")
        same = model.domain.names == artifact.domain.names
        rules = model if fits and same and artifact.outside != "exact" else None
    if not isinstance(rules, RuleSet | AdditiveRules):
        return None
    if (values := artifact.explained.get("reference")) is not None:
        row = ReferenceRow(values=np.array(values, dtype=np.float64), origin="row")
        rules = replace(rules, chosen_reference=row)

    return rules


def explain_rows(
    rules: RuleSet | AdditiveRules, explained: Mapping[str, Any], X: Array
) -> DueExplanations:
    """What is due on rows of the domain, (N, d) in coordinates."""
    options = ReasonOptions(**{k: v for k, v in explained.items() if k != "reference"})
    if isinstance(rules, AdditiveRules):
        return _explain_by_parts(rules, options, X)
    return explain_by_rules(rules, options, X, rules.number_rows(X))


def explain_by_rules(
    rules: RuleSet, options: ReasonOptions, X: Array, numbers: NDArray[np.intp]
) -> DueExplanations:
    """Where the rules of these numbers, (N,) from 1, apply."""
    table = build_contribution_table(rules.domain, list_views(rules.local_models), rules.reference)
    phrases = plan_phrases(rules, table, options)
    contributions = table.evaluate(numbers, X)
    texts = np.empty((len(X), len(table.columns)), dtype=object)
    room = np.zeros((len(X), len(table.labels)))
    for i, column in enumerate(table.columns):
        own = np.abs(table.factors[numbers - 1][:, :, column.start : column.start + column.width])
        size = 1.0 if column.is_category else np.abs(X[:, column.at]) + abs(column.reference)
        room += own.max(axis=2) * np.reshape(size, (-1, 1))
        for row, number in enumerate(numbers.tolist()):
            texts[row, i] = phrases.phrase(number, i, find_side(column, X[row]))

    return _rank(
        DueExplanations(
            labels=table.labels,
            columns=tuple(column.name for column in table.columns),
            contributions=contributions,
            room=room,
            texts=texts,
            reasons=np.empty((len(X), len(table.labels), 0), dtype=np.intp),
            floors=np.zeros(len(table.labels)),
        ),
        options,
    )


def _explain_by_parts(rules: AdditiveRules, options: ReasonOptions, X: Array) -> DueExplanations:
    forms = list_forms(describe_scores(rules))
    table = build_part_table(rules, forms, rules.reference)
    phrases = plan_part_phrases(table, options)
    texts = np.empty((len(X), len(table.parts)), dtype=object)
    for i, part in enumerate(table.parts):
        said = [phrases.phrase(1, i, side) for side in (0, 1)]
        texts[:, i] = [said[find_part_side(part, x)] for x in X]

    sizes = rules.network.magnitude(np.vstack([X, rules.reference.values]))
    return _rank(
        DueExplanations(
            labels=table.labels,
            columns=tuple(part.name for part in table.parts),
            contributions=table.evaluate(X),
            room=(sizes[:-1] + sizes[-1]) @ np.abs(table.forms).T,
            texts=texts,
            reasons=np.empty((len(X), len(table.labels), 0), dtype=np.intp),
            floors=table.floors,
        ),
        options,
    )


def _rank(found: DueExplanations, options: ReasonOptions) -> DueExplanations:
    count = min(options.count, len(found.columns))
    ranked = [
        choose_reasons(found.contributions[:, v], options.direction, count, float(floor))
        for v, floor in enumerate(found.floors)
    ]
    return replace(found, reasons=np.stack(ranked, axis=1))
