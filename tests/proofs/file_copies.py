"""Copies of files' content that may be changed."""

import pickle
from typing import TypeVar

T = TypeVar("T")


def copy_content(content: T) -> T:
    """Numbers, texts, lists and objects of JSON anew: several times as fast as `copy.deepcopy`."""
    copied: T = pickle.loads(pickle.dumps(content))  # its own
    return copied
