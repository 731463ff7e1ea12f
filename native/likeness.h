/* Template: a pattern against every place of a plane, in double whatever the cells are.
 *
 * A band of rows is first copied as doubles, wrapped as far as the pattern reaches. Small patterns are then compared
 * place by place. For large ones the products come from Fourier transforms, and only the windows' own spread is
 * worked out here.
 */

enum { N(BLOCK_OF_PLACES) = 4 };

INLINE ptrdiff_t N(wide_stride)(const struct matching *m) {
    return ALIGN(m->width + m->columns - 1) + N(BLOCK_OF_PLACES) * LANES; /* a block may run past the last place */
}

static size_t N(match_scratch)(const struct matching *m, ptrdiff_t rows) {
    return (size_t)((rows + m->rows + 4) * N(wide_stride)(m)) * sizeof(REAL) + BYTES;
}

/* Rows first .. first+count-1 of the plane, the last ones beyond its edge, each going on for the pattern's width. */
static void N(widen)(const struct matching *m, ptrdiff_t first, ptrdiff_t count, REAL *to) {
    ptrdiff_t stride = N(wide_stride)(m), length = m->width + m->columns - 1;
    for (ptrdiff_t row = 0; row < count; row++, to += stride) {
        ptrdiff_t at = (first + row) % m->height * m->width;
        if (m->twice) {
            const double *from = (const double *)m->plane + at;
            for (ptrdiff_t x = 0; x < m->width; x++) to[x] = from[x] * m->scale - m->shift;
        } else {
            const float *from = (const float *)m->plane + at;
            for (ptrdiff_t x = 0; x < m->width; x++) to[x] = (double)from[x] * m->scale - m->shift;
        }
        memcpy(to + m->width, to, (size_t)(length - m->width) * sizeof(REAL));
        memset(to + length, 0, (size_t)(stride - length) * sizeof(REAL));
    }
}

/* The sums of pattern times cells, at places of one row. */
static void N(correlate)(const struct matching *m, double *out, ptrdiff_t first, ptrdiff_t last, void *scratch) {
    REAL *wide = N(aligned)(scratch);
    ptrdiff_t stride = N(wide_stride)(m);
    N(widen)(m, first, last - first + m->rows - 1, wide);
    for (ptrdiff_t y = 0; y < last - first; y++)
        for (ptrdiff_t x = 0; x < m->width; x += N(BLOCK_OF_PLACES) * LANES) {
            V sum[N(BLOCK_OF_PLACES)] = {{0}};
            for (ptrdiff_t j = 0; j < m->rows; j++)
                for (ptrdiff_t i = 0; i < m->columns; i++) {
                    V weight = N(all)(m->pattern[j * m->columns + i]);
                    const REAL *cells = wide + (y + j) * stride + x + i;
                    for (int b = 0; b < N(BLOCK_OF_PLACES); b++)
                        sum[b] = FMA(weight, N(load)(cells + b * LANES), sum[b]);
                }
            REAL *to = out + (first + y) * m->width + x;
            for (int b = 0; b < N(BLOCK_OF_PLACES); b++) N(store_some)(to + b * LANES, sum[b], m->width - x - b * LANES);
        }
}

#ifdef GUESS
/* Newton's steps from 14 good bits, a fifth of the time of a root and a division. */
INLINE V N(one_over_root)(V value) {
    V root = GUESS(value), half = value * 0.5;
    for (int step = 0; step < 2; step++) root = FMA(root, FMA(-(half * root), root, N(all)(0.5)), root);
    return root;
}
#undef GUESS
#endif

/* Product sums over the windows' and the pattern's size, between -1 and 1; 0 where a window has no spread. `norm` is
 * one over the pattern's. */
INLINE V N(score)(V product, V spread, V norm) {
    V zero = {0}, one = N(all)(1);
    MASK some = (MASK)(spread > zero);
    V score = product * (ONE_OVER_ROOT(N(choose)(some, spread, one)) * norm);
    return N(choose)(some, N(least)(N(most)(score, -one), one), zero);
}

