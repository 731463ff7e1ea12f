/* Template: steps of the five-point stencil, rows two at a time, the edges wrapped in registers.
 *
 * A row in scratch starts on a vector and is padded to whole ones; what the padding holds is never used. No halo
 * cells are kept: a scalar store next to a vector load would stall it.
 */

enum { N(EVEN), N(ANY), N(EXACT_EVEN), N(EXACT_ANY) };

/* One weight: the nearest number of the type, the one on the exact weight's other side, and how often that one has
 * to take its turn so that both together are exact on average. Else every step would err the same way, and the mean
 * of a field would drift. */
struct N(weight) {
    REAL near, other;
    double share;
};

struct N(weights) {
    struct N(weight) c, n, s, w, e;
    MASK end, tail; /* of a row's last vector: the lane of the last cell, and all lanes that hold cells */
    ptrdiff_t width, vectors, stride;
    int form;
};

/* The weights of one step in every lane. */
struct N(lot) {
    V c, n, s, w, e;
};

INLINE ptrdiff_t N(row_stride)(ptrdiff_t width) {
    ptrdiff_t stride = ALIGN(width);
    /* rows a multiple of 1 KiB apart would fall on the same few lines of the cache */
    return stride * (ptrdiff_t)sizeof(REAL) % 1024 ? stride : stride + LANES;
}

INLINE struct N(weight) N(weigh)(double exact, int alone) {
    struct N(weight) weight = {(REAL)exact, (REAL)exact, 0};
    double off = exact - (double)weight.near;
    if (!alone || off == 0) return weight;
    weight.other = (REAL)(sizeof(REAL) == 4 ? (double)nextafterf((float)exact, off > 0 ? INFINITY : -INFINITY) : exact);
    weight.share = off / ((double)weight.other - (double)weight.near);
    return weight;
}

static void N(prepare)(struct N(weights) *weights, const struct stencil *given, ptrdiff_t width, int exact) {
    weights->c = N(weigh)(given->c, !exact), weights->n = N(weigh)(given->n, !exact);
    weights->s = N(weigh)(given->s, !exact), weights->w = N(weigh)(given->w, !exact);
    weights->e = N(weigh)(given->e, !exact);
    REAL n = weights->n.near;
    int even = n == weights->s.near && n == weights->w.near && n == weights->e.near;
    if (!exact) even = given->n == given->s && given->n == given->w && given->n == given->e;
    weights->width = width;
    weights->vectors = ALIGN(width) / LANES;
    weights->stride = N(row_stride)(width);
    weights->form = exact ? (even ? N(EXACT_EVEN) : N(EXACT_ANY)) : (even ? N(EVEN) : N(ANY));
    weights->end = (MASK){0};
    weights->end[(width - 1) % LANES] = -1;
    for (ptrdiff_t lane = 0; lane < LANES; lane++) weights->tail[lane] = lane <= (width - 1) % LANES ? -1 : 0;
}

/* A weight in step number `step`: its turns are spread as evenly as whole steps can be. */
INLINE V N(at)(struct N(weight) weight, int64_t step) {
    if (weight.share == 0) return N(all)(weight.near);
    double turn = floor((double)(step + 1) * weight.share + 0.5) - floor((double)step * weight.share + 0.5);
    return N(all)(turn > 0 ? weight.other : weight.near);
}

INLINE struct N(lot) N(lot_at)(const struct N(weights) *by, int64_t step) {
    return (struct N(lot)){N(at)(by->c, step), N(at)(by->n, step), N(at)(by->s, step), N(at)(by->w, step),
                           N(at)(by->e, step)};
}

INLINE V N(cell)(struct N(lot) by, int form, V here, V north, V south, V west, V east) {
    switch (form) {
    case N(EVEN):
        return FMA(by.c, here, by.n * ((north + south) + (west + east)));
    case N(ANY):
        return FMA(by.c, here, FMA(by.n, north, FMA(by.s, south, FMA(by.w, west, by.e * east))));
    case N(EXACT_EVEN):
        return by.c * here + ((north + south) + (west + east)) * by.n;
    default:
        return (((by.c * here + by.n * north) + by.s * south) + by.w * west) + by.e * east;
    }
}

/* Two rows: `row[0]` .. `row[3]` are four rows in a column, and the middle two step to `out[0]` and `out[1]`, which
 * have no padding to write over where they are `direct`. */
