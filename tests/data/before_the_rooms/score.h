/*
 * rules: 15, neurons: 6, form: rules, numbers: double
 * model: model.pt2, network SHA-256: a563a32ab015ff280c9e2a5dd5b02c985f16c3924c0d28007780523d20688cb8
 * made by relurules 0.1.0, settings: the defaults
 * certified: no score in the domain is further from the network's than 0.0, rounding of floats aside
 */
#ifndef SCORE_H
#define SCORE_H

#include <stddef.h>

#define SCORE_FEATURES 3
#define SCORE_OUTPUTS 1

/*
 * Scores one row.
 *
 * x: SCORE_FEATURES values, in this order, in the units of the columns:
 *   0: age: a number from 0.0 to 10.0
 *   1: debt: a number from -5.0 to 5.0
 *   2: trend: a number from -1.0 to 1.0
 * y: SCORE_OUTPUTS values are written, in this order:
 *   0: y
 *
 * Returns the number of the rule. A row with a NaN, or outside the domain, has NaN outputs and rule 0.
 */
int score_row(const double *x, double *y);

/* Scores n rows, x and y row by row as above; rule takes n such results and may be NULL. */
void score_batch(size_t n, const double *x, double *y, int *rule);

#endif
