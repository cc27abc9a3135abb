"""Three rule documents, in HTML, Markdown and LaTeX: who defaults on a credit card, by rules of
which one applies and by lines that add up, and which tumours are malignant.

Run it with `python examples/documents.py`, or `make examples`: it trains, extracts and writes
examples/documents. The tumours ship with scikit-learn. The cards are the data set "Default of
Credit Card Clients" of UCI (I-C. Yeh and C. Lien, 2009), which doesn't ship with anything: `python
examples/documents.py TaiwanCredit_UCI.csv`.

documents/card.png, in docs/command-line.md, is a screenshot of a card in Chromium.
"""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import networkx
import numpy as np
import pandas as pd
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

import relurules as rr
from relurules.ir import AdditiveRules, Graph, Head, Network, Neuron, RuleSet
from relurules.ir.provenance import AnyRules

FOLDER = Path(__file__).resolve().parent / "documents"
CARDS = Path(__file__).resolve().parent.parent.parent / "shared" / "data" / "TaiwanCredit_UCI.csv"
MONTHS = ("Sept", "Aug", "July", "June", "May", "April")


#: Where lines of a column may begin: at these shares of its rows.
SHARES = np.linspace(0.05, 0.95, 13)
#: Digits of what a line adds.
DIGITS = 3


class Example(NamedTuple):
    """A table, its classes 0 and 1, what these are called, the title of its document, and how it is
    trained.
    """

    name: str
    title: str
    table: pd.DataFrame
    classes: "pd.Series[Any]"
    outputs: tuple[str, str]
    seed: int
    max_rules: int


def tumours() -> Example:
    """The breast cancer data of scikit-learn: 569 tumours, 30 measurements of their cells."""
    data = load_breast_cancer(as_frame=True)
    malignant = (data.target == 0).astype(int).rename("malignant")
    outputs = ("probability of benign", "probability of malignant")
    return Example(
        "breast_cancer",
        "Is this tumour malignant?",
        data.data,
        malignant,
        outputs,
        seed=7,
        max_rules=4,
    )


def cards(path: Path) -> Example:
    """30,000 credit cards in Taiwan, 2005; names say what columns hold, amounts are in New Taiwan
    dollars.
    """
    table = pd.read_csv(path).drop(columns="ID")
    names = {
        "LIMIT_BAL": "credit limit (NT$)",
        "SEX": "sex",
        "EDUCATION": "education",
        "MARRIAGE": "marriage",
    }
    names |= {"AGE": "age", "default.payment.next.month": "default"}
    for i, month in enumerate(MONTHS):
        names[f"PAY_{i + (i > 0)}"] = f"months late in {month}"
        names[f"BILL_AMT{i + 1}"] = f"bill of {month} (NT$)"
        names[f"PAY_AMT{i + 1}"] = f"paid in {month} (NT$)"
    table = table.rename(columns=names)
    classes = table.pop("default")
    title = "Will this credit card bill be paid next month?"
    outputs = ("probability of payment", "probability of default")
    return Example("credit", title, table, classes, outputs, seed=0, max_rules=8)


def split(example: Example) -> tuple["np.ndarray[Any, Any]", "np.ndarray[Any, Any]"]:
    """Rows to train on, and rows held back."""
    rows = np.arange(len(example.table))
    held = 0.3 if len(rows) < 1000 else 0.2
    train, test = train_test_split(
        rows, test_size=held, random_state=example.seed, stratify=example.classes
    )
    return train, test


def extract_rules(example: Example) -> RuleSet:
    """Train on most rows, extract over the range of all, measure on those held back."""
    train, test = split(example)
    model = rr.ReLURulesClassifier(
        max_rules=example.max_rules, max_terms=5, max_condition_terms=1, random_state=example.seed
    )
    model.fit(example.table.iloc[train], example.classes.iloc[train])
    graph = replace(model.graph_, outputs=example.outputs)
    domain = rr.Domain.from_data(example.table)
    rules: RuleSet = rr.extract(
        graph, domain=domain, data=example.table.iloc[test], y=example.classes.iloc[test]
    )
    return replace(rules, provenance=replace(rules.provenance, model="ReLURulesClassifier"))