INLINE void N(two_rows)(const struct N(weights) *of, struct N(lot) by, int form, const REAL *const row[4],
                        REAL *const out[2], int direct) {
    const ptrdiff_t width = of->width;
    const MASK end = of->end;
    const REAL *above = row[0], *first = row[1], *second = row[2], *below = row[3];
    REAL *to_first = out[0], *to_second = out[1];
    V before_first = N(all)(first[width - 1]), before_second = N(all)(second[width - 1]);
    V end_first = N(all)(first[0]), end_second = N(all)(second[0]);
    V here_first = N(load)(first), here_second = N(load)(second);
    ptrdiff_t at = 0, last = (of->vectors - 1) * LANES;
    for (; at < last; at += LANES) {
        V after_first = N(load)(first + at + LANES), after_second = N(load)(second + at + LANES);
        V north = N(load)(above + at), south = N(load)(below + at);
        N(store)(to_first + at, N(cell)(by, form, here_first, north, here_second,
                                        N(left)(before_first, here_first), N(right)(here_first, after_first)));
        N(store)(to_second + at, N(cell)(by, form, here_second, here_first, south,
                                         N(left)(before_second, here_second), N(right)(here_second, after_second)));
        before_first = here_first, here_first = after_first;
        before_second = here_second, here_second = after_second;
    }
    V north = N(load)(above + at), south = N(load)(below + at);
    V east_first = N(choose)(end, end_first, N(right)(here_first, end_first));
    V east_second = N(choose)(end, end_second, N(right)(here_second, end_second));
    V west_first = N(left)(before_first, here_first), west_second = N(left)(before_second, here_second);
    V first_last = N(cell)(by, form, here_first, north, here_second, west_first, east_first);
    V second_last = N(cell)(by, form, here_second, here_first, south, west_second, east_second);
    if (direct) {
        STORE_TAIL(to_first + at, first_last, of->tail, width - at);
        STORE_TAIL(to_second + at, second_last, of->tail, width - at);
    } else {
        N(store)(to_first + at, first_last), N(store)(to_second + at, second_last);
    }
}

/* `function` compiled once for each form, and the one called that `by` asks for. */
#define FOR_EACH_FORM(function, ...)                                      \
    switch (by.form) {                                                    \
    case N(EVEN): function(N(EVEN), by, __VA_ARGS__); break;              \
    case N(ANY): function(N(ANY), by, __VA_ARGS__); break;                \
    case N(EXACT_EVEN): function(N(EXACT_EVEN), by, __VA_ARGS__); break;  \
    default: function(N(EXACT_ANY), by, __VA_ARGS__);                     \
    }

INLINE void N(read_row)(REAL *to, const REAL *from, ptrdiff_t width) {
    for (ptrdiff_t at = 0; at < width; at += LANES) N(store)(to + at, N(load_some)(from + at, width - at));
}

INLINE void N(write_row)(REAL *to, const REAL *from, ptrdiff_t width) {
    for (ptrdiff_t at = 0; at < width; at += LANES) N(store_some)(to + at, N(load)(from + at), width - at);
}

/* One step of a whole plane from rows `stride` apart to rows `out_stride` apart. The last row is read at `end`, and
 * where the number of rows is odd `spare` takes what has no row to go to. */
INLINE void N(step)(const struct N(weights) *of, struct N(lot) by, int form, const REAL *from, ptrdiff_t stride, const REAL *end, REAL *to,
                    ptrdiff_t out_stride, int direct, ptrdiff_t height, REAL *spare, const REAL *ahead,
                    ptrdiff_t pace) {
    const REAL *above = end, *here = height > 1 ? from : end;
    for (ptrdiff_t y = 0; y < height; y += 2) {
        const REAL *below = y + 1 < height - 1 ? from + (y + 1) * stride : y + 1 < height ? end : from;
        const REAL *next = y + 2 < height - 1 ? from + (y + 2) * stride : y + 2 < height ? end : from;
        if (height == 1) below = next = end;
        const REAL *const row[4] = {above, here, below, next};
        REAL *const out[2] = {to + y * out_stride, y + 1 < height ? to + (y + 1) * out_stride : spare};
        for (const REAL *until = ahead + pace; ahead < until; ahead += 64 / sizeof(REAL)) __builtin_prefetch(ahead, 0, 2);
        N(two_rows)(of, by, form, row, out, direct);
        above = below, here = next;
    }
}

static size_t N(small_scratch)(ptrdiff_t height, ptrdiff_t width) {
    return (size_t)((2 * height + 2) * N(row_stride)(width) + LANES) * sizeof(REAL) + BYTES;
}

