"""Soundness judged by a reference that cannot err: helpers, and the tests that use them.

The search and `extract` work in float64, so what judges them must not. Everything here is computed
in exact rationals from the float64 numbers of a network, which are rationals themselves; no solver
and no module of the package's own linear programming takes part.

`arrangement`  all linear regions of a small network in a box or polytope, by cutting it along one
               neuron after the other. A polytope is the list of its vertices, each with the walls
               that it lies on (the double description method), so duplicate, negated and zero rows,
               hyperplanes through vertices and regions of any thinness need no special case.
               Columns of one value are allowed, and any dimension that is low.
`rounding`     how far float64 rules may be from the network at a float64 row: some roundings of the
               terms that are left after cancellation, in the regions within rounding of that row.
`optimum`      the largest difference between rules and a network over a domain, exactly: both are
               affine on the common refinement of their cells, so it is reached at a vertex.
`climbing`     the same, from below, in any number of columns.
`draws`        drawn networks and domains: whole weights, rows that repeat, negate or nearly equal
               others, boxes of all sizes and places, columns of mixed scale, sentinels.
`points`       float64 rows where rules go wrong first: vertices, boundaries and their neighbours,
               every magnitude.
`judging`      one drawn case -> right, wrong or given up, and why.

The tests here run some of the draws; `benchmarks/soundness.py` runs as many as one likes and prints
a table. A failure names the seed of its draw: `draws.arrangement(seed)` gives it back.
"""
