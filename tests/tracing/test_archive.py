"""Files of strangers: whatever a .pt2 file holds, it is refused in words and nothing in it is
executed.
"""

import io
import json
import pickle
import subprocess
import sys
import warnings
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import relurules as rr
from relurules.errors import ModelError, RelurulesError
from relurules.tracing.pt2 import archive as archive_module

Members = dict[str, bytes]


class Payload:
    """Unpickling this creates a file."""

    def __init__(self, sign: Path) -> None:
        self.sign = sign

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str]]:
        return exec, (f"open({str(self.sign)!r}, 'w').close()",)


def touching(sign: Path) -> str:
    """An expression that creates a file."""
    return f"__import__('pathlib').Path({str(sign)!r}).touch()"


@pytest.fixture(scope="module")
def members(tmp_path_factory: pytest.TempPathFactory) -> Members:
    """What a good archive holds, by name."""
    path = tmp_path_factory.mktemp("good") / "model.pt2"
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 1))
    torch.export.save(
        torch.export.export(
            module, (torch.zeros(2, 3),), dynamic_shapes=({0: torch.export.Dim.DYNAMIC},)
        ),
        path,
    )
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write(
    path: Path, members: Mapping[str, bytes], more: list[tuple[str, bytes]] | None = None
) -> Path:
    with warnings.catch_warnings(), zipfile.ZipFile(path, "w") as archive:
        warnings.simplefilter("ignore")  # a name twice is the point of one test
        for name, content in [*members.items(), *(more or [])]:
            archive.writestr(name, content)
    return path


def named(members: Members, end: str) -> str:
    (name,) = [name for name in members if name.endswith(end)]
    return name


def edited(members: Members, end: str, edit: Callable[[Any], None]) -> Members:
    name = named(members, end)
    content = json.loads(members[name])
    edit(content)
    return {**members, name: json.dumps(content).encode()}


def refuse(path: Path, sign: Path) -> str:
    """The message of the refusal; first of all, nothing was executed."""
    message = ""
    try:
        rr.trace(path).evaluate([[1.0, 2.0, 3.0]])
    except RelurulesError as error:
        message = str(error)
    finally:
        assert not sign.exists(), "code from the file was executed"
    return message


def test_the_good_archive_is_read(members: Members, tmp_path: Path) -> None:
    assert len(rr.trace(write(tmp_path / "model.pt2", members)).network) == 4


def test_pickled_weights(members: Members, tmp_path: Path) -> None:
    def edit(config: Any) -> None:
        config["config"]["0.weight"]["use_pickle"] = True

    sign = tmp_path / "sign"
    changed = edited(members, "weights_config.json", edit)
    changed[named(members, "weights/weight_0")] = pickle.dumps(Payload(sign))
    assert "holds pickled weights" in refuse(write(tmp_path / "model.pt2", changed), sign)


def test_pickled_sample_inputs(members: Members, tmp_path: Path) -> None:
    sign = tmp_path / "sign"
    torch.save(Payload(sign), tmp_path / "inputs.pt")
    changed = {
        **members,
        named(members, "sample_inputs/model.pt"): (tmp_path / "inputs.pt").read_bytes(),
    }
    assert "holds pickled objects" in refuse(write(tmp_path / "model.pt2", changed), sign)


@pytest.mark.parametrize("legacy", ["data/weights/model.pt", "data/constants/model.pt"])
def test_pickled_tensors_of_the_old_format(legacy: str, members: Members, tmp_path: Path) -> None:
    sign = tmp_path / "sign"
    torch.save(Payload(sign), tmp_path / "tensors.pt")
    root = next(iter(members)).split("/")[0]
    changed = {**members, f"{root}/{legacy}": (tmp_path / "tensors.pt").read_bytes()}
    assert "holds pickled objects" in refuse(write(tmp_path / "model.pt2", changed), sign)


