"""Networks of drawn layers, drawn lines, and what a drawn certificate says of the neurons: few are
honest, and all claim whatever is shown. Both sides in exact rationals, for a row.
"""

import json
from fractions import Fraction
from typing import Any

import numpy as np
from tampering import stamped

WEIGHTS = (0.0, 0.0, 1.0, -1.0, 0.5, 2.0, 0.25, -3.0, 0.1, 0.7)
SLOPES = (0.0, 0.0, 0.25, 1.0, 1.5, -1.0, 0.999)


def draw_stack(rng: np.random.Generator) -> Any:
    """Certificate, rules and model; the last columns are categories of one."""
    plain, categories = int(rng.integers(1, 4)), int(rng.integers(0, 4))
    names = [f"x{j}" for j in range(plain + categories)]
    layers, width = [], len(names)
    for _ in range(int(rng.integers(1, 5))):
        layer, width = _draw_layer(rng, width)
        layers.append(layer)
    outputs = ["y"] if width == 1 else [f"y{i}" for i in range(width)]
    model = {
        "format": "relurules.model", "version": 2, "read": "stored weights", "outputs": outputs,
        "named": {"columns": False, "outputs": False}, "features": names, "layers": layers,
    }  # fmt: skip
    ends = [(float(rng.choice([-1, 0, -2])), float(rng.choice([1, 0, 3]))) for _ in range(plain)]
    ends += [(0.0, 1.0)] * categories
    lines = [_draw_line(rng, model) for _ in range(int(rng.integers(0, 4)))]
    base = {o: {"coefficients": _draw_terms(rng, names), "constant": 0.5} for o in outputs}
    rules = {
        "format": "relurules.additive", "version": 1, "outputs": outputs, "constraints": [],
        "features": [
            {"name": name, "lower": low, "upper": high, "integer": False}
            for name, (low, high) in zip(names, ends, strict=True)
        ],
        "columns": [{"name": name} for name in names[:plain]]
        + [{"name": "kind", "categories": [{}] * categories}] * (categories > 0),
        "groups": [names[plain:]] * (categories > 0),
        "neuron_groups": [], "base": base, "lines": lines,
    }  # fmt: skip
    neurons = [_draw_kind(rng, len(lines)) for _ in range(count_neurons(model))]
    found = {
        "format": "relurules.certificate", "version": 2, "form": "additive", "groups": [],
        "neurons": neurons, "virtual": [0] if rng.random() < 0.5 else [], "share": None,
        "point": [low for low, _ in ends[:plain]] + [1, 0, 0][:categories],
        "bound": 1e300, "bounds": [[1e300]] * width,
    }  # fmt: skip
    return tuple(json.loads(json.dumps(value)) for value in stamped((found, rules, model)))


def count_neurons(model: Any) -> int:
    """All neurons; a PReLU of slope 1 is none."""
    counts = [len(layer.get("slope", [])) for layer in model["layers"]]
    return sum(counts) + sum(s != 1 for own in model["layers"] for s in own.get("slopes", []))


def _draw(rng: np.random.Generator, *shape: int) -> Any:
    return rng.choice(WEIGHTS, size=shape).tolist()


def _draw_layer(rng: np.random.Generator, width: int) -> tuple[dict[str, Any], int]:
    kind = str(rng.choice(["affine", "scale", "prelu", "prelu", "canonical"]))
    count, K = (int(value) for value in rng.integers(1, 4, size=2))
    if kind == "affine":
        return {
            "kind": kind,
            "weights": _draw(rng, count, width),
            "constants": _draw(rng, count),
        }, count
    if kind == "scale":
        parts = {name: _draw(rng, width) for name in ("minus", "times", "plus")}
        parts["over"] = rng.choice([0.5, -1.0, 3.0], size=width).tolist()
        kept = {name: part for name, part in parts.items() if rng.random() < 0.5}
        return {"kind": kind, **kept}, width
    if kind == "prelu":
        return {"kind": kind, "slopes": rng.choice(SLOPES, size=width).tolist()}, width
    L = np.tril(_draw(rng, K, K), -1).tolist()
    return {
        "kind": kind, "A": _draw(rng, K, width), "L": L, "b": _draw(rng, K),
        "slope": rng.choice(SLOPES, size=K).tolist(),
        "C": _draw(rng, count, width), "U": _draw(rng, count, K), "c": _draw(rng, count),
    }, count  # fmt: skip


