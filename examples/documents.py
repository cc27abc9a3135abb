"""Four rule documents, in HTML, Markdown and LaTeX: who defaults on a credit card, and which
tumours are malignant, each by rules of which one applies and by lines that add up. The lines of
the tumours are those of `make demo`.

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

import numpy as np
import pandas as pd
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split

import relurules as rr
from relurules.cli import demo_run
from relurules.ir import AdditiveRules, RuleSet
from relurules.ir.provenance import AnyRules

FOLDER = Path(__file__).resolve().parent / "documents"
CARDS = Path(__file__).resolve().parent.parent.parent / "shared" / "data" / "TaiwanCredit_UCI.csv"
MONTHS = ("Sept", "Aug", "July", "June", "May", "April")
#: The column of classes, in tables that lines are fitted to.
TARGET = "class"
#: So many columns are a page of lines.
MOST_COLUMNS = 8


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


def fit_lines(example: Example, count: int) -> AdditiveRules:
    """So many lines of one column each, fitted to the same rows, measured on those held back."""
    train, test = split(example)
    table = example.table.iloc[train].assign(**{TARGET: example.classes.iloc[train]})
    fitted = rr.fit(
        table, TARGET, form="additive", max_rules=count, max_columns=MOST_COLUMNS,
        max_condition_columns=1, seed=example.seed,
    )  # fmt: skip
    rules = replace(fitted.rules, outputs=example.outputs)
    rows, classes = example.table.iloc[test], example.classes.iloc[test]
    return rr.extract(rules, data=rows, y=classes, form="additive")


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
    lines = demo_run.fit_lines(demo_run.load_data(seed=0), seed=0).rules
    write(lines, "Is this tumour malignant?", folder / "demo_lines")
    found = [tumours(), *([cards(path)] if path.is_file() else [])]
    for example in found:
        write(extract_rules(example), example.title, folder / example.name)
        if example.name == "credit":
            write(fit_lines(example, 16), example.title, folder / "credit_lines")
    if len(found) < 2:
        print(f"{path} isn't there, so the documents of the credit cards are left as they are")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else CARDS, FOLDER)
