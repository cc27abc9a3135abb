"""Every tolerance of the linear programming and of the search, in one place.

All are lengths in normalised coordinates, in which a bounded domain is about [-1, 1]^d and rows
have unit length; so they don't depend on anybody's units.
"""

#: A cell counts as full-dimensional when a ball of this radius fits inside; a thinner one belongs
#: to its neighbour.
RADIUS = 1e-9
#: No inscribed ball is asked to be larger than this, so that an unbounded cell has an answer too.
LARGEST_RADIUS = 1.0
#: A form whose coefficients all lie below this share of its largest term is a constant: what is
#: left of it is rounding.
ROUNDING = 1e-13
#: HiGHS may break a row by this much (its own smallest setting).
FEASIBILITY = 1e-10

#: A ball known to be inside by reasoning alone is measured again once it is smaller than this.
TRUSTED = 1e-7
#: The search for a larger ball ends at this radius: it takes a place to stand on, not the best one.
ROOMY = 1e-3
#: A dictionary's form counts as maximal when no coefficient exceeds this.
OPTIMAL = 1e-11
#: Coefficients of a dictionary below this are never divided by.
PIVOT = 1e-9
#: A basic variable may pass its bound by this much while ties are broken in favour of large pivots.
SLIP = 1e-13
#: Steps after which Bland's rule takes over, beside eight for every row and column, and after which
#: a dictionary counts as stuck.
BLAND_AFTER, MOST_STEPS = 200, 20_000
#: A vertex so far beyond a hyperplane will do; the search for a farther one ends there.
GOAL = 1e-2
#: A dictionary is computed anew from its half-spaces after so many pivots.
REFACTOR_AFTER = 40
#: Up to so many coordinates a search encloses every cell in a box before it looks at a level of
#: neurons.
LOW_DIMENSION = 3

#: Half a unit in the last place of 1: rounding to nearest is off by this share of the result at
#: most, and rounding outward is counted in it.
UNIT = 2.0**-53
#: A cell whose ball is smaller than this is left to exact arithmetic.
THIN = 1e-11
