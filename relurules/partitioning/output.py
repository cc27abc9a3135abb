"""What the compiled search writes to its buffers: regions and splits."""

from relurules.lp.compiled import inlined
from relurules.lp.dictionary import copy
from relurules.partitioning import key
from relurules.partitioning.state import State


@inlined
def emit_region(s: State) -> None:
    """Write the region that the current cell is."""
    node, out = s.node, s.out
    node.counts[key.REGIONS] += 1
    if not (node.options[key.POINTS] or node.options[key.MAPS] or node.options[key.TREE]):
        return
    i = node.counts[key.LEAVES_OUT]
    node.counts[key.LEAVES_OUT] += 1
    copy(node.pattern, out.patterns[i])
    copy(node.center, out.centers[i])
    out.radii[i] = node.radius[0]
    if node.options[key.TREE]:
        out.places[i, 0] = node.at[key.SPLIT]
        out.places[i, 1] = node.at[key.SIDE]


@inlined
def emit_split(s: State, k: int) -> None:
    node, out = s.node, s.out
    i = node.counts[key.SPLITS_OUT]
    node.counts[key.SPLITS_OUT] += 1
    out.split_neurons[i] = k
    copy(node.pattern, out.split_patterns[i])
    out.split_places[i, 0] = node.at[key.SPLIT]
    out.split_places[i, 1] = node.at[key.SIDE]


@inlined
def is_full(s: State) -> bool:
    counts = s.node.counts
    return bool(counts[key.LEAVES_OUT] >= len(s.out.radii) or counts[key.SPLITS_OUT] >= len(s.out.split_neurons))
