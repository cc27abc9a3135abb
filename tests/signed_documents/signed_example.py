"""The committed documents with a validation, beside their tables read anew: scores are worked out
from what rules.json says, parts of rows are drawn as docs/validation.md says.
"""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import norm, rankdata
from sklearn.model_selection import train_test_split

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data"
MONTHS = ("Sept", "Aug", "July", "June", "May", "April")
SCHOOLS = {1: "graduate school", 2: "university", 3: "high school"}
PARTS = ("training", "validation", "test")
#: Of estimators that are given the seed 0.
SEED = int(np.random.RandomState(0).randint(2**31 - 1))


def read_cards(path: Path) -> tuple[pd.DataFrame, Any]:
    table = pd.read_csv(path)
    names = {"LIMIT_BAL": "credit limit (NT$)", "SEX": "sex", "AGE": "age"}
    for i, month in enumerate(MONTHS):
        names[f"PAY_{i + (i > 0)}"] = f"months late in {month}"
        names[f"BILL_AMT{i + 1}"] = f"bill of {month} (NT$)"
        names[f"PAY_AMT{i + 1}"] = f"paid in {month} (NT$)"
    table = table.rename(columns=names)
    table["sex"] = table["sex"].map({1: "male", 2: "female"})
    table["education"] = table["EDUCATION"].map(SCHOOLS).fillna("other")
    return table, (table["default.payment.next.month"] == 1).to_numpy()


def read_adult(path: Path) -> tuple[pd.DataFrame, Any]:
    table = pd.read_csv(path, na_values="?", skipinitialspace=True)
    return table, (table["income"] == ">50K").to_numpy()


FILES = {"cards": "TaiwanCredit_UCI.csv", "adult": "adult.csv.gz"}
READERS = {"cards": read_cards, "adult": read_adult}


@dataclass(frozen=True)
class HandScorer:
    """What a file of lines says, without the package. names: of the coordinates."""

    said: dict[str, Any]

    @property
    def names(self) -> list[str]:
        return [one["name"] for one in self.said["features"]]

    def encode(self, table: pd.DataFrame) -> np.ndarray:
        """(N, d): numbers as they are, 1 for the category that a text is in."""
        found = [
            own
            for column in self.said.get("columns", self.said["features"])
            for own in encode_column(table[column["name"]], column.get("categories"))
        ]
        return np.column_stack(found).astype(float)

    def spread(self, coefficients: dict[str, float]) -> np.ndarray:
        return np.array([coefficients.get(name, 0.0) for name in self.names])

    def add(self, X: np.ndarray, only: set[str] | None = None) -> np.ndarray:
        """(N,) the sum of base and lines; of those alone that read some coordinates.

        To ten decimals: rows that score alike are tied, whatever rounding does.
        """
        base = self.said["base"]["score"]
        kept = [name for name in self.names if only is None or name in only]
        own = self.spread({name: base["coefficients"].get(name, 0.0) for name in kept})
        total = X @ own + (base["constant"] if only is None else 0.0)
        for line in self.said["lines"]:
            if only is None or set(line["coefficients"]) <= only:
                beyond = X @ self.spread(line["coefficients"]) - line["above"]
                total = total + line["slopes"]["score"] * np.maximum(beyond, 0.0)
        return np.round(total, 10)

    @property
    def columns(self) -> dict[str, list[str]]:
        """Column -> its coordinates."""
        listed = self.said.get("columns", self.said["features"])
        counts = [len(one.get("categories", [0])) for one in listed]
        ends = np.cumsum(counts)
        return {
            one["name"]: self.names[end - count : end]
            for one, count, end in zip(listed, counts, ends, strict=True)
        }


def encode_column(values: Any, categories: list[dict[str, Any]] | None) -> list[np.ndarray]:
    if categories is None:
        return [values.to_numpy(dtype=float)]
    at = {value: i for i, one in enumerate(categories) for value in one["values"]}
    (missing,) = [i for i, one in enumerate(categories) if one.get("missing")] or [-1]
    (other,) = [i for i, one in enumerate(categories) if one.get("other")] or [-1]
    place = values.map(at).fillna(other).to_numpy(copy=True)
    place[values.isna()] = missing
    return [place == i for i in range(len(categories))]


