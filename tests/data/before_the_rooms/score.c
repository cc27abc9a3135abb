/*
 * rules: 15, neurons: 6, form: rules, numbers: double
 * model: model.pt2, network SHA-256: a563a32ab015ff280c9e2a5dd5b02c985f16c3924c0d28007780523d20688cb8
 * made by relurules 0.1.0, settings: the defaults
 * certified: no score in the domain is further from the network's than 0.0, rounding of floats aside
 * Needs exp, fabs of the mathematical library: compile with -lm.
 */
#include "score.h"

#include <float.h>
#include <limits.h>
#include <math.h>

#ifdef __FAST_MATH__
#error "compile without -ffast-math: a missing value is told by NaN"
#endif
#ifdef __clang__
#pragma STDC FP_CONTRACT OFF /* the same sum must come out the same wherever it is compared */
#endif

/* What this file relies on: a compiler refuses an array of size -1. */
typedef char score_needs_ieee_754[DBL_MANT_DIG == 53 ? 1 : -1];
typedef char score_needs_large_int[INT_MAX >= 2147483647 ? 1 : -1];
typedef char score_matches_header[SCORE_FEATURES == 3 && SCORE_OUTPUTS == 1 ? 1 : -1];

/* What the rules give; score_row makes the outputs of it. */
#define SCORES 1

static int outside(double *s)
{
    int i;
    for (i = 0; i < SCORES; i++) {
        s[i] = (double)NAN;
    }
    return 0;
}

