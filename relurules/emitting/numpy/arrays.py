"""Arrays as numpy's lists."""

from relurules.ir.network import Array


def print_array(values: Array) -> str:
    """An array as lists; a line for every row of a matrix."""
    if values.ndim < 2:
        return f"[{', '.join(map(repr, values.tolist()))}]"
    return "[\n" + "".join(f"    {row!r},\n" for row in values.tolist()) + "]"


def print_table(values: Array) -> str:
    """What makes the array, of any shape; one without entries too."""
    if not values.size:
        return f"np.zeros({values.shape})"
    return f"np.array({print_array(values)})"