@dataclass(frozen=True)
class SignedExample:
    """A document's folder, its table of N rows, and which of them came true."""

    name: str
    table: pd.DataFrame
    outcome: np.ndarray

    @property
    def folder(self) -> Path:
        return ROOT / "examples" / "documents" / f"{self.name}_signed"

    @cached_property
    def hand(self) -> HandScorer:
        return HandScorer(self.read_json("rules.json"))

    @cached_property
    def validation(self) -> dict[str, Any]:
        return self.read_json("validation.json")

    @cached_property
    def refits(self) -> list[HandScorer]:
        return [HandScorer(self.read_json(f"refits/{i}.json")) for i in range(1, 9)]

    @cached_property
    def coordinates(self) -> np.ndarray:
        return self.hand.encode(self.table)

    @cached_property
    def score(self) -> np.ndarray:
        """(N,) as the package adds, to ten decimals, so that rows that score alike are tied; that
        this is what rules.json says is a test of its own.
        """
        import relurules as rr

        rules: Any = rr.load(self.folder / "rules.json")
        found = np.empty(len(self.outcome))
        for rows in self.places.values():
            found[rows] = rules.predict_scores(self.table.iloc[rows])[:, 0]
        return np.round(found, 10)

    @cached_property
    def share(self) -> np.ndarray:
        return 1 / (1 + np.exp(-self.score))

    @cached_property
    def places(self) -> dict[str, np.ndarray]:
        """Part -> its rows, as docs/validation.md says that they are drawn."""
        rows = np.arange(len(self.outcome))
        others, test = train_test_split(
            rows, test_size=0.2, random_state=0, stratify=self.outcome.astype(int)
        )
        others = np.sort(others)
        order = np.random.default_rng(SEED).permutation(len(others))
        rank = np.empty(len(order))
        for came in (False, True):
            (at,) = np.nonzero(self.outcome[others[order]] == came)
            rank[at] = (np.arange(len(at)) + 0.5) / len(at)
        order = order[np.argsort(rank, kind="stable")]
        count = round(0.2 * len(order))
        found = others[np.sort(order[count:])], others[np.sort(order[:count])], np.sort(test)
        return dict(zip(PARTS, found, strict=True))

    def read_json(self, file: str) -> Any:
        return json.loads((self.folder / file).read_text(encoding="utf-8"))

    def read_table(self, name: str) -> pd.DataFrame:
        """A table of the folder data, without the apostrophes that keep spreadsheets from
        calculating.
        """
        found = pd.read_csv(self.folder / "data" / f"{name}.csv", keep_default_na=False)
        texts = found.select_dtypes(exclude="number").columns
        for column in texts:
            found[column] = found[column].astype(str).str.removeprefix("'")
        return found


def cut_edges(values: np.ndarray, count: int = 10) -> list[float]:
    """Where bands begin that have about as many values each."""
    ordered, distinct = np.sort(values), np.unique(values)
    if len(distinct) <= count:
        return distinct[1:].tolist()
    cuts = [ordered[-(-k * len(ordered) // count) - 1] for k in range(1, count)]
    edges = {cut for cut in cuts if cut > distinct[0]}
    for cut in cuts:
        if (cuts.count(cut) > 1 or cut == distinct[0]) and cut < distinct[-1]:
            edges.add(distinct[distinct > cut][0])
    return sorted(map(float, edges))


def cut_score_edges(scores: np.ndarray) -> list[float]:
    """Bands of scores, which rounding doesn't part: those that are alike count as the least of
    them, and edges lie half as much below.
    """
    usual = float(np.median(np.abs(scores)))
    alike: list[float] = []
    before = -np.inf
    for score in np.sort(scores).tolist():
        room = 1e-9 * max(usual, min(abs(score), abs(before)))
        alike.append(alike[-1] if alike and score - before <= room else score)
        before = score
    return [edge - 5e-10 * max(usual, abs(edge)) for edge in cut_edges(np.array(alike))]


def read_band(label: str) -> tuple[float, float]:
    """From where to where a label says."""
    text = label.replace(",", "").replace("\u2212", "-").removeprefix("from ")
    if text.endswith(" and above"):
        return float(text.removesuffix(" and above")), np.inf
    low, _, high = text.rpartition("below ")
    return float(low.removesuffix(" to ")) if low else -np.inf, float(high)


def bound_area(score: np.ndarray, came: np.ndarray) -> tuple[float, float, float]:
    """AUC, and its interval by DeLong's variance, from ranks."""
    ranks, count = rankdata(score), came.sum()
    above = (ranks[came] - rankdata(score[came])) / (~came).sum()
    below = 1 - (ranks[~came] - rankdata(score[~came])) / count
    half = norm.ppf(0.975) * np.sqrt(above.var(ddof=1) / count + below.var(ddof=1) / (~came).sum())
    return above.mean(), above.mean() - half, above.mean() + half


def name_categories(example: SignedExample, column: str) -> list[str]:
    """As tables show them."""
    found = []
    for one in next(c for c in example.hand.said["columns"] if c["name"] == column)["categories"]:
        words = ["missing"] * one.get("missing", False)
        words += ["any other value"] * one.get("other", False)
        found.append(" or ".join([*one["values"], *words]))
    return found