def extract_lines(example: Example, count: int) -> AdditiveRules:
    """The same of so many lines of one column each."""
    train, test = split(example)
    network = choose_lines(example.table.iloc[train], example.classes.iloc[train], count)
    heads = (Head("complement", (0,)), Head("sigmoid", (0,)))
    names = tuple(example.table.columns)
    graph = Graph(names, example.outputs, network, networkx.DiGraph(), heads=heads)
    rules: AdditiveRules = rr.extract(
        graph,
        domain=rr.Domain.from_data(example.table),
        data=example.table.iloc[test],
        y=example.classes.iloc[test],
        form="additive",
    )
    return replace(rules, provenance=replace(rules.provenance, model="logistic regression"))


def choose_lines(table: pd.DataFrame, classes: "pd.Series[Any]", count: int) -> Network:
    """Logistic regression on columns and on lines that begin at quantiles: one more at a time, the
    one that tells most of what is left; one hidden layer, a neuron per line.
    """
    at = [(j, t) for j in range(table.shape[1]) for t in list_starts(table.iloc[:, j])]
    columns, starts = np.array([j for j, _ in at]), np.array([t for _, t in at])
    lines = np.maximum(0.0, table.to_numpy(dtype=float)[:, columns] - starts)
    spread = lines.std(axis=0)
    scaled = lines / spread

    chosen, shares = list[int](), np.full(len(table), classes.mean())
    bent = starts > table.to_numpy(dtype=float).min(axis=0)[columns]
    while bent[chosen].sum() < count:
        chosen.append(find_best_line(scaled, classes.to_numpy() - shares, shares, chosen))
        fit = LogisticRegression(C=100.0, max_iter=2000).fit(scaled[:, chosen], classes)
        shares = fit.predict_proba(scaled[:, chosen])[:, 1]

    at_all = np.array(chosen)
    slopes = np.array([float(f"{s:.{DIGITS}g}") for s in fit.coef_[0] / spread[at_all]])
    straight, lined, unit = at_all[~bent[at_all]], at_all[bent[at_all]], np.eye(table.shape[1])
    own = slopes[~bent[at_all]]
    return Network(
        A=unit[columns[lined]], L=np.zeros((count, count)), b=-starts[lined],
        C=(own @ unit[columns[straight]])[None], U=slopes[bent[at_all]][None],
        c=np.round(fit.intercept_ - own @ starts[straight], DIGITS),
        slope=np.zeros(count), neurons=tuple(Neuron("lines", i + 1) for i in range(count)),
    )  # fmt: skip


def find_best_line(
    lines: "np.ndarray[Any, Any]",
    left: "np.ndarray[Any, Any]",
    shares: "np.ndarray[Any, Any]",
    chosen: list[int],
) -> int:
    """The line, of (N, K), that lowers the log loss most, to second order, once those chosen have
    been taken out of it. left: (N,) what is observed less its share; shares: (N,).
    """
    weights = np.sqrt(shares * (1.0 - shares))
    basis, _ = np.linalg.qr(np.column_stack([weights, lines[:, chosen] * weights[:, None]]))
    rest = lines * weights[:, None]
    rest -= basis @ (basis.T @ rest)
    sizes = (rest**2).sum(axis=0)
    gains = (rest.T @ (left / weights)) ** 2 / np.maximum(sizes, 1e-6 * len(lines))
    gains[chosen] = 0.0
    return int(np.argmax(gains))


def list_starts(values: "pd.Series[Any]") -> list[float]:
    """Where lines of a column may begin: its least value, and quantiles, rounded to two digits."""
    quantiles = {float(f"{value:.2g}") for value in values.quantile(SHARES)}
    least = float(values.min())
    return [least, *sorted(value for value in quantiles if least < value < values.max())]


def write(rules: AnyRules, title: str, folder: Path) -> None:
    """The rules, and their documents; prints what was measured."""
    rules.save(folder / "rules.json")
    for target in ("html", "markdown", "latex"):
        rr.emit(rules, target, title=title).write(folder)

    measured = {} if rules.evidence is None else rules.evidence.metrics
    said = ", ".join(f"{metric} {value:.4g}" for metric, value in measured.items())
    kind = "lines" if isinstance(rules, AdditiveRules) else "rules"
    print(f"{folder.name}: {len(rules)} {kind}; on rows held back: {said}")


def main(path: Path, folder: Path) -> None:
    """Write all documents; without the cards' table, the tumours' alone."""
    found = [tumours(), *([cards(path)] if path.is_file() else [])]
    for example in found:
        write(extract_rules(example), example.title, folder / example.name)
        if example.name == "credit":
            write(extract_lines(example, 16), example.title, folder / "credit_lines")
    if len(found) < 2:
        print(f"{path} isn't there, so the documents of the credit cards are left as they are")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else CARDS, FOLDER)