/* Blocks of places compared cell by cell. All is measured from the cell in the middle of the window, so that a faint
 * window far from zero loses no digits, and one that is the same all over has a spread of exactly 0. */
INLINE void N(compare)(const struct matching *m, const REAL *cells, ptrdiff_t stride, int blocks, V *scores) {
    V product[N(BLOCK_OF_PLACES)], sum[N(BLOCK_OF_PLACES)], square[N(BLOCK_OF_PLACES)], middle[N(BLOCK_OF_PLACES)];
    for (int b = 0; b < blocks; b++) {
        product[b] = sum[b] = square[b] = (V){0};
        middle[b] = N(load)(cells + m->rows / 2 * stride + m->columns / 2 + b * LANES);
    }
    for (ptrdiff_t j = 0; j < m->rows; j++)
        for (ptrdiff_t i = 0; i < m->columns; i++) {
            V weight = N(all)(m->pattern[j * m->columns + i]);
            for (int b = 0; b < blocks; b++) {
                V cell = N(load)(cells + j * stride + i + b * LANES) - middle[b];
                product[b] = FMA(weight, cell, product[b]);
                sum[b] += cell;
                square[b] = FMA(cell, cell, square[b]);
            }
        }
    V share = N(all)(1 / (double)(m->rows * m->columns)), norm = N(all)(1 / m->norm);
    for (int b = 0; b < blocks; b++)
        scores[b] = N(score)(product[b], FMA(-(sum[b] * share), sum[b], square[b]), norm);
}

static void N(likeness)(const struct matching *m, double *out, ptrdiff_t first, ptrdiff_t last, void *scratch) {
    REAL *wide = N(aligned)(scratch);
    ptrdiff_t stride = N(wide_stride)(m);
    N(widen)(m, first, last - first + m->rows - 1, wide);
    for (ptrdiff_t y = 0; y < last - first; y++)
        for (ptrdiff_t x = 0; x < m->width; x += N(BLOCK_OF_PLACES) * LANES) {
            V scores[N(BLOCK_OF_PLACES)];
            N(compare)(m, wide + y * stride + x, stride, N(BLOCK_OF_PLACES), scores);
            REAL *to = out + (first + y) * m->width + x;
            for (int b = 0; b < N(BLOCK_OF_PLACES); b++)
                N(store_some)(to + b * LANES, scores[b], m->width - x - b * LANES);
        }
}

/* Sums of `count` neighbours to the right, from sums of 1, 2, 4 ... of them; `spare` is a row of scratch. */
static void N(run_sums)(const REAL *from, REAL *to, ptrdiff_t count, ptrdiff_t width, REAL *powers) {
    ptrdiff_t reach = width + count - 1, done = 0;
    const REAL *source = from;
    for (ptrdiff_t size = 1; size <= count; size *= 2) {
        if (count & size) { /* the sums of `size` cells from `done` on */
            for (ptrdiff_t x = 0; x < width; x += LANES) {
                V part = N(load)(source + x + done);
                N(store)(to + x, done ? N(load)(to + x) + part : part);
            }
            done += size;
        }
        if (2 * size <= count) {
            for (ptrdiff_t x = 0; x < reach; x += LANES)
                N(store)(powers + x, N(load)(source + x) + N(load)(source + x + size));
            source = powers;
        }
    }
}

