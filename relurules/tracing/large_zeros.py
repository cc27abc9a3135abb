"""Zeros of which most are never written to, and then take no memory."""

import ctypes
import mmap
import sys

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: Linux's advice that memory is to be given page by page: numpy asks for 2 MB at a time, which a
#: block in a wide matrix would touch nearly all of.
_MADV_NOHUGEPAGE = 15
#: Bytes from which an array has pages of its own.
_LARGE = 2**22


def make_large_zeros(rows: int, columns: int) -> Array:
    """Zeros of this shape, in memory that is taken as they are written to where the system can."""
    zeros = np.zeros((rows, columns))
    if sys.platform == "linux" and zeros.nbytes >= _LARGE:
        first = -(-zeros.ctypes.data // mmap.PAGESIZE) * mmap.PAGESIZE
        length = (zeros.ctypes.data + zeros.nbytes - first) // mmap.PAGESIZE * mmap.PAGESIZE
        advise = ctypes.CDLL(None).madvise
        # Where it isn't taken, the zeros are as good and only larger.
        advise(ctypes.c_void_p(first), ctypes.c_size_t(length), _MADV_NOHUGEPAGE)
    return zeros
