#include "waves.h"

#include <math.h>
#include <stdlib.h>

/* The radices of a length; 0 where one would be too large. */
static int factor(ptrdiff_t length, struct plan *plan) {
    plan->length = length, plan->stages = 0, plan->turns_count = 0;
    for (int radix = 4; length > 1;) {
        if (length % radix) {
            radix = radix == 4 ? 2 : radix == 2 ? 3 : radix + 2;
            if (radix > LARGEST_RADIX) return 0;
            continue;
        }
        plan->radix[plan->stages++] = radix;
        plan->turns_count += (length / radix) * (radix - 1) + radix;
        length /= radix;
    }
    return 1;
}

int smooth(ptrdiff_t length) {
    struct plan plan;
    return factor(length, &plan);
}

void *waves_of(ptrdiff_t height, ptrdiff_t width, const struct operations *operations, int twice,
               struct waves *waves) {
    const double pi = 3.14159265358979323846;
    ptrdiff_t padded = height + MOST_LANES; /* rows of the spectrum come in whole vectors */
    waves->height = height, waves->width = width;
    if (!factor(height, &waves->along_y) || !factor(width, &waves->along_x)) return NULL;
    size_t turn = twice ? 16 : 8;
    size_t turns_y = turn * (size_t)waves->along_y.turns_count, turns_x = turn * (size_t)waves->along_x.turns_count;
    char *block = calloc(1, 16 * (size_t)(padded + width) + turns_y + turns_x + 1);
    if (!block) return NULL;
    waves->bend_y = (double *)block, waves->lean_y = waves->bend_y + padded;
    waves->bend_x = waves->lean_y + padded, waves->lean_x = waves->bend_x + width;
    waves->along_y.turns = waves->lean_x + width, waves->along_x.turns = (char *)waves->along_y.turns + turns_y;
    for (ptrdiff_t y = 0; y < height; y++) {
        double half = sin(pi * (double)y / (double)height); /* 1 - cos a = 2 sin^2(a/2) keeps slow waves exact */
        waves->bend_y[y] = 2 * half * half, waves->lean_y[y] = sin(2 * pi * (double)y / (double)height);
    }
    for (ptrdiff_t x = 0; x < width; x++) {
        double half = sin(pi * (double)x / (double)width);
        waves->bend_x[x] = 2 * half * half, waves->lean_x[x] = sin(2 * pi * (double)x / (double)width);
    }
    operations->turns(&waves->along_y);
    operations->turns(&waves->along_x);
    return block;
}
