/* Patterns at every place of one plane: directly or by waves, and who works on what. */
#ifndef TORIMEM_MATCH_H
#define TORIMEM_MATCH_H

#include "engine.h"

/* A pattern, and where its score at every place goes: `height` x `width` doubles. */
struct pattern {
    const double *cells;
    ptrdiff_t rows, columns;
    double *out;
};

struct match {
    const struct engine *engine;
    const void *plane;
    int twice; /* float64 */
    ptrdiff_t height, width;
    struct pattern *patterns;
    ptrdiff_t count;
    int normalised, threads;
    double worth; /* cells times cells of patterns from which on more threads than one are used */
};

/* Sums of products or, `normalised`, zero-mean likeness in [-1, 1]; patterns for that have a mean of 0.
 * Returns 0, or -1 where there is not enough memory. */
int match(const struct match *call);

#endif
