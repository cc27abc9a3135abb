"""A search by processes that are forked, beside one by none; a program of its own, since a process
with threads must not be forked.
"""

import joblib
import numpy as np
from handmade import random_network

import relurules as rr
from relurules.partitioning import SearchOptions, explore, search_regions

explore._PIECES = 8
network, domain = random_network(5, d=4, K=14), rr.Domain.box([-1] * 4, [1] * 4)
expected = search_regions(network, domain)
with joblib.parallel_config("multiprocessing"):
    found = search_regions(network, domain, SearchOptions(jobs=2))
assert np.array_equal(found.patterns, expected.patterns)
assert np.array_equal(found.points, expected.points)
print(len(found))
