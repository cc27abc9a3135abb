"""What an artefact says beside its outputs, against what the rules say of the same rows."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relurules.errors import CheckError
from relurules.ir import AdditiveRules, Artifact, RuleSet
from relurules.ir.network import Array
from relurules.reasons.reason_texts import ReasonOptions
from relurules.verifying.due_explanations import (
    EXPLAINED,
    DueExplanations,
    explain_by_rules,
    explain_rows,
)

#: Contributions that are as close as this share of the largest may change places among the reasons:
#: they are compared by thirty bits.
_TIED = 1e-8

#: Said where there are no rules to compare with.
NOT_COMPARED = (
    "{what}: not compared, as the rules that they follow from aren't at hand; verify against the "
    "rules (rules.json) too"
)

#: What an engine gave in columns beside outputs, class and rule: name -> N values.
Extras = Mapping[str, Sequence[Any]]


@dataclass(frozen=True, kw_only=True)
class ExplanationCheck:
    """Extra columns of an artefact on N rows, and the rules that they must follow from.

    rows: (N, d) in coordinates, as the artefact reads them; given: (N,) rows with outputs; silent:
    (N,) rows of which nothing may be said; tolerance: the share of its terms that a number may be
    off by.
    """

    artifact: Artifact
    rules: RuleSet | AdditiveRules
    extras: Extras
    rows: Array
    given: NDArray[np.bool_]
    silent: NDArray[np.bool_]
    tolerance: float

    def find_faults(self) -> tuple[str, ...]:
        """A sentence for each kind of column that isn't what the rules say, its first row."""
        inside = self.given & self.rules.domain.contains(self.rows)
        places, asked = np.flatnonzero(inside), set(self.artifact.returned)
        found = list(self._find_loud())
        if not len(places):
            return tuple(found)

        X = self.rows[places]
        if "score" in asked:
            found += self._check_scores(X, places)
        if "lines" in asked:
            found += self._check_lines(X, places)
        if asked & {"contributions", "reasons"}:
            due = explain_rows(self.rules, self.artifact.explained, X)
            found += self._check_explanations(due, X, places)
        return tuple(found)

    def _find_loud(self) -> Iterator[str]:
        """What is said of rows that have no outputs."""
        others = {*self.artifact.outputs, *self.artifact.key, "class", "rule"}
        for name, values in self.extras.items():
            if name in others:
                continue
            for row in np.flatnonzero(self.silent).tolist():
                if not _is_nothing(values[row]):
                    yield f"row {row} has no outputs, and {name} is {values[row]!r}"
                    break

    def _check_scores(self, X: Array, places: NDArray[np.intp]) -> Iterator[str]:
        rules = self.rules
        scores, terms = rules.predict_scores(X), rules.network.magnitude(X)
        for i, name in enumerate(rules.scores):
            if name in rules.outputs and "outputs" in self.artifact.returned:
                continue
            values = _read_numbers(self._column(name), places)
            room = self.tolerance * terms[:, i] + self._error
            yield from _name_first(name, values, scores[:, i], room, places)

    @property
    def _error(self) -> float:
        """What printed scores may be off the rules' own: a network form stands for the network."""
        changed = isinstance(self.rules, RuleSet) and self.artifact.form == "network"
        return 2.0 * self.rules.score_error if changed else 0.0

    def _check_lines(self, X: Array, places: NDArray[np.intp]) -> Iterator[str]:
        """The numbers of lines that apply; at a bound, rounding may say either."""
        rules = self.rules
        if not isinstance(rules, AdditiveRules):
            return
        values = self._column("lines")
        beyond = X @ rules.normals.T - rules.bounds
        room = self.tolerance * (np.abs(X) @ np.abs(rules.normals).T + np.abs(rules.bounds))
        for i, row in enumerate(places.tolist()):
            said = values[row]
            numbers = {int(k) for k in str(said).split(",") if k} if isinstance(said, str) else None
            due = {k + 1 for k in np.flatnonzero(beyond[i] > 0).tolist()}
            near = {k + 1 for k in np.flatnonzero(np.abs(beyond[i]) <= room[i]).tolist()}
            if numbers is None or (numbers ^ due) - near or said != _write_numbers(numbers):
                yield f"row {row}: lines is {said!r} and not {_write_numbers(due)!r}"
                return

    def _check_explanations(
        self, due: DueExplanations, X: Array, places: NDArray[np.intp]
    ) -> Iterator[str]:
        returned = self.artifact.returned
        checks: list[tuple[str, Callable[..., tuple[int, str] | None]]] = [
            ("contributions", self._find_wrong_contribution),
            ("reasons", self._find_wrong_reason),
        ]
        for kind, find in checks:
            if kind not in returned:
                continue
            for i, row in enumerate(places.tolist()):
                wrong = find(due, i, row)
                if wrong is not None and not self._fits_neighbour(find, X[i], row):
                    yield f"row {row}: {wrong[1]}"
                    break

    def _fits_neighbour(self, find: Callable[..., Any], x: Array, row: int) -> bool:
        """Whether the row lies on the boundary to a rule by which it is right: which of them
        applies is for rounding to say.
        """
        rules = self.rules
        if not isinstance(rules, RuleSet):
            return False
        options = ReasonOptions(
            **{k: v for k, v in self.artifact.explained.items() if k != "reference"}
        )
        for rule in rules:
            spaces = [(c.half_space.normal, c.half_space.bound, c.holds) for c in rule.conditions]
            near = all(
                (normal @ x - bound) * (1.0 if holds else -1.0)
                >= -self.tolerance * (np.abs(normal) @ np.abs(x) + abs(bound))
                for normal, bound, holds in spaces
            )
            if near:
                own = explain_by_rules(rules, options, x[None], np.array([rule.number]))
                if find(own, 0, row) is None:
                    return True

        return False

    def _find_wrong_contribution(
        self, due: DueExplanations, i: int, row: int
    ) -> tuple[int, str] | None:
        wanted = due.contributions[i].ravel()
        rooms = np.repeat(due.room[i], len(due.columns)) * self.tolerance
        for k, name in enumerate(due.contribution_names):
            value = _read_number(self._column(name, f"contribution {k}")[row])
            if not abs(value - wanted[k]) <= rooms[k]:
                return k, f"{name} is {value!r} and not {float(wanted[k])!r}"

        return None

    def _find_wrong_reason(self, due: DueExplanations, i: int, row: int) -> tuple[int, str] | None:
        texts, count = due.texts[i], due.reasons.shape[2]
        for k, name in enumerate(due.reason_names):
            v, own = k // count, due.contributions[i, k // count]
            said, which = self._column(name, f"reason {k}")[row], due.reasons[i, v, k % count]
            wanted = None if which < 0 else texts[which]
            if said == wanted or (_is_nothing(said) and wanted is None):
                continue
            room = max(_TIED, self.tolerance) * np.abs(own).max() + due.floors[v]
            size = 0.0 if which < 0 else abs(own[which])
            alike = [0.0] if _is_nothing(said) else np.abs(own[texts == said]).tolist()
            if not any(abs(other - size) <= room for other in alike):
                return k, f"{name} is {said!r} and not {wanted!r}"

        return None

    def _column(self, name: str, place: str = "") -> Sequence[Any]:
        """The values of a column by its name, as the engine spells it, or by its place."""
        for known in (name, name.replace(" & ", "_and_"), place):
            if known in self.extras:
                return self.extras[known]
        raise CheckError(
            f"the artefact gave no column {name!r}; it gave {', '.join(self.extras) or 'none'}"
        )


def list_explained(artifact: Artifact) -> list[str]:
    """What an artefact says beside outputs, class and rule."""
    return [name for name in EXPLAINED if name in artifact.returned]


def _name_first(
    name: str, values: Array, due: Array, room: Array, places: NDArray[np.intp]
) -> Iterator[str]:
    off = ~(np.abs(values - due) <= room)
    if off.any():
        i = int(np.argmax(off))
        yield f"row {places[i]}: {name} is {values[i]:.17g} and not {due[i]:.17g}"


def _write_numbers(numbers: set[int]) -> str:
    return ",".join(map(str, sorted(numbers)))


def _is_nothing(value: Any) -> bool:
    return value is None or value == "" or (isinstance(value, float) and np.isnan(value))


def _read_number(value: Any) -> float:
    return float("nan") if value is None else float(value)


def _read_numbers(values: Sequence[Any], places: NDArray[np.intp]) -> Array:
    return np.array([_read_number(values[row]) for row in places.tolist()])
