"""Files of rules of either kind."""

import hashlib
from pathlib import Path
from typing import Any

from relurules.codec.additive_json import format_additive_rules, read_additive_rules
from relurules.codec.rules_json import format_rules, read_rules
from relurules.codec.scorer_json import is_additive_file
from relurules.files.writing import read_json
from relurules.ir.additive import AdditiveRules
from relurules.ir.ruleset import RuleSet


def load_any_rules(path: str | Path) -> RuleSet | AdditiveRules:
    """What `save` of either kind wrote; numbers come back exactly. RulesError where the file
    doesn't follow the schema of its kind.
    """
    path = Path(path)
    return read_any_rules(read_json(path), path)


def read_any_rules(found: Any, path: Path) -> RuleSet | AdditiveRules:
    """As `load_any_rules`, of what the file at `path` holds."""
    if is_additive_file(found):
        return read_additive_rules(found, path)
    return read_rules(found, path)


def format_any_rules(rules: RuleSet | AdditiveRules) -> str:
    """The text of the file that `save` writes."""
    return format_rules(rules) if isinstance(rules, RuleSet) else format_additive_rules(rules)


def digest_rules(rules: RuleSet | AdditiveRules) -> str:
    """The SHA-256 of the file that `save` writes."""
    return hashlib.sha256(format_any_rules(rules).encode()).hexdigest()