@pytest.mark.parametrize("kind", ["opaque_obj_0", "custom_obj_0"])
@pytest.mark.parametrize("declared", [True, False])
def test_pickled_constants(declared: bool, kind: str, members: Members, tmp_path: Path) -> None:
    sign = tmp_path / "sign"
    content = pickle.dumps(Payload(sign))
    content += b"\0" * (-len(content) % 4)  # so that it may pass for a tensor of float32
    meta = json.loads(members[named(members, "weights_config.json")])["config"]["0.bias"][
        "tensor_meta"
    ]
    meta["sizes"], meta["strides"] = [{"as_int": len(content) // 4}], [{"as_int": 1}]
    entry = {"path_name": kind, "is_param": False, "use_pickle": declared, "tensor_meta": meta}
    changed = edited(
        members, "constants_config.json", lambda config: config["config"].update(k=entry)
    )
    root = next(iter(members)).split("/")[0]
    changed[f"{root}/data/constants/{kind}"] = content
    assert refuse(write(tmp_path / "model.pt2", changed), sign)


def test_expression_that_calls(members: Members, tmp_path: Path) -> None:
    sign = tmp_path / "sign"

    def edit(model: Any) -> None:
        model["graph_module"]["graph"]["tensor_values"]["input"]["sizes"][0]["as_expr"][
            "expr_str"
        ] = touching(sign)

    message = refuse(
        write(tmp_path / "model.pt2", edited(members, "models/model.json", edit)), sign
    )
    assert "which is no arithmetic of sizes" in message


def test_expression_in_a_member_of_another_name(members: Members, tmp_path: Path) -> None:
    sign = tmp_path / "sign"
    name = named(members, "models/model.json")
    content = members[name].decode().replace("Symbol('s", f"{touching(sign)} or Symbol('s")
    changed = {key: value for key, value in members.items() if key != name}
    changed[name.replace(".json", ".jsox")] = content.encode()
    refuse(write(tmp_path / "model.pt2", changed), sign)


def test_guards_that_call(members: Members, tmp_path: Path) -> None:
    sign = tmp_path / "sign"
    changed = edited(
        members, "models/model.json", lambda model: model.update(guards_code=[touching(sign)])
    )
    refuse(write(tmp_path / "model.pt2", changed), sign)


def test_name_of_an_input_that_calls(members: Members, tmp_path: Path) -> None:
    sign = tmp_path / "sign"
    evil = f"input={touching(sign)}"

    def edit(model: Any) -> None:
        graph, signature = (model["graph_module"][part] for part in ("graph", "signature"))
        graph["inputs"][-1]["as_tensor"]["name"] = evil
        graph["nodes"][0]["inputs"][0]["arg"]["as_tensor"]["name"] = evil
        graph["tensor_values"][evil] = graph["tensor_values"].pop("input")
        signature["input_specs"][-1]["user_input"]["arg"]["as_tensor"]["name"] = evil

    assert refuse(write(tmp_path / "model.pt2", edited(members, "models/model.json", edit)), sign)


def test_name_of_a_node_that_calls(members: Members, tmp_path: Path) -> None:
    sign = tmp_path / "sign"
    content = (
        members[named(members, "models/model.json")]
        .decode()
        .replace('"relu"', json.dumps(f"relu={touching(sign)}"))
    )
    refuse(
        write(
            tmp_path / "model.pt2",
            {**members, named(members, "models/model.json"): content.encode()},
        ),
        sign,
    )


def test_operator_that_is_no_operator(members: Members, tmp_path: Path) -> None:
    sign = tmp_path / "sign"

    def edit(model: Any) -> None:
        model["graph_module"]["graph"]["nodes"][1]["target"] = "torch.serialization.os.system"

    assert refuse(write(tmp_path / "model.pt2", edited(members, "models/model.json", edit)), sign)


@pytest.mark.parametrize("last", ["bad", "good"])
def test_a_member_twice(last: str, members: Members, tmp_path: Path) -> None:
    """Readers of zip files don't agree which of two members of one name is meant."""
    sign = tmp_path / "sign"
    bad = edited(
        members,
        "weights_config.json",
        lambda config: config["config"]["0.weight"].update(use_pickle=True),
    )
    bad[named(members, "weights/weight_0")] = pickle.dumps(Payload(sign))
    first, second = (members, bad) if last == "bad" else (bad, members)
    refuse(write(tmp_path / "model.pt2", first, list(second.items())), sign)


def test_expression_of_many_digits_is_read_at_once(members: Members, tmp_path: Path) -> None:
    def edit(model: Any) -> None:
        model["graph_module"]["graph"]["tensor_values"]["input"]["sizes"][0]["as_expr"][
            "expr_str"
        ] = "1" * 60 + "!"

    path = write(tmp_path / "model.pt2", edited(members, "models/model.json", edit))
    code = (
        "import sys, relurules as rr\ntry: rr.trace(sys.argv[1])\nexcept rr.RelurulesError as "
        "error: print(error)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, str(path)],
        capture_output=True,
        text=True,
        check=True,
        # if digits were tried in all ways, this would take longer than the universe is old
        timeout=600,
        cwd=Path(__file__).resolve().parents[2],
    )
    assert "which is no arithmetic of sizes" in ended.stdout


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "can't be read as a torch.export archive"),
        (b"\x93NUMPY random bytes \x00\xff" * 50, "can't be read as a torch.export archive"),
        (b"PK\x03\x04", "can't be read as a torch.export archive"),
    ],
    ids=["empty", "random", "start of a zip"],
)
def test_what_is_no_archive(content: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "model.pt2"
    path.write_bytes(content)
    with pytest.raises(ModelError) as raised:
        rr.trace(path)
    assert said in str(raised.value)
    assert str(path) in str(raised.value)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_a_truncated_archive(share: float, members: Members, tmp_path: Path) -> None:
    path = write(tmp_path / "model.pt2", members)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(ModelError, match=r"model\.pt2: can't be read as a torch\.export archive"):
        rr.trace(path)


@pytest.mark.parametrize(
    "end", ["models/model.json", "weights_config.json", "weights/weight_0", "archive_format"]
)
def test_an_archive_without_a_member(end: str, members: Members, tmp_path: Path) -> None:
    missing = named(members, end)
    changed = {name: content for name, content in members.items() if name != missing}
    with pytest.raises(ModelError, match=r"can't be read as a torch\.export archive"):
        rr.trace(write(tmp_path / "model.pt2", changed))


def test_an_archive_of_something_else(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"can't be read as a torch\.export archive"):
        rr.trace(write(tmp_path / "model.pt2", {"word/document.xml": b"<xml/>"}))


@pytest.mark.parametrize("zipped", [True, False])
def test_a_pickle_under_another_name(zipped: bool, tmp_path: Path) -> None:
    sign, path = tmp_path / "sign", tmp_path / "model.pt2"
    if zipped:
        torch.save(Payload(sign), path)
    else:
        path.write_bytes(pickle.dumps(Payload(sign)))
    assert "can't be read as a torch.export archive" in refuse(path, sign)


def test_files_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"missing\.pt2: no such file"):
        rr.trace(tmp_path / "missing.pt2")
    (tmp_path / "folder.pt2").mkdir()
    with pytest.raises(ModelError, match=r"folder\.pt2"):
        rr.trace(tmp_path / "folder.pt2")


