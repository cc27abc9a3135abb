"""What is to be drawn: rules, rows, and which of their columns."""

from dataclasses import dataclass
from typing import Any

from relurules.errors import DataError, UnsupportedError
from relurules.explaining import sample_rows
from relurules.explaining.coefficients import measure_importance
from relurules.explaining.score_view import (
    Feature,
    RowSpread,
    find_feature,
    list_features,
    measure_spread,
    read_spread,
)
from relurules.ir import AdditiveRules, Reached, RuleSet
from relurules.ir.local_models import LocalModels, Sample
from relurules.reasons.score_choice import ScoreView, choose_view
from relurules.statistics.response import Response, read_response
from relurules.tables.table import DataTable


@dataclass(frozen=True)
class PlotRequest:
    """What is to be drawn; the arguments of `plotting.plot`."""

    rules: RuleSet | Reached | AdditiveRules
    data: DataTable | None = None
    y: Any = None
    features: tuple[str, ...] = ()
    output: str | None = None
    top: int | None = None
    rule: int | None = None
    row: Any = None
    centred: bool = True

    @property
    def models(self) -> LocalModels:
        """The local models."""
        return self.local_rules().local_models

    @property
    def view(self) -> ScoreView:
        """The score that is looked at."""
        return choose_view(self.models, self.output)

    def sample(self) -> Sample:
        """The rows that have a model; DataError without data."""
        return self._rows()[0]

    def judged(self) -> tuple[Sample, Response]:
        """Rows and their true values; DataError where either isn't given."""
        sample, inside = self._rows()
        if self.y is None:
            raise DataError("this plot needs the true values of the rows: y, or --target COLUMN")
        return sample, read_response(self.models, self.y, len(inside)).part(inside)

    def _rows(self) -> tuple[Sample, Any]:
        return sample_rows(self.local_rules(), self.data)

    def spread(self) -> RowSpread:
        """Of the rows given, or of those that the rules have kept figures of."""
        if (
            self.data is None
            and isinstance(self.rules, RuleSet)
            and self.rules.evidence is not None
        ):
            return read_spread(self.rules.evidence)
        return measure_spread(self.sample())

    def columns(self, count: int) -> list[Feature]:
        """The columns named, or as many of the most important ones."""
        if self.features and len(self.features) != count:
            raise DataError(
                f"this plot is of {count} column{'s' * (count > 1)}, found "
                f"{', '.join(self.features)}"
            )

        found = list_features(self.models)
        names = (
            self.features or measure_importance(self.models, self.view, self.spread(), count).names
        )
        if len(names) < count:
            raise DataError(f"this plot needs {count} columns, and there is {len(names)}")
        return [find_feature(found, name) for name in names]

    def local_rules(self) -> RuleSet | Reached:
        """What has local models; UnsupportedError for additive rules, which have none."""
        if isinstance(self.rules, AdditiveRules):
            raise UnsupportedError("this plot is of local models; found additive rules")
        return self.rules

    def only_rules(self) -> RuleSet:
        """The rules; UnsupportedError for local models that were found by rows."""
        if not isinstance(self.rules, RuleSet):
            raise UnsupportedError(
                "this plot is of rules, which tell their regions; found local models of rows"
            )
        return self.rules
