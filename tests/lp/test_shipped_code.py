"""Machine code that comes with a wheel: which processors run it, and how it is found and read."""

import platform
import sys
from pathlib import Path

import llvmlite.binding
import pytest

from relurules.lp import shipped_code
from relurules.lp.machine_code import CodeStore
from relurules.lp.shipped_code import (
    BASELINES,
    find_baseline,
    find_shipped_folder,
    name_machine_folder,
)


@pytest.mark.parametrize("machine", ["x86_64", "AMD64"])
def test_a_processor_must_have_all_that_its_baseline_has(
    monkeypatch: pytest.MonkeyPatch, machine: str
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: machine)
    baseline = BASELINES[machine]
    whole = dict.fromkeys(baseline.needs, True)
    assert find_baseline({**whole, "avx512f": False}) == baseline
    for need in baseline.needs:
        assert find_baseline({**whole, need: False}) is None
        assert find_baseline({name: True for name in whole if name != need}) is None


def test_other_machines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    found = find_baseline({})
    assert found is not None
    assert found.name == "generic"
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    assert find_baseline({"avx2": True}) is None


def test_code_that_the_processor_does_not_run_is_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(shipped_code, "SHIPPED", tmp_path)
    assert find_shipped_folder("abc") is None
    folder = tmp_path / name_machine_folder("abc")
    folder.mkdir()
    monkeypatch.setattr(llvmlite.binding, "get_host_cpu_features", dict)
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(shipped_code, "name_machine_folder", lambda digest: folder.name)
    assert find_shipped_folder("abc") is None
    needs = dict.fromkeys(BASELINES["x86_64"].needs, True)
    monkeypatch.setattr(llvmlite.binding, "get_host_cpu_features", lambda: needs)
    assert find_shipped_folder("abc") == folder


def test_a_folder_tells_systems_and_machines_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "arm64")
    monkeypatch.setattr(sys, "platform", "darwin")
    assert name_machine_folder("abc") == "abc-darwin-arm64"


def test_code_of_the_package_is_read_and_left_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    CodeStore(tmp_path / "package").write("engine.advance-1", "shipped")
    store = CodeStore(tmp_path / "user", tmp_path / "package")
    assert store.has("engine.advance")
    assert not CodeStore(tmp_path / "user").has("engine.advance")
    assert store.read("engine.advance-1") is None
    assert store.read_shipped("engine.advance-1") == "shipped"
    assert store.read_shipped("engine.advance-2") is None
    assert CodeStore(None, tmp_path / "package").read_shipped("engine.advance-1") == "shipped"
    assert CodeStore(tmp_path / "user").read_shipped("engine.advance-1") is None

    store.write("engine.advance-1", "own")
    assert (store.read("engine.advance-1"), store.read_shipped("engine.advance-1")) == (
        "own",
        "shipped",
    )
    assert not caplog.records


def test_damaged_code_of_the_package_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "engine.advance-1.code").write_bytes(b"random")
    store = CodeStore(None, tmp_path)
    assert store.read_shipped("engine.advance-1") is None
    (said,) = caplog.records
    assert f"{tmp_path / 'engine.advance-1.code'}: machine code that is damaged" in said.message


def test_it_lies_in_the_package() -> None:
    assert shipped_code.SHIPPED.parent == Path(shipped_code.__file__).parent.parent
