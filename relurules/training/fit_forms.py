"""Which form of rules a table is fitted by: as it is asked for, by options that one form has alone,
or lines.
"""

from typing import Any

from relurules.errors import UnsupportedError
from relurules.training.additive_training import DEFAULT_LINES
from relurules.training.fit_options import FitOptions
from relurules.training.one_score import ONE_SCORE, refuse_several_scores

#: Forms of rules that a table can be fitted by; "auto" is one of the others.
FORMS = ("auto", "partition", "additive")
#: Ways to partition rules.
METHODS = ("auto", "tree", "network")
#: Rules of each form where no number is asked for.
_RULES = {"partition": 8, "additive": DEFAULT_LINES}
#: Options that one form has alone, with what they are where nobody asks for anything.
_OF_FORMS: dict[str, dict[str, Any]] = {
    "partition": {
        "max_terms": 5,
        "max_condition_terms": None,
        "max_formula_terms": None,
        "hidden": None,
        "method": "auto",
    },
    "additive": {
        "max_columns": None,
        "monotone": None,
        "max_condition_columns": 2,
        "interactions": None,
        "no_interactions": None,
        "signs": None,
        "effect_bounds": None,
    },
}
#: Options whose None is something to ask for, and what stands for nothing.
_UNSAID = {"max_terms": "auto"}


def check_form(wanted: FitOptions) -> None:
    """UnsupportedError for a form or a method that there isn't, for options that the form hasn't,
    and for options of two forms.
    """
    if wanted.form not in FORMS:
        raise UnsupportedError(f"form {wanted.form!r}; supported: {', '.join(FORMS)}")
    if wanted.method not in (None, *METHODS):
        raise UnsupportedError(f"method {wanted.method!r}; supported: {', '.join(METHODS)}")

    if wanted.form == "auto":
        said = {form: _list_said(wanted, form) for form in _OF_FORMS}
        if all(said.values()):
            told = [f"{', '.join(names)} of form={form!r}" for form, names in said.items()]
            raise UnsupportedError(
                f"these don't go together: {'; '.join(told)}; leave out those of one form"
            )
        return

    other = next(form for form in _OF_FORMS if form != wanted.form)
    defaults = _OF_FORMS[other]
    named = [
        name
        for name in _list_said(wanted, other)
        if getattr(wanted, name) not in (None, defaults[name])
    ]
    if named:
        raise UnsupportedError(
            f"{', '.join(named)} with form={wanted.form!r}; supported: form={other!r}"
        )


def choose_form(wanted: FitOptions, task: str) -> FitOptions:
    """The options with the form that "auto" stands for, and with what it takes where nothing else
    is said. Raises UnsupportedError for what lines of more than two classes can't keep.
    """
    check_form(wanted)
    form = wanted.form if wanted.form != "auto" else _find_form(wanted)
    if form == "additive" and task == "multiclass":
        kept = [name for name in ONE_SCORE if getattr(wanted, name) is not None]
        refuse_several_scores(kept, classes=True)

    own, said = _OF_FORMS[form], _list_said(wanted, form)
    found: dict[str, Any] = {name: default for name, default in own.items() if name not in said}
    rules = _RULES[form] if wanted.max_rules is None else wanted.max_rules
    other = next(each for each in _OF_FORMS if each != form)
    found |= {name: _UNSAID.get(name) for name in _OF_FORMS[other]}

    return wanted._replace(form=form, max_rules=rules, **found)


def _find_form(wanted: FitOptions) -> str:
    """That of the options that one form has alone; else lines."""
    asked = [form for form in _OF_FORMS if _list_said(wanted, form)]
    return asked[0] if asked else "additive"


def _list_said(wanted: FitOptions, form: str) -> list[str]:
    """Names of the form's own options that something is said of."""
    return [name for name in _OF_FORMS[form] if getattr(wanted, name) != _UNSAID.get(name)]
