"""Forms that values of several boxes of rows have in common: what an expression stands for doesn't
depend on where its columns lie.
"""

from collections.abc import Callable, Hashable
from fractions import Fraction
from typing import Any, TypeVar

from relurules.rounding.forms import RealCurve, RealForm

_NONE = Fraction(0)
_MINUS = Fraction(-1)
Made = TypeVar("Made")


class SharedForms:
    """Forms made of forms, each made once; those that it gave, of the same operation, are the same
    object.
    """

    def __init__(self) -> None:
        self._known: dict[Hashable, tuple[tuple[object, ...], Any]] = {}

    def read_column(self, place: int) -> RealForm:
        """The column of numbers at a place."""
        curve = RealCurve(place, Fraction(1), {})
        return self.recall(("column", place), (), lambda: RealForm(_NONE, {place: curve}))

    def add(self, one: RealForm, other: RealForm) -> RealForm:
        """The sum."""
        return self.recall(("+", id(one), id(other)), (one, other), lambda: one.add(other))

    def negate(self, form: RealForm) -> RealForm:
        """The form times -1."""
        return self.recall(("neg", id(form)), (form,), lambda: form.scale(_MINUS))

    def multiply(self, factor: RealForm, form: RealForm) -> RealForm:
        """A form times a constant."""
        parts = (factor, form)
        key = ("*", id(factor), id(form))
        return self.recall(key, parts, lambda: form.scale(factor.constant))

    def take_positive(self, form: RealForm) -> RealForm:
        """Max(0, form)."""
        return self.recall(("max", id(form)), (form,), form.take_positive)

    def recall(self, key: Hashable, parts: tuple[object, ...], make: Callable[[], Made]) -> Made:
        """What was made for this key, or what is made now. parts: what the key tells by its number,
        kept so that nothing else gets it.
        """
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = (parts, make())
        found: Made = known[1]
        return found
