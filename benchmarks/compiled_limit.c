/*
 * What a plain compiled search reaches: counts the linear regions of a ReLU network in [-1, 1]^d.
 *
 *     compiled_limit NET plain|quick [SECONDS]
 *
 * NET is a text: the number of inputs, the number of hidden layers, and of every layer its width,
 * its weights (neuron by neuron) and its biases. It prints regions and the processor seconds of
 * one search; with SECONDS the mean of as many searches as fit into them, and at least one.
 *
 * It is a yardstick, and no more: float64 with a tolerance, no exactness, no checks, no point or
 * map of a region, nothing written. One neuron after the other is tried on the region at hand.
 * Where it can have both signs, the region is cut in two.
 *
 * A region is a dictionary of the simplex method, feasible at its current vertex: every basic
 * variable is an affine function of d nonbasic ones, all of which are 0 at the vertex. Variables
 * lie between 0 and a bound, which is infinite but for inputs (0 to 2, from one end of [-1, 1]).
 * The neuron's pre-activation is one more row. There are two ways to see which signs it can have:
 *
 *     plain  The textbook's: pivots to its maximum, whose dictionary is kept for the positive side,
 *            and on to its minimum, whose dictionary is the negative side's.
 *     quick  Pivots only until there is an edge along which it changes sign, or none is left. On
 *            that edge the row itself leaves the basis at 0. This vertex belongs to both sides,
 *            whose dictionaries differ in the sign of one column. Neurons that have one sign on a
 *            whole region of the layers before are tried once there, not on every part of it.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TOLERANCE 1e-9
#define MAX_LAYERS 8
/* Pivots after which the least index is taken instead of the steepest, against cycles. */
#define PATIENCE 100
/* Signs that a neuron can have. */
#define NEGATIVE 1
#define POSITIVE 2

/* A dictionary. Columns are contiguous; the last one, of number `inputs`, holds current values. */
typedef struct {
    int rows;
    int *place;        /* of an input: its row, or -1 - column where it is nonbasic */
    int *input;        /* of a row, then of a column: the input that it is, or -1 */
    double *base;      /* of an input: base + side * variable */
    double *side;
    double *row_most;  /* bounds of basic variables */
    double *col_most;  /* bounds of nonbasic ones */
    double *columns;
} Dictionary;

static int inputs, layers, neurons, capacity, width[MAX_LAYERS], first[MAX_LAYERS + 1];
static double *weights[MAX_LAYERS], *biases[MAX_LAYERS];
/* Affine forms of pre-activations in the inputs, by layer, on the region at hand. */
static double *forms[MAX_LAYERS];
/* Signs of neurons so far, and neurons of a layer that are still to be tried. */
static int *active, *list[MAX_LAYERS], listed[MAX_LAYERS];
static Dictionary *stack;  /* by depth */
static double *ratios;
static int quick;
static long regions;

static void *allocate(size_t bytes)
{
    void *block = calloc(bytes + 1, 1);
    if (!block) {
        fputs("out of memory\n", stderr);
        exit(1);
    }
    return block;
}

static inline double *column(const Dictionary *of, int j)
{
    return of->columns + (size_t)j * capacity;
}

/* Count a nonbasic variable from its other bound. */
static void flip_column(Dictionary *at, int j)
{
    double most = at->col_most[j], *own = column(at, j), *value = column(at, inputs);
    int x = at->input[capacity + j];
    for (int i = 0; i <= at->rows; i++) {
        value[i] += most * own[i];
        own[i] = -own[i];
    }
    at->base[x] += at->side[x] * most;
    at->side[x] = -at->side[x];
}

/* Count a basic variable from its other bound. */
static inline void flip_row(Dictionary *at, int r)
{
    int x = at->input[r];
    for (int j = 0; j <= inputs; j++)
        column(at, j)[r] = -column(at, j)[r];
    column(at, inputs)[r] += at->row_most[r];
    at->base[x] += at->side[x] * at->row_most[r];
    at->side[x] = -at->side[x];
}

