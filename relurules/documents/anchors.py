"""What places of an HTML document are linked by."""


def make_anchor(name: str) -> str:
    """What a sum's definition is linked by; names of sums are letters and digits."""
    return f"sum-{name}"