static int scores_of(const double *x, double *s)
{
    const double x_age = x[0]; /* age */
    const double x_debt = x[1]; /* debt */
    const double x_trend = x[2]; /* trend */

    if (!(1
          && x_age >= 0.0 && x_age <= 10.0
          && x_debt >= -5.0 && x_debt <= 5.0
          && x_trend >= -1.0 && x_trend <= 1.0
          )) {
        return outside(s);
    }
    if (x_age + 0.7956457873572925 * x_debt + 0.4319987152913648 * x_trend >= -0.706341252267087
        && x_age + 0.929897973001949 * x_trend + 0.06000619070435719 * x_debt >= -0.20829128539351688
        && x_age + 0.8963956903711947 * x_debt + 0.3473081053842449 * x_trend < 1.6398642847995197
        && x_age + 0.7721683325980211 * x_trend - 0.1262545640929408 * x_debt < 2.0055346226745696) {
        s[0] = -0.5356259346008301;
        return 1;
    }
    if (x_age + 0.7956457873572925 * x_debt + 0.4319987152913648 * x_trend >= -0.706341252267087
        && x_age + 0.8963956903711947 * x_debt + 0.3473081053842449 * x_trend < 1.6398642847995197
        && x_age + 0.7721683325980211 * x_trend - 0.1262545640929408 * x_debt >= 2.0055346226745696) {
        s[0] = -0.4369398010394488 - 0.049206895979573784 * x_age - 0.03799600682087176 * x_trend + 0.00621259520226777 * x_debt;
        return 2;
    }
    if (x_age + 0.929897973001949 * x_trend + 0.06000619070435719 * x_debt >= -0.20829128539351688
        && x_age + 0.8963956903711947 * x_debt + 0.3473081053842449 * x_trend >= 1.6398642847995197
        && x_age + 0.7721683325980211 * x_trend - 0.1262545640929408 * x_debt < 0.10466433329806496
        && x_age + 0.8963956903711947 * x_debt + 0.3473081053842449 * x_trend < 3.853905140995068) {
        s[0] = -0.5356259346008301;
        return 3;
    }
    if (x_age + 0.929897973001949 * x_trend + 0.06000619070435719 * x_debt >= -0.20829128539351688
        && x_age + 0.7721683325980211 * x_trend - 0.1262545640929408 * x_debt < 0.10466433329806496
        && x_age + 0.8963956903711947 * x_debt + 0.3473081053842449 * x_trend < 4.566749662143908
        && x_age + 0.8963956903711947 * x_debt + 0.3473081053842449 * x_trend >= 3.853905140995068) {
        s[0] = -0.6122686028066385 + 0.019887014703745282 * x_age + 0.01782663427478585 * x_debt + 0.0069069213985063944 * x_trend;
        return 4;
    }
    if (x_age + 0.7721683325980211 * x_trend - 0.1262545640929408 * x_debt < 0.10466433329806496
        && x_age + 0.8963956903711947 * x_debt + 0.3473081053842449 * x_trend >= 4.566749662143908) {
        s[0] = -0.46632672052271834 - 0.01207048090712783 * x_age - 0.010819927065857176 * x_debt - 0.004192175854931268 * x_trend;
        return 5;
    }
    if (x_age + 0.8963956903711947 * x_debt + 0.3473081053842449 * x_trend >= 1.6398642847995197
        && x_age + 0.7721683325980211 * x_trend - 0.1262545640929408 * x_debt >= 0.10466433329806496
        && x_age + 0.2764015807766586 * x_debt + 0.6048847667341838 * x_trend < 1.8615563584545265
        && x_debt - 0.5029076599103469 * x_age - 0.7774007898848874 * x_trend < 3.3807807893625963) {
        s[0] = -0.5356259346008301;
        return 6;
    }
    if (x_age + 0.7721683325980211 * x_trend - 0.1262545640929408 * x_debt >= 0.10466433329806496
        && x_age + 0.2764015807766586 * x_debt + 0.6048847667341838 * x_trend < 1.8615563584545265
        && x_debt - 0.5029076599103469 * x_age - 0.7774007898848874 * x_trend >= 3.3807807893625963) {
        s[0] = -0.6090440704180667 + 0.02171632542643462 * x_debt - 0.0109213064020598 * x_age - 0.016882288539907538 * x_trend;
        return 7;
    }
    if (x_age + 0.8963956903711947 * x_debt + 0.3473081053842449 * x_trend >= 1.6398642847995197
        && x_age + 0.2764015807766586 * x_debt + 0.6048847667341838 * x_trend >= 1.8615563584545265
        && x_debt - 0.5029076599103469 * x_age - 0.7774007898848874 * x_trend < 3.3807807893625963) {
        s[0] = -0.3845338453555406 - 0.08116439159044689 * x_age - 0.022433966138375255 * x_debt - 0.04909510407430942 * x_trend;
        return 8;
    }
    if (x_age + 0.7721683325980211 * x_trend - 0.1262545640929408 * x_debt >= 0.10466433329806496
        && x_age + 0.2764015807766586 * x_debt + 0.6048847667341838 * x_trend >= 1.8615563584545265
        && x_debt - 0.5029076599103469 * x_age - 0.7774007898848874 * x_trend >= 3.3807807893625963) {
        s[0] = -0.4579519811727772 - 0.0920856979925067 * x_age - 0.06597739261421695 * x_trend - 0.0007176407119406374 * x_debt;
        return 9;
    }
    if (x_age + 0.929897973001949 * x_trend + 0.06000619070435719 * x_debt < -0.20829128539351688
        && x_age - 0.6089376029842808 * x_debt + 1.3958529812415157 * x_trend >= -4.027366019995812
        && x_age + 0.4574089250524161 * x_debt + 0.6530857862313443 * x_trend < 1.7218237721828624) {
        s[0] = -0.5356259346008301;
        return 10;
    }
    if (x_age + 0.929897973001949 * x_trend + 0.06000619070435719 * x_debt < -0.20829128539351688
        && x_age - 0.6089376029842808 * x_debt + 1.3958529812415157 * x_trend >= -4.027366019995812
        && x_age + 0.4574089250524161 * x_debt + 0.6530857862313443 * x_trend >= 1.7218237721828624) {
        s[0] = -0.607692863524069 + 0.04185499706039906 * x_age + 0.01914484921346917 * x_debt + 0.027334903662901325 * x_trend;
        return 11;
    }
    if (x_age - 0.6089376029842808 * x_debt + 1.3958529812415157 * x_trend < -4.027366019995812
        && x_age + 0.4574089250524161 * x_debt + 0.6530857862313443 * x_trend < 1.7218237721828624) {
        s[0] = -0.37470491244244847 + 0.03995689027503613 * x_age - 0.024331252986786425 * x_debt + 0.055773944411549314 * x_trend;
        return 12;
    }
    if (x_age - 0.6089376029842808 * x_debt + 1.3958529812415157 * x_trend < -4.027366019995812
        && x_age + 0.4574089250524161 * x_debt + 0.6530857862313443 * x_trend >= 1.7218237721828624) {
        s[0] = -0.44677184136568737 + 0.0818118873354352 * x_age + 0.08310884807445064 * x_trend - 0.005186403773317251 * x_debt;
        return 13;
    }
    if (x_age + 0.7956457873572925 * x_debt + 0.4319987152913648 * x_trend < -0.706341252267087
        && x_age + 0.929897973001949 * x_trend + 0.06000619070435719 * x_debt >= -0.20829128539351688
        && x_age + 0.3579141155883276 * x_debt + 0.5935161884482126 * x_trend < 0.5812967863785867) {
        s[0] = -0.5356259346008301;
        return 14;
    }
    if (x_age + 0.7956457873572925 * x_debt + 0.4319987152913648 * x_trend < -0.706341252267087
        && x_age + 0.3579141155883276 * x_debt + 0.5935161884482126 * x_trend >= 0.5812967863785867) {
        s[0] = -0.47538386245022424 - 0.10363393289322509 * x_age - 0.03709204743641875 * x_debt - 0.06150841684468481 * x_trend;
        return 15;
    }
    return outside(s);
}

static double sigmoid(double s)
{
    const double power = exp(-fabs(s));
    return (s >= 0.0 ? 1.0 : power) / (1.0 + power);
}

int score_row(const double *x, double *y)
{
    double s[SCORES];
    const int rule = scores_of(x, s);
    y[0] = sigmoid(s[0]);
    return rule;
}

void score_batch(size_t n, const double *x, double *y, int *rule)
{
    size_t i;
    for (i = 0; i < n; i++) {
        const int found = score_row(x + i * SCORE_FEATURES, y + i * SCORE_OUTPUTS);
        if (rule != NULL) {
            rule[i] = found;
        }
    }
}

/* relurules artefact: {"target": "c", "form": "rules", "outputs": ["y"], "max_error": 0.0, "complete": true, "features": [{"name": "age", "lower": 0.0, "upper": 10.0}, {"name": "debt", "lower": -5.0, "upper": 5.0}, {"name": "trend", "lower": -1.0, "upper": 1.0}]} */