/* Exchange the basic variable of a row for the nonbasic one of a column. */
static inline void pivot(Dictionary *at, int r, int j)
{
    int count = at->rows + 1, entering = at->input[capacity + j], leaving = at->input[r];
    double *restrict own = column(at, j), inverse = 1.0 / own[r], most = at->col_most[j];
    for (int k = 0; k <= inputs; k++) {
        double *restrict other = column(at, k), factor;
        if (k == j)
            continue;
        factor = other[r] * inverse;
        for (int i = 0; i < count; i++)
            other[i] -= factor * own[i];
        other[r] = -factor;
    }
    for (int i = 0; i < count; i++)
        own[i] *= inverse;
    own[r] = inverse;
    at->col_most[j] = at->row_most[r];
    at->row_most[r] = most;
    at->input[r] = entering;
    at->input[capacity + j] = leaving;
    if (entering >= 0)
        at->place[entering] = r;
    if (leaving >= 0)
        at->place[leaving] = -1 - j;
}

/* How far a nonbasic variable may grow; row: that of the bound that stops it, -1 for its own. */
static inline double find_step(const Dictionary *at, int j, int *row)
{
    const double *restrict own = column(at, j), *restrict value = column(at, inputs);
    const double *restrict most = at->row_most;
    double *restrict ratio = ratios, step = at->col_most[j];
    for (int i = 0; i < at->rows; i++) {
        double room = own[i] < 0.0 ? value[i] : most[i] - value[i], size = fabs(own[i]);
        ratio[i] = size > TOLERANCE ? room / size : INFINITY;
    }
    *row = -1;
    for (int i = 0; i < at->rows; i++)
        if (ratio[i] < step) {
            step = ratio[i];
            *row = i;
        }
    return step > 0.0 ? step : 0.0;
}

/* The column along which the last row falls most, or rises most for sign -1; -1: none. */
static inline int choose_column(const Dictionary *at, double sign, int pivots)
{
    int best = -1;
    double steepest = -TOLERANCE;
    for (int j = 0; j < inputs; j++) {
        double slope = sign * column(at, j)[at->rows];
        if (slope < steepest) {
            best = j;
            steepest = slope;
            if (pivots > PATIENCE)
                break;
        }
    }
    return best;
}

/* Let the variable of a column grow until that of row r stops it, or its own bound for r of -1. */
static inline void move_along(Dictionary *at, int j, int r)
{
    if (r < 0) {
        flip_column(at, j);
        return;
    }
    if (column(at, j)[r] > 0.0)
        flip_row(at, r);
    pivot(at, r, j);
}

/* Move to where sign times the last row is least; its value there. */
static inline double reach_optimum(Dictionary *at, double sign)
{
    for (int pivots = 0;; pivots++) {
        int j = choose_column(at, sign, pivots), r;
        if (j < 0)
            return column(at, inputs)[at->rows];
        find_step(at, j, &r);
        move_along(at, j, r);
    }
}

/*
 * Move to the last vertex before sign times the last row is less than -TOLERANCE: the column along
 * which it gets so. -1: along none, and nowhere.
 */
static inline int find_crossing(Dictionary *at, double sign)
{
    for (int pivots = 0;; pivots++) {
        int j = choose_column(at, sign, pivots), r;
        double step;
        if (j < 0)
            return -1;
        step = find_step(at, j, &r);
        if (sign * (column(at, inputs)[at->rows] + step * column(at, j)[at->rows]) < -TOLERANCE)
            return j;
        move_along(at, j, r);
    }
}

/* Append a pre-activation, given as a form in the inputs, as a row. */
static void append_form(Dictionary *at, const double *form)
{
    int r = at->rows;
    double constant = form[inputs];
    for (int j = 0; j < inputs; j++)
        column(at, j)[r] = 0.0;
    column(at, inputs)[r] = 0.0;
    for (int x = 0; x < inputs; x++) {
        double factor = form[x] * at->side[x];
        int i = at->place[x];
        constant += form[x] * at->base[x];
        if (i < 0)
            column(at, -1 - i)[r] += factor;
        else
            for (int j = 0; j <= inputs; j++)
                column(at, j)[r] += factor * column(at, j)[i];
    }
    column(at, inputs)[r] += constant;
    at->row_most[r] = INFINITY;
    at->input[r] = -1;
}