/* The spread of every window of a band: its squares less the square of its sum; and the greatest of them. */
static double N(spreads)(const struct matching *m, double *out, ptrdiff_t first, ptrdiff_t last, void *scratch) {
    REAL *wide = N(aligned)(scratch);
    ptrdiff_t stride = N(wide_stride)(m), rows = last - first;
    REAL *sums = wide + (rows + m->rows - 1) * stride, *squares = sums + stride, *powers = squares + stride;
    REAL *sum = powers + stride, *square = sum + stride;
    V share = N(all)(1 / (double)(m->rows * m->columns)), greatest = {0};
    N(widen)(m, first, rows + m->rows - 1, wide);
    memset(sums, 0, 2 * (size_t)stride * sizeof(REAL));
    memset(powers, 0, (size_t)stride * sizeof(REAL));
    for (ptrdiff_t row = 0; row < rows + m->rows - 1; row++) { /* sums over columns, a row coming in, one going */
        const REAL *comes = wide + row * stride, *goes = row < m->rows ? NULL : wide + (row - m->rows) * stride;
        for (ptrdiff_t x = 0; x < stride; x += LANES) {
            V in = N(load)(comes + x), gone = goes ? N(load)(goes + x) : (V){0};
            N(store)(sums + x, N(load)(sums + x) + (in - gone));
            N(store)(squares + x, FMA(in, in, FMA(-gone, gone, N(load)(squares + x))));
        }
        ptrdiff_t y = row - (m->rows - 1);
        if (y < 0) continue;
        N(run_sums)(sums, sum, m->columns, m->width, powers);
        N(run_sums)(squares, square, m->columns, m->width, powers);
        for (ptrdiff_t x = 0; x < m->width; x += LANES) {
            V here = N(load)(sum + x), spread = FMA(-(here * share), here, N(load)(square + x));
            if (m->width - x >= LANES) greatest = N(most)(greatest, spread);
            for (ptrdiff_t i = x; m->width - x < LANES && i < m->width; i++)
                if (spread[i - x] > greatest[0]) greatest[0] = spread[i - x];
            N(store_some)(out + (first + y) * m->width + x, spread, m->width - x);
        }
    }
    double most = 0;
    for (int i = 0; i < LANES; i++) most = greatest[i] > most ? greatest[i] : most;
    return most;
}

/* Whether all cells that LANES windows see are the same, as most are where little is lit. */
INLINE int N(flat)(const struct matching *m, const REAL *cells, ptrdiff_t stride) {
    const V first = N(all)(cells[0]);
    for (ptrdiff_t j = 0; j < m->rows; j++) {
        MASK differs = {0};
        for (ptrdiff_t i = 0; i < m->columns + LANES - 1; i += LANES)
            differs |= (MASK)(N(load)(cells + j * stride + i) != first);
        for (int lane = 0; lane < LANES; lane++)
            if (differs[lane]) return 0;
    }
    return 1;
}

/* Products to scores. A spread of no more than `faint` is rounding for the most part: there cells are compared. */
static void N(normalise)(const struct matching *m, const double *spreads, double faint, double *out, ptrdiff_t first,
                         ptrdiff_t last, void *scratch) {
    REAL *wide = N(aligned)(scratch);
    ptrdiff_t stride = N(wide_stride)(m);
    int widened = 0;
    V norm = N(all)(1 / m->norm), bar = N(all)(faint);
    for (ptrdiff_t y = first; y < last; y++)
        for (ptrdiff_t x = 0; x < m->width; x += LANES) {
            ptrdiff_t left = m->width - x;
            REAL *at = out + y * m->width + x;
            V spread = N(load_some)(spreads + y * m->width + x, left);
            V scores = N(score)(N(load_some)(at, left), spread, norm);
            MASK unsure = (MASK)(spread <= bar);
            int any = 0;
            for (int i = 0; i < LANES && i < left; i++) any |= unsure[i] != 0;
            if (any) {
                V exact = {0};
                if (!widened) N(widen)(m, first, last - first + m->rows - 1, wide), widened = 1;
                const REAL *cells = wide + (y - first) * stride + x;
                if (!N(flat)(m, cells, stride)) N(compare)(m, cells, stride, 1, &exact);
                scores = N(choose)(unsure, exact, scores);
            }
            N(store_some)(at, scores, left);
        }
}
