"""Domain files of the command line."""

from pathlib import Path

import numpy as np
import pytest

import relurules as rr
from relurules.domain.domain_file import read_domain
from relurules.errors import DomainError

TOML = """
where = ["age - 2 * `debt ratio` >= 10"]
[columns]
age = [18, 99]
"debt ratio" = [0, inf]
"""
JSON = (
    '{"where": ["age - 2 * `debt ratio` >= 10"], "columns": {"age": [18, 99], "debt ratio": '
    "[0, null]}}"
)


@pytest.mark.parametrize(("name", "text"), [("d.toml", TOML), ("d.json", JSON)])
def test_file_alone(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    domain = read_domain(tmp_path / name)
    assert domain.names == ("age", "debt ratio")
    assert domain.lower.tolist() == [18.0, 0.0]
    assert domain.upper.tolist() == [99.0, np.inf]
    assert (
        domain.contains(np.array([[20.0, 5.0], [20.0, 5.1], [100.0, 0.0], [20.0, -1.0]])).tolist()
        == [True] + [False] * 3
    )


def test_file_over_the_range_of_data(tmp_path: Path) -> None:
    (tmp_path / "d.toml").write_text("[columns]\nb = [-1, 9]")
    base = rr.Domain.from_data(np.array([[0.0, 1.0, 5.0], [2.0, 3.0, 6.5]])).renamed(
        ["a", "b", "c"]
    )
    domain = read_domain(tmp_path / "d.toml", base)
    assert domain.names == ("a", "b", "c")
    assert (domain.lower.tolist(), domain.upper.tolist()) == ([0.0, -1.0, 5.0], [2.0, 9.0, 6.5])
    assert domain.integer.tolist() == [True, True, False]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("d.yaml", "", "files of type '.yaml'"),
        ("d.toml", "columns = ", "can't be read as TOML"),
        ("d.json", "{", "can't be read as JSON"),
        ("d.json", "[]", "expected columns"),
        ("d.json", '{"columns": {"a": [0, 1], "a": [0, 9]}}', "the key 'a' is there twice"),
        (
            "d.json",
            '{"where": [], "columns": {"a": [0, 1]}, "where": []}',
            "the key 'where' is there twice",
        ),
        ("d.json", "[" * 100_000, "can't be read as JSON"),
        ("d.json", '{"columns": {"a": [0, ' + "9" * 5000 + "]}}", "can't be read as JSON"),
        ("d.json", '{"bounds": {}}', "entry 'bounds'"),
        ("d.json", '{"columns": []}', "must be a table"),
        ("d.json", '{"where": [1]}', "a list of texts"),
        ("d.json", "{}", "names no columns"),
        ("d.json", '{"columns": {"a": 1}}', "columns.a: expected [lower, upper]"),
        ("d.json", '{"columns": {"a": [1, 2, 3]}}', "columns.a: expected [lower, upper]"),
        ("d.json", '{"columns": {"a": [true, 2]}}', "columns.a: expected [lower, upper]"),
        ("d.json", '{"columns": {"a": [3, 2]}}', "hold no number"),
        (
            "d.json",
            '{"columns": {"a": [0, ' + "9" * 400 + "]}}",
            "columns.a: holds a number too large",
        ),
        (
            "d.json",
            '{"columns": {"a": [1, 2]}, "where": ["b <= 1"]}',
            "names 'b', which is no column",
        ),
    ],
)
def test_refuses(tmp_path: Path, name: str, text: str, said: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(DomainError) as raised:
        read_domain(path)
    assert said in str(raised.value)
    assert str(path) in str(raised.value)


def test_refuses_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DomainError, match=r"d\.toml: can't be read: No such file"):
        read_domain(tmp_path / "d.toml")


def test_refuses_a_column_that_the_data_lack(tmp_path: Path) -> None:
    (tmp_path / "d.json").write_text('{"columns": {"z": [0, 1]}}')
    with pytest.raises(DomainError, match="column 'z' is no input; inputs: a, b"):
        read_domain(tmp_path / "d.json", rr.Domain.box([0, 0], [1, 1], ["a", "b"]))


@pytest.mark.parametrize("name", ["a\\u0000b", "\\ud800"])
def test_names_that_no_file_could_hold(tmp_path: Path, name: str) -> None:
    path = tmp_path / "domain.json"
    path.write_text('{"columns": {"%s": [0, 1]}}' % name)  # noqa: UP031  # braces
    with pytest.raises(DomainError, match=r"the column name .* holds"):
        read_domain(path)


def test_files_are_bounded_before_they_are_read(tmp_path: Path) -> None:
    path = tmp_path / "domain.json"
    with path.open("wb") as file:
        file.truncate(2**31)
    with pytest.raises(DomainError, match="it has more than 1073741824 bytes"):
        read_domain(path)
