"""What was worked out of rules, kept for as long as the rules are."""

import weakref
from collections.abc import Callable
from typing import Any, Generic, TypeVar

Known = TypeVar("Known")


class RulesMemo(Generic[Known]):
    """Rules -> what `make` gives of them, once. Rules hold arrays, which have no hash: they are
    told by what they are, so that equal ones that were read twice have a memo each.
    """

    def __init__(self, make: Callable[[Any], Known]) -> None:
        self._make = make
        self._known: dict[int, Known] = {}

    def __len__(self) -> int:
        """Of how many rules something is kept."""
        return len(self._known)

    def recall(self, rules: Any) -> Known:
        """What is known of these rules; whatever `make` raises keeps nothing."""
        key = id(rules)
        if key not in self._known:
            known = self._make(rules)
            weakref.finalize(rules, self._known.pop, key, None)  # TypeError where none is kept
            self._known[key] = known

        return self._known[key]
