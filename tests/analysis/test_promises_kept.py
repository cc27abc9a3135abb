"""What rules were asked to keep, of rules that are made of them."""

import warnings
from dataclasses import replace

import numpy as np
import pytest
from handmade import additive_of, network

import relurules as rr
from relurules.errors import BrokenPromiseWarning
from relurules.ir import AdditiveRules
from relurules.ir.class_labels import make_labels
from relurules.links.heads import Head
from relurules.statistics.certified_parts import certify_direction, certify_effect

ASKED = {"monotone": "{'a': 1}", "effect_bounds": "{'c': (0, 0.3)}"}


@pytest.fixture(scope="module")
def promised() -> AdditiveRules:
    """Rises with a by .05 where one line holds alone; what c adds stays below .3."""
    net = network(
        [[1, 0, 0], [1, 0.5, 0], [0, 0, 1], [0, 0, 1]],
        [0, -0.5, 0, -0.6],
        [[-0.9, 0.9, 0.5, -0.5]],
        C=[[0.95, 0, 0]],
    )
    domain = rr.Domain.box([-1] * 3, [1] * 3, ("a", "b", "c"))
    rules = additive_of(net, domain)
    return replace(rules, provenance=replace(rules.provenance, settings=ASKED))


def test_the_rules_keep_what_they_promise(promised: AdditiveRules) -> None:
    effect = certify_effect(promised, "c")
    assert certify_direction(promised, "a") == 1
    assert effect.high is not None
    assert float(effect.high) == pytest.approx(0.3)


@pytest.mark.parametrize("form", ["additive", "partition"])
def test_what_fewer_rules_break_is_no_longer_promised(promised: AdditiveRules, form: str) -> None:
    with pytest.warns(BrokenPromiseWarning, match="c adds 0 to 0.3"):
        fewer = rr.extract(promised, form=form, max_rules=1)
    assert "effect_bounds" not in fewer.provenance.settings
    rises = rr.ask(fewer, "monotone", feature="a").values["direction"] in (
        "rises",
        "doesn't matter",
    )
    assert ("monotone" in fewer.provenance.settings) == rises


@pytest.mark.parametrize("form", ["additive", "partition"])
def test_the_same_scores_keep_their_promises(promised: AdditiveRules, form: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        same = rr.extract(promised, form=form)
    assert ASKED.items() <= same.provenance.settings.items()


@pytest.mark.parametrize("form", ["additive", "partition"])
def test_scores_of_the_other_class_promise_the_opposite(promised: AdditiveRules, form: str) -> None:
    classes = replace(
        promised,
        outputs=("no", "yes"),
        heads=(Head("complement", (0,)), Head("sigmoid", (0,))),
        labels=make_labels(["no", "yes"]),
    )
    turned = rr.extract(classes, form=form, positive="no")
    again = rr.extract(turned, form=form, positive="yes")
    x = np.array([[0.3, 0.1, 0.7]])

    settings = turned.provenance.settings
    assert settings["monotone"] == "{'a': -1}"
    assert settings["effect_bounds"] == "{'c': (-0.3, 0)}"
    assert ASKED.items() <= again.provenance.settings.items()
    assert turned.predict_scores(x) == -again.predict_scores(x)
    assert rr.ask(turned, "monotone", feature="a").values["direction"] == "falls"
    assert turned.traced is None or np.allclose(turned.traced.c, -again.traced.c)