/* Forms of a layer's pre-activations where the layers before have the signs at hand. */
static void compose_layer(int layer)
{
    int stride = inputs + 1;
    for (int i = 0; i < width[layer]; i++) {
        double *restrict form = forms[layer] + (size_t)i * stride;
        memset(form, 0, stride * sizeof *form);
        for (int k = 0; k < width[layer - 1]; k++) {
            const double *restrict before = forms[layer - 1] + (size_t)k * stride;
            double weight = weights[layer][(size_t)i * width[layer - 1] + k];
            if (active[first[layer - 1] + k])
                for (int x = 0; x < stride; x++)
                    form[x] += weight * before[x];
        }
        form[inputs] += biases[layer][i];
    }
}

static void copy_dictionary(Dictionary *to, const Dictionary *from)
{
    size_t bytes = from->rows * sizeof(double);
    to->rows = from->rows;
    memcpy(to->place, from->place, inputs * sizeof(int));
    memcpy(to->input, from->input, from->rows * sizeof(int));
    memcpy(to->input + capacity, from->input + capacity, inputs * sizeof(int));
    memcpy(to->base, from->base, inputs * sizeof(double));
    memcpy(to->side, from->side, inputs * sizeof(double));
    memcpy(to->row_most, from->row_most, bytes);
    memcpy(to->col_most, from->col_most, inputs * sizeof(double));
    for (int j = 0; j <= inputs; j++)
        memcpy(column(to, j), column(from, j), bytes);
}

/* The textbook's way to split: see `split_region`. */
static int split_at_optima(int depth)
{
    Dictionary *at = &stack[depth];
    if (reach_optimum(at, -1.0) <= TOLERANCE)
        return NEGATIVE;
    at->rows++;
    copy_dictionary(&stack[depth + 1], at);
    at->rows--;
    if (reach_optimum(at, 1.0) >= -TOLERANCE)
        return POSITIVE;
    for (int j = 0; j <= inputs; j++)
        column(at, j)[at->rows] = -column(at, j)[at->rows];
    at->rows++;
    return NEGATIVE | POSITIVE;
}

/* Which signs the last row can have; with both, edge is a column along which it changes sign. */
static inline int find_signs(Dictionary *at, int *edge)
{
    double value = column(at, inputs)[at->rows], sign = value < 0.0 ? -1.0 : 1.0;
    /* A vertex on the hyperplane shows no sign yet: the first one is looked for too. */
    if (fabs(value) <= TOLERANCE && find_crossing(at, -sign) < 0)
        return sign > 0.0 ? NEGATIVE : POSITIVE;
    *edge = find_crossing(at, sign);
    if (*edge < 0)
        return sign > 0.0 ? POSITIVE : NEGATIVE;
    return NEGATIVE | POSITIVE;
}

/* The quick way to split: see `split_region`. */
static int split_on_edge(int depth)
{
    Dictionary *at = &stack[depth];
    int edge = -1, signs = find_signs(at, &edge);
    if (signs != (NEGATIVE | POSITIVE))
        return signs;
    pivot(at, at->rows, edge);
    at->rows++;
    copy_dictionary(&stack[depth + 1], at);
    for (int i = 0; i < at->rows; i++)
        column(at, edge)[i] = -column(at, edge)[i];
    return signs;
}

/*
 * Which signs the neuron of the last row can have. With both, the dictionary of this depth becomes
 * the negative side's, and that of the next the positive one's; but for the last neuron of all,
 * whose sides nobody reads.
 */
static int split_region(int depth, int last)
{
    int edge;
    if (!quick)
        return split_at_optima(depth);
    return last ? find_signs(&stack[depth], &edge) : split_on_edge(depth);
}

/*
 * List neurons of a layer that are to be tried on the regions inside this one: all, or in the quick
 * way those that can have both signs here. Other ones keep their sign.
 */
static void enter_layer(int layer, int depth)
{
    Dictionary *at = &stack[depth];
    if (layer > 0)
        compose_layer(layer);
    listed[layer] = 0;
    for (int i = 0; i < width[layer]; i++) {
        int edge, signs = NEGATIVE | POSITIVE;
        if (quick) {
            append_form(at, forms[layer] + (size_t)i * (inputs + 1));
            signs = find_signs(at, &edge);
        }
        active[first[layer] + i] = signs == POSITIVE;
        if (signs == (NEGATIVE | POSITIVE))
            list[layer][listed[layer]++] = i;
    }
}

