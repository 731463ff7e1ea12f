/* n steps of many planes: who goes which way, and who works on what. */
#ifndef TORIMEM_ADVANCE_H
#define TORIMEM_ADVANCE_H

#include "engine.h"

struct advance {
    const struct engine *engine;
    int twice; /* float64 */
    ptrdiff_t batch, layers, height, width;
    const struct stencil *stencils; /* one for each layer */
    const int64_t *n;               /* one for each item of the batch, or one for all */
    int uniform;
    int64_t done; /* the steps that were made in calls before, where one call would be too long */
    int64_t longest; /* more steps than these are jumped; below 0: never */
    int exact, threads;
    double worth; /* cells times steps from which on more threads than one are used */
};

/* Returns 0, or -1 where there is not enough memory; then nothing has been written. */
int advance_fields(const struct advance *call, const char *from, char *to);

#endif
