"""All files of this folder as one script, `check.py`, which is written beside certificates."""

import ast
from functools import cache
from pathlib import Path

#: The files, each of which reads only those before it.
PARTS = (
    "json_values", "model_units", "groups", "forms", "decisions", "names", "trees", "targets",
    "rule_trees", "partition_proof", "wide_domain", "expressions", "neuron_kinds", "line_gaps",
    "additive_proof", "answered_columns", "answer_rules", "answered_score", "answered_classes",
    "answers", "artefact_domain", "artefact_values", "artefact_text", "artefact_links",
    "artefact_frames", "artefact_code", "artefact_rules", "artefact_sql_words",
    "artefact_sql_values", "artefact_sql_gates", "artefact_sql_links", "artefact_sql",
    "artefact_sql_rules", "artefact_check", "certificate_check",
)  # fmt: skip


@cache
def make_check_script() -> str:
    """The text of check.py: what the files say, in order, with what they import of Python's own
    library at the top.
    """
    folder = Path(__file__).parent
    texts = {name: (folder / f"{name}.py").read_text(encoding="utf-8") for name in PARTS}
    plain, members = set[str](), dict[str, set[str]]()
    bodies = []

    for name, text in texts.items():
        title, *statements = ast.parse(text).body
        imports = [s for s in statements if isinstance(s, ast.Import | ast.ImportFrom)]
        for found in imports:
            names = {alias.name for alias in found.names}
            if isinstance(found, ast.Import):
                plain |= names
            elif not (found.module or "").startswith(__package__):
                members.setdefault(found.module or "", set()).update(names)
        end = max((found.end_lineno or 0 for found in imports), default=title.end_lineno or 0)
        lines = [f"# From {name}.py.", *text.splitlines()[end:]]
        bodies.append("\n".join(lines).strip())

    head = _read_title(folder / "__init__.py")
    head += "".join(f"import {name}\n" for name in sorted(plain))
    head += "".join(f"from {m} import {', '.join(sorted(members[m]))}\n" for m in sorted(members))
    tail = 'if __name__ == "__main__":\n    sys.exit(main(sys.argv[1:]))\n'
    return "\n\n\n".join((head.rstrip(), *bodies, tail))


def _read_title(path: Path) -> str:
    """The docstring of a module, as it stands."""
    text = path.read_text(encoding="utf-8")
    title = ast.parse(text).body[0]
    return "\n".join(text.splitlines()[: title.end_lineno]) + "\n\n"
