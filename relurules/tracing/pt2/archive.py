"""Checks torch.export archives (.pt2) from strangers, without torch.

torch.export.load trusts its file: it unpickles parts of it, hands size expressions to sympy, which
evaluates them, and puts names into generated Python. So the whole archive is checked first, against
what a plain archive holds; anything else is refused.
"""

import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from relurules.errors import ModelError
from relurules.tracing.model_file import read_model

#: The members of an archive of plain tensors, below its root folder.
_MEMBER = re.compile(
    r"archive_format|archive_version|byteorder|version|\.data/(version|serialization_id)|models/\w+\.json"
    r"|data/weights/(\w+_weights_config\.json|weight_\d+)|data/constants/(\w+_constants_config\.json|tensor_\d+)"
    r"|data/sample_inputs/\w+\.pt",
    re.ASCII,
)
#: The most bytes that an archive, and a member of JSON in it, may have.
_LARGEST_FILE, _LARGEST_JSON = 2**31, 2**27
#: Names and operators; nothing that could be a call once it stands in Python code.
_PLAIN = re.compile(r"[\w.+-]*", re.ASCII)
_OPERATOR = re.compile(r"torch\.ops\.\w+\.\w+\.\w+|_operator\.\w+", re.ASCII)
#: What an expression over sizes may hold, as sympy prints it: integers, size symbols, sums,
#: products, extremes.
_SIZE_TOKEN = re.compile(
    r"Symbol\('[su]\d+'(?:, "
    r"(?:positive|nonnegative|integer)=True)*\)|Integer|Add|Mul|Max|Min|[su]?\d+"
    r"|\*(?!\*)|[-+/ ,()]"
)
#: Text that torch only keeps for its own messages.
_REMARKS = frozenset({"stack_trace", "nn_module_stack", "torch_fn"})
_CONTAINERS = frozenset({None, "builtins.tuple", "builtins.list", "builtins.dict"})


def read_archive(path: Path) -> bytes:
    """The bytes of a file, which may not be too large."""
    return read_model(path, _LARGEST_FILE)


def check_uncompressed(path: Path, archive: zipfile.ZipFile, size: int) -> None:
    """Refuse what would grow as it is read: torch stores its members as they are, so none is larger
    than the file.
    """
    members = archive.infolist()
    for member in members:
        if member.compress_type != zipfile.ZIP_STORED:
            raise ModelError(
                f"{path}: {member.filename!r} is compressed, to {member.compress_size} of "
                f"{member.file_size} bytes; "
                "supported: members stored as they are, as torch.export.save writes them"
            )

    if sum(member.file_size for member in members) > size:
        raise ModelError(
            f"{path}: its members take more bytes than the file has, so some overlap; save it again"
        )


def check_members(
    path: Path, content: bytes, check_pickle: Callable[[Path, str, bytes], None]
) -> None:
    """Refuse what isn't as in an archive of plain tensors; check_pickle: is given the path, name
    and bytes of every pickle.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        check_uncompressed(path, archive, len(content))
        names = archive.namelist()
        if len({name.lower() for name in names}) != len(names):
            raise ModelError(
                f"{path}: holds a member twice, and readers don't agree which one counts"
            )

        for name in names:
            _, _, inner = name.partition("/")
            member = archive.read(name)
            if inner.endswith(".pt"):
                check_pickle(path, inner, member)

            if not _MEMBER.fullmatch(inner):
                raise ModelError(
                    f"{path}: can't be read as a torch.export archive of plain tensors: it holds "
                    f"{name!r}, which may be pickled and could run code"
                )

            if inner.endswith(".json"):
                if len(member) > _LARGEST_JSON:
                    raise ModelError(
                        f"{path}: {name} has {len(member)} bytes; supported: up to {_LARGEST_JSON}"
                    )
                _check_json(path, inner, json.loads(member))


def _check_json(path: Path, name: str, content: Any) -> None:
    for key, value in _walk_entries("", content):
        check = _CHECKS.get(key)
        if key == "use_pickle" and value:
            raise ModelError(
                f"{path}: {name} holds pickled weights, which could run code; save plain tensors"
            )
        if check is not None and not check(value):
            raise ModelError(
                f"{path}: {name} holds the expression {value!r}, which is no arithmetic of sizes"
            )
        if (
            check is None
            and key not in _REMARKS
            and isinstance(value, str)
            and not _PLAIN.fullmatch(value)
        ):
            raise ModelError(
                f"{path}: {name} holds {value[:80]!r} as {key or 'a name'!r}; expected a plain name"
            )
        if key == "path_name" and not re.fullmatch(r"(weight|tensor)_\d+", str(value)):
            raise ModelError(
                f"{path}: {name} refers to {value!r}, which may be pickled and could run code"
            )
        if key == "target" and not _OPERATOR.fullmatch(str(value)):
            raise ModelError(f"{path}: {name} calls {value!r}, which is no operator of torch")


def _walk_entries(key: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Every value with the key it stands under; keys themselves come under the key ""."""
    yield key, value
    if isinstance(value, dict):
        for inner, item in value.items():
            yield "", inner
            yield from _walk_entries(inner, item)
    elif isinstance(value, list):
        for item in value:
            yield from _walk_entries(key, item)


def _is_size(value: Any) -> bool:
    return isinstance(value, str) and len(value) < 500 and not _SIZE_TOKEN.sub("", value)


def _is_structure(value: Any) -> bool:
    """A tree of tuples, lists and dicts, as torch.utils._pytree writes it."""
    entries = list(_walk_entries("", json.loads(value)))
    types = {item for key, item in entries if key == "type"}
    return types <= _CONTAINERS and all(
        _PLAIN.fullmatch(i) for k, i in entries if isinstance(i, str) and k != "context"
    )


#: Keys whose text has a form of its own. Guards are dropped after loading.
_CHECKS: dict[str, Callable[[Any], bool]] = {
    "expr_str": _is_size,
    "in_spec": _is_structure,
    "out_spec": _is_structure,
    "guards_code": lambda _: True,
}