/* The first step reads the plane where it lies, vectors running on into the next row; the last row is copied. */
INLINE void N(small_as)(int form, struct N(weights) by, const REAL *from, REAL *to, ptrdiff_t height, int64_t done,
                        int64_t n, const REAL *ahead, REAL *scratch) {
    ptrdiff_t width = by.width, stride = by.stride, source_stride = width;
    REAL *spare = scratch, *end_row = spare + stride, *here = end_row + stride, *there = here + height * stride + LANES;
    const REAL *source = from, *end = end_row;
    if (n == 1 && from == to) { /* a plane to be written over at once is set aside as it lies */
        memcpy(here, from, (size_t)(height * width) * sizeof(REAL));
        source = here, end = here + (height - 1) * width;
    } else if (width < LANES) {
        for (ptrdiff_t y = 0; y < height; y++) N(read_row)(here + y * stride, from + y * width, width);
        source = here, source_stride = stride, end = here + (height - 1) * stride;
    } else {
        N(read_row)(end_row, from + (height - 1) * width, width);
    }
    /* the next plane is fetched meanwhile, evenly over all steps */
    ptrdiff_t pace = ahead ? 2 * width / n : 0;
    for (int64_t step = 0; step < n; step++) {
        int direct = step == n - 1; /* written where it belongs */
        REAL *target = direct ? to : source == here ? there : here;
        ptrdiff_t target_stride = direct ? width : stride;
        N(step)(&by, N(lot_at)(&by, done + step), form, source, source_stride, end, target, target_stride, direct, height, spare,
                ahead + (ahead ? height * width * step / n : 0), pace);
        source = target, source_stride = target_stride, end = target + (height - 1) * target_stride;
    }
}

static void N(small)(const void *from, void *to, ptrdiff_t height, ptrdiff_t width, const struct stencil *stencil,
                     int64_t done, int64_t n, int exact, const void *ahead, void *scratch) {
    struct N(weights) by;
    N(prepare)(&by, stencil, width, exact);
    FOR_EACH_FORM(N(small_as), from, to, height, done, n, ahead, N(aligned)(scratch))
}

/* Of each level but the last, the four rows that the next one reads; then two rows on their way out. */
static size_t N(pass_scratch)(ptrdiff_t width, int steps) {
    return (size_t)((4 * steps + 2) * N(row_stride)(width)) * sizeof(REAL) + BYTES;
}

INLINE void N(pass_as)(int form, struct N(weights) by, const REAL *from, REAL *to, int steps, int64_t done,
                       const struct band *band, REAL *scratch) {
    ptrdiff_t width = by.width, stride = by.stride, rows = band->last - band->first, total = rows + 2 * steps;
    const REAL *above = band->above, *below = band->below;
    REAL *leaving = scratch + 4 * steps * stride;
    struct N(lot) lots[MOST_STEPS_A_PASS];
    for (int level = 0; level < steps; level++) lots[level] = N(lot_at)(&by, done + level);
    /* level t holds rows that have made t steps; its row r is at slot r mod 4 of its ring */
    for (ptrdiff_t front = 0; front - steps < total - steps; front += 2) {
        for (ptrdiff_t row = front; row < front + 2 && row < total; row++) {
            const REAL *source = row < steps           ? above + row * width
                                 : row < total - steps ? from + (band->first + row - steps) * width
                                                       : below + (row - (total - steps)) * width;
            N(read_row)(scratch + (row & 3) * stride, source, width);
        }
        for (int level = 1; level <= steps; level++) {
            ptrdiff_t row = front - level;
            if (row + 1 < level || row > total - 1 - level) continue;
            REAL *ring = scratch + 4 * (level - 1) * stride;
            const REAL *const four[4] = {ring + ((row - 1) & 3) * stride, ring + (row & 3) * stride,
                                         ring + ((row + 1) & 3) * stride, ring + ((row + 2) & 3) * stride};
            REAL *next = ring + 4 * stride;
            REAL *const out[2] = {level < steps ? next + (row & 3) * stride : leaving,
                                  level < steps ? next + ((row + 1) & 3) * stride : leaving + stride};
            N(two_rows)(&by, lots[level - 1], form, four, out, 0);
            if (level == steps)
                for (int i = 0; i < 2; i++)
                    if (row + i >= steps && row + i < total - steps)
                        N(write_row)(to + (band->first + row + i - steps) * width, leaving + i * stride, width);
        }
    }
}

static void N(pass)(const void *from, void *to, ptrdiff_t width, const struct stencil *stencil, int steps, int64_t done,
                    int exact, const struct band *band, void *scratch) {
    struct N(weights) by;
    N(prepare)(&by, stencil, width, exact);
    REAL *aligned = N(aligned)(scratch);
    memset(aligned, 0, N(pass_scratch)(width, steps) - BYTES); /* stale numbers could be slow or not finite */
    FOR_EACH_FORM(N(pass_as), from, to, steps, done, band, aligned)
}
