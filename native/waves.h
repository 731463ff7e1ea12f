/* The waves of a torus: which sides a transform is known for, and what jumps and correlations of one size share. */
#ifndef TORIMEM_WAVES_H
#define TORIMEM_WAVES_H

#include "engine.h"

/* Whether a transform of this length is known: whether its prime factors are all small. */
int smooth(ptrdiff_t length);

/* Fill `waves` for planes of that size, in one block of memory that the caller frees; NULL where there is none. */
void *waves_of(ptrdiff_t height, ptrdiff_t width, const struct operations *operations, int twice,
               struct waves *waves);

#endif
