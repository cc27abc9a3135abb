"""Two documents with cover and validation, as they are signed: who defaults on a credit card, and
whose income is above 50,000 dollars. One call of `relurules document` each, after one of
`relurules fit`.

Run it with `python examples/signed.py`, or with the names of those wanted and the paths of their
tables: `python examples/signed.py cards=TaiwanCredit_UCI.csv adult=adult.csv.gz`. The tables are
those of UCI, which ship with nothing; one that isn't there is skipped.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pandas as pd
from documents import cards

from relurules.cli.main import run

HERE = Path(__file__).resolve().parent
DATA = HERE.parent.parent / "shared" / "data"
#: What of the fit stands in the folder of a document too.
KEPT = ("rules.json", "fit.json")


class SignedExample(NamedTuple):
    """How a table is read and fitted, whose groups are looked at, and which scores are
    unfavourable.
    """

    file: str
    read: Callable[[Path], pd.DataFrame]
    target: str
    fit: tuple[str, ...]
    groups: tuple[str, ...]
    adverse: str


def read_cards(path: Path) -> pd.DataFrame:
    """The cards with names that say what columns hold, and sexes, grades of schools in words."""
    example = cards(path)
    table = example.table.assign(default=example.classes.map({0: "no", 1: "yes"}))
    table["sex"] = table["sex"].map({1: "male", 2: "female"})
    schools = {1: "graduate school", 2: "university", 3: "high school"}
    table["education"] = table["education"].map(schools).fillna("other")
    return table


def read_adult(path: Path) -> pd.DataFrame:
    """The census without its weights and the names of its own split."""
    table = pd.read_csv(path, na_values="?", skipinitialspace=True)
    return table.drop(columns=["fnlwgt", "split", "education"])


EXAMPLES = {
    "cards": SignedExample(
        "TaiwanCredit_UCI.csv",
        read_cards,
        "default",
        ("--drop", "sex", "--drop", "marriage", "--drop", "education", "--drop", "age"),
        ("sex", "education", "age"),
        "higher",
    ),
    "adult": SignedExample(
        "adult.csv.gz",
        read_adult,
        "income",
        ("--drop", "sex", "--drop", "race", "--drop", "native_country"),
        ("sex", "race", "age"),
        "lower",
    ),
}
#: Fits of resampled rows, a few seconds each.
REFITS = "8"
LINES = ("--form", "additive", "--max-rules", "12", "--max-condition-columns", "1")


@contextmanager
def work_in(folder: Path) -> Iterator[None]:
    """Commands name files without folders, as they are named in the document."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def write(name: str, path: Path, folder: Path) -> None:
    """Fit, write the document, and keep what it is made of."""
    example = EXAMPLES[name]
    with tempfile.TemporaryDirectory() as place, work_in(Path(place)):
        example.read(path).to_csv(f"{name}.csv", index=False)
        shutil.copy(HERE / "about" / f"{name}.toml", "about.toml")
        fit = ["fit", f"{name}.csv", "--target", example.target, *LINES, *example.fit]
        document = ["document", "model/rules.json", "--fit", "model", "--data", f"{name}.csv"]
        groups = [word for column in example.groups for word in ("--groups", column)]
        document += ["--direction", example.adverse, "--refits", REFITS]
        for words in (fit, [*document, "--about", "about.toml", *groups, "--out", "document"]):
            if code := run(words):
                sys.exit(code)
        if folder.exists():
            shutil.rmtree(folder)
        shutil.copytree("document", folder)
        for file in KEPT:
            shutil.copy(Path("model") / file, folder / file)


def main(wanted: dict[str, Path]) -> None:
    """Write those whose tables are there."""
    for name, path in wanted.items():
        if path.is_file():
            write(name, path, HERE / "documents" / f"{name}_signed")
        else:
            print(f"{path} isn't there, so the document of {name} is left as it is")


if __name__ == "__main__":
    given = dict(word.split("=", 1) for word in sys.argv[1:])
    found = {name: DATA / example.file for name, example in EXAMPLES.items()}
    main({n: Path(path).resolve() for n, path in (given or found).items()})
