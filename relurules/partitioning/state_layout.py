"""Where things stand in the arrays of a search's state, and what its parts answer one another."""

#: Places in `Node.at`: where the current cell stands. Level and next neuron; rows in `cuts`;
#: (split, side) above it; whether there is a current cell; whether it looks ahead at all neurons of
#: a level it has just entered; a split that waits for an answer, the side that the work dictionary
#: is on, and the answer; whether a cell that waits is the other side of its sibling's last cut;
#: whether the waiting split is in doubt, so that exact arithmetic answers; whether the cell is too
#: thin for floating point, so that exact arithmetic searches it; whether the cell has a witness;
#: which sides of the waiting split have one.
(
    LEVEL,
    NEXT,
    DEPTH,
    SPLIT,
    SIDE,
    LIVE,
    SCAN,
    ASKED,
    HERE,
    ANSWER,
    OTHER,
    DOUBT,
    THIN,
    WITNESSED,
    SEEN,
) = range(15)
#: Places in `Node.counts`: cells on the stack, numbers in the pool; regions and splits so far, and
#: in the buffers; tests of neurons, dictionaries computed anew, Chebyshev balls, splits of a probe,
#: and the state of its random numbers; how many regions to stop at; how many neurons were decided
#: by a certificate in floating point, and how many in exact arithmetic.
(
    TOP,
    POOLED,
    REGIONS,
    SPLITS,
    LEAVES_OUT,
    SPLITS_OUT,
    TESTS,
    REFACTORED,
    BALLS,
    PROBED,
    RANDOM,
    MOST,
    CERTIFIED,
    EXACT,
) = range(14)
#: Places in `Node.options`: what is wanted of regions (points, maps, tree); whether sides need an
#: answer from outside; look ahead on entering a level; follow one random path; return after every
#: split, after every region.
POINTS, MAPS, TREE, ASK, LOOK, PROBE, STEP, EACH = range(8)
#: Which sides of a neuron a cell has, and the answer to a question about a split, once there is
#: one.
NEITHER, NEGATIVE, POSITIVE, BOTH = range(4)
UNANSWERED = -1

#: Why the search returns: nothing is left; buffers are full; arrays must grow; enough done for one
#: call; a split waits for an answer; a split or a region was reached; floating point can't tell.
#: ON: it doesn't.
DONE, FULL, GROW, PAUSE, QUESTION, REACHED, UNSURE, ON = range(8)
