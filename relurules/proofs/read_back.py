"""An artefact's text -> whether it is what rules give: its operations, its numbers, its text.

Three judges, none of which believes the others: `rounding.read_back` reads the operations and
compares them with the rules in exact arithmetic; other parsers read the numbers
(`verifying.code_numbers`); the text must be, to the character, what is emitted of the rules.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from relurules.codec.any_rules import load_any_rules
from relurules.emitting import EmitOptions
from relurules.errors import CheckError, RelurulesError, RulesError
from relurules.ir import AdditiveRules, Artifact, RuleSet
from relurules.pipeline.artefacts import emit_rules
from relurules.reasons.reason_texts import ReasonOptions
from relurules.rounding.expression import UnreadableError
from relurules.rounding.read_back import find_difference
from relurules.verifying.code_numbers import READERS, find_misprint

_SQL_OPTIONS = ("dialect", "table", "key", "shape", "name", "missing")


@dataclass(frozen=True, kw_only=True)
class ArtifactVerdict:
    """Whether a text is these rules; true where it is.

    why: what was found to be something else, "" for nothing; unread: why its operations weren't
    read, "" where they were, and are the rules in exact arithmetic for every row.
    """

    why: str = ""
    unread: str = ""

    def __bool__(self) -> bool:
        """True where the text is the rules'."""
        return not self.why


def check_artifact(
    artifact: Artifact | str | Path, rules: RuleSet | AdditiveRules | str | Path
) -> ArtifactVerdict:
    """Whether code is just these rules: false, with `why`, after any change of it.

    artifact: code of SQL, C, Python, numpy or JavaScript, or its file. Its operations are read
    where a reader is there for them (`unread` says why not), in the order of the text: the scores
    at every end must be the rules' functions in exact arithmetic, the tests on the way the rule's
    conditions and the domain's bounds, whatever is missing in a row. Its numbers are read by
    another parser. Its text must be what `emit` gives, so code that was edited is told even where
    it computes the same. Nothing is run.
    """
    whole = load_any_rules(rules) if isinstance(rules, str | Path) else rules
    try:
        code = Artifact.read(artifact) if isinstance(artifact, str | Path) else artifact
        again = emit_again(code, whole)
    except RulesError as error:
        return ArtifactVerdict(why=str(error))
    except CheckError as error:
        return ArtifactVerdict(why=str(error))

    why, unread = read_operations(code, whole)
    try:
        why = find_misprint(code, whole, again) or why
    except CheckError as error:
        why = str(error)

    return ArtifactVerdict(why=why, unread=unread)


def read_operations(code: Artifact, rules: RuleSet | AdditiveRules) -> tuple[str, str]:
    """What of the operations isn't the rules', and why they weren't read: "" for nothing."""
    try:
        return find_difference(code, rules) or "", ""
    except UnreadableError as error:
        return "", str(error)
    except RecursionError:
        return "", "its expressions nest too deep"


def list_renamed(code: Artifact, rules: RuleSet | AdditiveRules) -> tuple[tuple[str, str], ...]:
    """The outputs of rules that code has by other names, with these; none of a part of them."""
    if len(code.outputs) != len(rules.outputs):
        return ()
    pairs = zip(rules.outputs, code.outputs, strict=True)
    return tuple((own, name) for own, name in pairs if own != name)


def emit_again(code: Artifact, rules: RuleSet | AdditiveRules) -> Artifact:
    """The code that these rules give, asked for as this code was; CheckError where it can't be."""
    if code.target not in READERS:
        raise CheckError(
            f"{code.target} isn't read back by another parser; supported: {', '.join(READERS)}"
        )

    told = dict(code.explained)
    reference = told.pop("reference", None)
    given: dict[str, Any] = {
        "form": code.form,
        "outside": code.outside,
        "columns": code.returned,
        "reference": reference,
        "reasons": ReasonOptions(**told),
        "rename": list_renamed(code, rules),
    }
    if code.target == "sql":
        given |= {name: getattr(code, name) for name in _SQL_OPTIONS}
        if len(code.outputs) == 1 and code.shape in ("expression", "function"):
            given |= {"output": code.outputs[0]}
    else:
        given |= {"number": code.number}

    try:
        return emit_rules(rules, code.target, EmitOptions(**given))
    except RelurulesError as error:
        raise CheckError(f"these rules don't give such code: {error}") from error
