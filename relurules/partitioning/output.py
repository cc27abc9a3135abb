"""What the compiled search writes to its buffers: regions and splits."""

from relurules.lp.compilation import compile_inline
from relurules.lp.dictionary import copy_vector
from relurules.partitioning import state_layout
from relurules.partitioning.state import SearchState


@compile_inline
def emit_region(s: SearchState) -> None:
    """Write the region that the current cell is."""
    node, out = s.node, s.out
    node.counts[state_layout.REGIONS] += 1
    if not (
        node.options[state_layout.POINTS]
        or node.options[state_layout.MAPS]
        or node.options[state_layout.TREE]
    ):
        return

    i = node.counts[state_layout.LEAVES_OUT]
    node.counts[state_layout.LEAVES_OUT] += 1
    copy_vector(node.pattern, out.patterns[i])
    copy_vector(node.center, out.centers[i])
    out.radii[i] = node.radius[0]

    if node.options[state_layout.TREE]:
        out.places[i, 0] = node.at[state_layout.SPLIT]
        out.places[i, 1] = node.at[state_layout.SIDE]


@compile_inline
def emit_split(s: SearchState, k: int) -> None:
    node, out = s.node, s.out
    i = node.counts[state_layout.SPLITS_OUT]
    node.counts[state_layout.SPLITS_OUT] += 1
    out.split_neurons[i] = k
    copy_vector(node.pattern, out.split_patterns[i])
    out.split_places[i, 0] = node.at[state_layout.SPLIT]
    out.split_places[i, 1] = node.at[state_layout.SIDE]


@compile_inline
def is_full(s: SearchState) -> bool:
    counts = s.node.counts
    return bool(
        counts[state_layout.LEAVES_OUT] >= len(s.out.radii)
        or counts[state_layout.SPLITS_OUT] >= len(s.out.split_neurons)
    )
