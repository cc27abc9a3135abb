"""Texts that a spreadsheet would take for formulas."""

import pandas as pd

from relurules.tables.spreadsheet_text import format_guarded_csv


def test_neither_names_nor_texts_become_formulas() -> None:
    table = pd.DataFrame(
        {"=cmd|x": ["=1+1", "-2", "a"], "@b": [-0.5, 1e-300, None], "c": [1, 2, 3]}
    )
    assert format_guarded_csv(table) == "'=cmd|x,'@b,c\n'=1+1,-0.5,1\n-2,1e-300,2\na,,3\n"
    assert table.columns[0] == "=cmd|x"