def _draw_terms(rng: np.random.Generator, names: list[str]) -> dict[str, float]:
    return {name: float(rng.choice(WEIGHTS)) for name in names if rng.random() < 0.6}


def _draw_line(rng: np.random.Generator, model: Any) -> dict[str, Any]:
    """Mostly a multiple of a row of the first layer, as neurons of it are."""
    names, first = model["features"], model["layers"][0]
    terms, above = _draw_terms(rng, names), float(rng.choice([0.0, 1.0, 0.5]))
    rows, constants = first.get("weights", first.get("A")), first.get("constants", first.get("b"))
    if rows and rng.random() < 0.9:
        i, times = int(rng.integers(len(rows))), float(rng.choice([1.0, -1.0, 2.0, -0.5]))
        terms = {name: times * value for name, value in zip(names, rows[i], strict=True)}
        above = -times * constants[i] + float(rng.choice([0.0, 0.0, 0.125]))
    slopes = {output: float(rng.choice([0.0, 1.0, -2.0])) for output in model["outputs"]}
    return {"coefficients": terms, "above": above, "slopes": slopes}


def _draw_kind(rng: np.random.Generator, lines: int) -> list[Any]:
    choice = rng.random()
    if choice < 0.45:
        return ["fixed", float(rng.choice([0.0, 1.0, 0.5, 0.25]))]
    if choice < 0.87:
        return ["line", int(rng.integers(0, lines + 1)), int(rng.choice([1, -1]))]
    return ["points"] if choice < 0.95 else ["unread"]


def draw_row(rules: Any, rng: np.random.Generator) -> list[Fraction]:
    """A row of the domain, mostly at ends of columns."""
    row, groups = [], rules["groups"]
    chosen = {str(rng.choice(group)) for group in groups}
    tied = {name for group in groups for name in group}
    for own in rules["features"]:
        low, high = own["lower"], own["upper"]
        inner = float(rng.choice([low, high, (low + high) / 2, rng.uniform(low, high)]))
        row.append(Fraction(own["name"] in chosen) if own["name"] in tied else Fraction(inner))
    return row


def evaluate_model(model: Any, row: list[Fraction]) -> list[Fraction]:
    """The scores of a row, layer by layer."""
    signals = list(row)
    for layer in model["layers"]:
        signals = _apply(layer, signals)
    return signals


def _apply(layer: Any, s: list[Fraction]) -> list[Fraction]:
    if layer["kind"] == "affine":
        return [_weigh(*row, s) for row in zip(layer["weights"], layer["constants"], strict=True)]
    if layer["kind"] == "prelu":
        return [_bend(z, slope) for z, slope in zip(s, layer["slopes"], strict=True)]
    if layer["kind"] == "scale":
        ones = {"minus": 0, "over": 1, "times": 1, "plus": 0}
        parts = [map(Fraction, layer.get(name, [own] * len(s))) for name, own in ones.items()]
        rows = zip(s, *parts, strict=True)
        return [(own - minus) * times / over + plus for own, minus, over, times, plus in rows]
    y = list[Fraction]()
    each = zip(layer["A"], layer["L"], layer["b"], layer["slope"], strict=True)
    for k, (row, reads, constant, slope) in enumerate(each):
        y.append(_bend(_weigh(row + reads[:k], constant, s + y), slope))
    rows = zip(layer["C"], layer["U"], layer["c"], strict=True)
    return [_weigh(row + reads, constant, s + y) for row, reads, constant in rows]


def _weigh(weights: list[float], constant: float, values: list[Fraction]) -> Fraction:
    pairs = zip(weights, values, strict=True)
    return sum((Fraction(weight) * value for weight, value in pairs), Fraction(constant))


def _bend(z: Fraction, slope: float) -> Fraction:
    return z if z >= 0 else Fraction(slope) * z