def test_weights_in_a_file_are_checked_too(tmp_path: Path) -> None:
    module = nn.Linear(3, 1)
    with torch.no_grad():
        module.weight[0, 1] = float("nan")
    path = tmp_path / "model.pt2"
    torch.export.save(
        torch.export.export(
            module, (torch.zeros(2, 3),), dynamic_shapes=({0: torch.export.Dim.DYNAMIC},)
        ),
        path,
    )
    with pytest.raises(ModelError, match=r"weight\[0, 1\] is nan"):
        rr.trace(path)


@pytest.mark.parametrize("end", ["weight_0", "model.json", "serialization_id"])
def test_members_that_grow_as_they_are_read(end: str, members: Members, tmp_path: Path) -> None:
    """Two gigabytes of zeros are two megabytes in a zip file; nothing of it is unpacked."""
    path = tmp_path / "model.pt2"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            kind = zipfile.ZIP_DEFLATED if name.endswith(end) else zipfile.ZIP_STORED
            archive.writestr(name, bytes(2**24) if name.endswith(end) else content, kind)
    with pytest.raises(
        ModelError,
        match=rf"{end}' is compressed, to \d+ of 16777216 bytes; supported: members stored",
    ):
        rr.trace(path)


def test_a_compressed_pickle_inside(members: Members, tmp_path: Path) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data/0", bytes(2**20))
    path = write(
        tmp_path / "model.pt2",
        {**members, named(members, "sample_inputs/model.pt"): inner.getvalue()},
    )
    with pytest.raises(ModelError, match=r"'archive/data/0' is compressed"):
        rr.trace(path)


def test_members_that_overlap(members: Members, tmp_path: Path) -> None:
    """Many entries of a zip file's directory may tell of the same bytes."""
    path = write(tmp_path / "model.pt2", members)
    name = named(members, "weights/weight_0")
    with zipfile.ZipFile(path, "a") as archive:
        for i in range(10_000):
            copy = zipfile.ZipInfo(name.replace("weight_0", f"weight_{100 + i}"))
            first = archive.getinfo(named(members, "models/model.json"))
            copy.header_offset, copy.CRC = first.header_offset, first.CRC
            copy.file_size = copy.compress_size = first.file_size
            archive.filelist.append(copy)
            archive.NameToInfo[copy.filename] = copy
        archive._didModify = True
    with pytest.raises(ModelError, match="its members take more bytes than the file has"):
        rr.trace(path)


def test_sizes_are_bounded_before_the_file_is_read(members: Members, tmp_path: Path) -> None:
    path = tmp_path / "model.pt2"
    with path.open("wb") as file:
        file.truncate(2**31)
    with pytest.raises(ModelError, match="has 2147483648 bytes; supported: less than 2147483648"):
        rr.trace(path)
    path.unlink()
    path.symlink_to("/dev/zero")
    with pytest.raises(ModelError, match="it is a folder or a device; expected a file"):
        rr.trace(path)


def test_json_is_bounded_too(
    members: Members, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive_module, "_LARGEST_JSON", 1000)
    with pytest.raises(ModelError, match=r"config.json has \d+ bytes; supported: up to 1000"):
        rr.trace(write(tmp_path / "model.pt2", members))