/* Count the regions that a region is cut into by a listed neuron and those after it. */
static void search(int index, int layer, int depth)
{
    int unit, signs, last;
    while (index == listed[layer]) {
        if (layer + 1 == layers) {
            regions++;
            return;
        }
        enter_layer(++layer, depth);
        index = 0;
    }
    unit = list[layer][index];
    last = layer + 1 == layers && index + 1 == listed[layer];
    append_form(&stack[depth], forms[layer] + (size_t)unit * (inputs + 1));
    signs = split_region(depth, last);
    if (last) {
        regions += signs == (NEGATIVE | POSITIVE) ? 2 : 1;
        return;
    }
    if (signs & POSITIVE) {
        active[first[layer] + unit] = 1;
        search(index + 1, layer, signs & NEGATIVE ? depth + 1 : depth);
    }
    if (signs & NEGATIVE) {
        active[first[layer] + unit] = 0;
        search(index + 1, layer, depth);
    }
}

static void read_network(const char *path)
{
    FILE *file = fopen(path, "r");
    int ok = file && fscanf(file, "%d %d", &inputs, &layers) == 2 && layers <= MAX_LAYERS;
    for (int layer = 0; ok && layer < layers; layer++) {
        int before = layer ? width[layer - 1] : inputs, size;
        ok = fscanf(file, "%d", &width[layer]) == 1;
        size = ok ? width[layer] * before : 0;
        weights[layer] = allocate(size * sizeof(double));
        list[layer] = allocate(width[layer] * sizeof(int));
        biases[layer] = allocate(width[layer] * sizeof(double));
        forms[layer] = allocate((size_t)width[layer] * (inputs + 1) * sizeof(double));
        for (int i = 0; ok && i < size; i++)
            ok = fscanf(file, "%lf", &weights[layer][i]) == 1;
        for (int i = 0; ok && i < width[layer]; i++)
            ok = fscanf(file, "%lf", &biases[layer][i]) == 1;
        first[layer + 1] = neurons += width[layer];
    }
    if (!ok) {
        fprintf(stderr, "%s is no network\n", path);
        exit(1);
    }
    fclose(file);
}

/* Room for a dictionary at every depth; forms of the first layer. */
static void prepare(void)
{
    capacity = (neurons + 1 + 7) / 8 * 8;
    active = allocate(neurons * sizeof(int));
    ratios = allocate(capacity * sizeof(double));
    stack = allocate((neurons + 1) * sizeof(Dictionary));
    for (int depth = 0; depth <= neurons; depth++) {
        Dictionary *at = &stack[depth];
        at->place = allocate(inputs * sizeof(int));
        at->input = allocate((capacity + inputs) * sizeof(int));
        at->base = allocate(inputs * sizeof(double));
        at->side = allocate(inputs * sizeof(double));
        at->row_most = allocate(capacity * sizeof(double));
        at->col_most = allocate(inputs * sizeof(double));
        at->columns = allocate((size_t)(inputs + 1) * capacity * sizeof(double));
    }
    for (int i = 0; i < width[0]; i++) {
        double *form = forms[0] + (size_t)i * (inputs + 1);
        memcpy(form, weights[0] + (size_t)i * inputs, inputs * sizeof(double));
        form[inputs] = biases[0][i];
    }
}

/* Regions of the box: every input starts nonbasic, at -1. */
static void count_regions(void)
{
    Dictionary *at = &stack[0];
    regions = at->rows = 0;
    for (int x = 0; x < inputs; x++) {
        at->place[x] = -1 - x;
        at->input[capacity + x] = x;
        at->base[x] = -1.0;
        at->side[x] = 1.0;
        at->col_most[x] = 2.0;
    }
    enter_layer(0, 0);
    search(0, 0, 0);
}

int main(int count, char **arguments)
{
    double patience = count > 3 ? atof(arguments[3]) : 0.0, spent;
    long rounds = 0;
    clock_t began;
    if (count < 3) {
        fputs("usage: compiled_limit NET plain|quick [SECONDS]\n", stderr);
        return 2;
    }
    quick = !strcmp(arguments[2], "quick");
    read_network(arguments[1]);
    prepare();
    began = clock();
    do {
        count_regions();
        rounds++;
        spent = (double)(clock() - began) / CLOCKS_PER_SEC;
    } while (spent < patience);
    printf("%ld %.9f\n", regions, spent / rounds);
    return 0;
}
