/* Template: n steps in one multiplication, every wave by its eigenvalue to the n.
 *
 * Columns are transformed first, two blocks of LANES columns as real and imaginary parts of one transform; of each
 * column's waves only the first half is kept, for the other half mirrors it. The rows of that half spectrum are
 * then transformed LANES at a time, multiplied, and the way is gone back.
 */

enum { N(BLOCK) = 2 * LANES };

static ptrdiff_t N(column_parts)(ptrdiff_t width) { return (width + N(BLOCK) - 1) / N(BLOCK); }
static ptrdiff_t N(row_parts)(ptrdiff_t height) { return ALIGN(height / 2 + 1) / LANES; }

/* A row of the spectrum; rows a multiple of 4 KiB apart would fall on the same lines of the cache. */
INLINE ptrdiff_t N(spectrum_stride)(ptrdiff_t width) { return N(column_parts)(width) * N(BLOCK) + LANES; }

static size_t N(spectrum_size)(ptrdiff_t height, ptrdiff_t width) {
    return (size_t)(2 * N(row_parts)(height) * LANES * N(spectrum_stride)(width)) * sizeof(REAL) + BYTES;
}

static size_t N(table_size)(ptrdiff_t height, ptrdiff_t width, int leaning) {
    return (size_t)((1 + leaning) * N(row_parts)(height) * LANES * width) * sizeof(REAL) + BYTES;
}

static size_t N(jump_scratch)(ptrdiff_t height, ptrdiff_t width) {
    return (size_t)(4 * (height > width ? height : width) + 1) * BYTES;
}

static void N(extent)(const void *cells, ptrdiff_t count, double *low, double *high) {
    const REAL *from = cells;
    V least = N(all)(from[0]), most = least;
    ptrdiff_t at = 0;
    for (; at + LANES <= count; at += LANES) {
        V here = N(load)(from + at);
        least = N(least)(here, least), most = N(most)(here, most);
    }
    *low = (double)from[0], *high = (double)from[0];
    for (ptrdiff_t lane = 0; lane < LANES; lane++) {
        if ((double)least[lane] < *low) *low = (double)least[lane];
        if ((double)most[lane] > *high) *high = (double)most[lane];
    }
    for (; at < count; at++) {
        if ((double)from[at] < *low) *low = (double)from[at];
        if ((double)from[at] > *high) *high = (double)from[at];
    }
}

/* base to the n, lane by lane, by squaring; where |base| <= 1 it errs by n roundings at most, as base itself does. */
INLINE void N(power)(double re[LANES], double im[LANES], int leaning, int64_t n) {
    double out_re[LANES], out_im[LANES];
    for (int i = 0; i < LANES; i++) out_re[i] = 1, out_im[i] = 0;
    for (; n; n >>= 1) {
        if (n & 1)
            for (int i = 0; i < LANES; i++) {
                double product = out_re[i] * re[i] - (leaning ? out_im[i] * im[i] : 0);
                if (leaning) out_im[i] = out_re[i] * im[i] + out_im[i] * re[i];
                out_re[i] = product;
            }
        for (int i = 0; i < LANES; i++) {
            double square = re[i] * re[i] - (leaning ? im[i] * im[i] : 0);
            if (leaning) im[i] = 2 * re[i] * im[i];
            re[i] = square;
        }
    }
    for (int i = 0; i < LANES; i++) re[i] = out_re[i], im[i] = out_im[i];
}

INLINE void N(table_as)(int leaning, REAL *table, const struct waves *waves, const struct stencil *by, int64_t n,
                        double scale, ptrdiff_t part) {
    ptrdiff_t width = waves->width;
    const double *bend_y = waves->bend_y + part * LANES, *lean_y = waves->lean_y + part * LANES;
    REAL *to = table + (1 + leaning) * part * LANES * width;
    for (ptrdiff_t x = 0; x < width; x++, to += (1 + leaning) * LANES) {
        if (!leaning && x > width - x) { /* a stencil that does not lean treats x and -x alike */
            memcpy(to, to - (2 * x - width) * LANES, LANES * sizeof(REAL));
            continue;
        }
        double re[LANES], im[LANES];
        for (int i = 0; i < LANES; i++) {
            re[i] = by->total - (by->n + by->s) * bend_y[i] - (by->w + by->e) * waves->bend_x[x];
            if (leaning) {
                im[i] = (by->s - by->n) * lean_y[i] + (by->e - by->w) * waves->lean_x[x];
                double size = sqrt(re[i] * re[i] + im[i] * im[i]), shrink = size > 1 ? 1 / size : 1;
                re[i] *= shrink, im[i] *= shrink;
            } else {
                re[i] = re[i] > 1 ? 1 : re[i] < -1 ? -1 : re[i];
            }
        }
        N(power)(re, im, leaning, n);
        for (int i = 0; i < LANES; i++) to[i] = (REAL)(scale * re[i]);
        if (leaning)
            for (int i = 0; i < LANES; i++) to[LANES + i] = (REAL)(scale * im[i]);
    }
}

static void N(table)(void *table, const struct waves *waves, const struct stencil *stencil, int leaning, int64_t n,
                     double scale, ptrdiff_t part) {
    if (leaning)
        N(table_as)(1, N(aligned)(table), waves, stencil, n, scale, part);
    else
        N(table_as)(0, N(aligned)(table), waves, stencil, n, scale, part);
}

/* Two blocks of real columns to the first half of their waves, twice the usual size. */
static void N(columns_in)(const void *from, void *spectrum, const struct waves *waves, double scale, ptrdiff_t part,
                          void *scratch) {
    ptrdiff_t height = waves->height, width = waves->width, stride = N(spectrum_stride)(width);
    ptrdiff_t x = part * N(BLOCK), left = width - x, rows = N(row_parts)(height) * LANES;
    V *here = (V *)N(aligned)(scratch), *there = here + 2 * height, factor = N(all)((REAL)scale);
    const REAL *cells = (const REAL *)from + x;
    for (ptrdiff_t y = 0; y < height; y++, cells += width) {
        here[2 * y] = N(load_some)(cells, left) * factor;
        here[2 * y + 1] = N(load_some)(cells + LANES, left - LANES) * factor;
    }
    /* where there is no second block its waves are rounding alone, which no factor will make smaller */
    const V other = N(all)((REAL)(left > LANES));
    const V *z = N(transform)(&waves->along_y, here, there);
    REAL *re = N(aligned)(spectrum) + x, *im = re + rows * stride;
    for (ptrdiff_t k = 0; k < rows; k++, re += stride, im += stride) {
        if (k > height / 2) {
            N(store)(re, (V){0}), N(store)(re + LANES, (V){0}), N(store)(im, (V){0}), N(store)(im + LANES, (V){0});
            continue;
        }
        ptrdiff_t mirror = k ? height - k : 0;
        V k_re = z[2 * k], k_im = z[2 * k + 1], m_re = z[2 * mirror], m_im = z[2 * mirror + 1];
        N(store)(re, k_re + m_re), N(store)(im, k_im - m_im);
        N(store)(re + LANES, (k_im + m_im) * other), N(store)(im + LANES, (m_re - k_re) * other);
    }
}

static void N(columns_out)(const void *spectrum, void *to, const struct waves *waves, double scale, double low,
                           double high, ptrdiff_t part, void *scratch) {
    ptrdiff_t height = waves->height, width = waves->width, stride = N(spectrum_stride)(width);
    ptrdiff_t x = part * N(BLOCK), left = width - x, rows = N(row_parts)(height) * LANES;
    V *here = (V *)N(aligned)(scratch), *there = here + 2 * height;
    const REAL *re = N(aligned)((void *)spectrum) + x, *im = re + rows * stride;
    for (ptrdiff_t k = 0; k <= height / 2; k++, re += stride, im += stride) {
        ptrdiff_t mirror = k ? height - k : 0;
        V a_re = N(load)(re), a_im = N(load)(im), b_re = N(load)(re + LANES), b_im = N(load)(im + LANES);
        here[2 * mirror] = b_re - a_im, here[2 * mirror + 1] = a_re + b_im;
        here[2 * k] = a_im + b_re, here[2 * k + 1] = a_re - b_im;
    }
    const V *z = N(transform)(&waves->along_y, here, there);
    V least = N(all)((REAL)low), most = N(all)((REAL)high), factor = N(all)((REAL)scale);
    REAL *cells = (REAL *)to + x;
    for (ptrdiff_t y = 0; y < height; y++, cells += width) {
        N(store_some)(cells, N(least)(N(most)(z[2 * y + 1] * factor, least), most), left);
        N(store_some)(cells + LANES, N(least)(N(most)(z[2 * y] * factor, least), most), left - LANES);
    }
}

/* LANES rows of LANES numbers, turned about the diagonal: each round moves one bit of the place across. */
INLINE void N(transpose)(V tile[LANES]) {
    V next[LANES];
    for (int round = 1; round < LANES; round *= 2) {
        for (int i = 0; i < LANES / 2; i++) {
            next[2 * i] = SHUFFLE(tile[i], tile[i + LANES / 2], LIST_LOW);
            next[2 * i + 1] = SHUFFLE(tile[i], tile[i + LANES / 2], LIST_HIGH);
        }
        for (int i = 0; i < LANES; i++) tile[i] = next[i];
    }
}

INLINE void N(gather)(V *to, const REAL *from, ptrdiff_t stride, ptrdiff_t width) {
    for (ptrdiff_t x = 0; x < width; x += LANES) {
        V tile[LANES];
        for (int i = 0; i < LANES; i++) tile[i] = N(load)(from + i * stride + x);
        N(transpose)(tile);
        for (int i = 0; i < LANES && x + i < width; i++) to[2 * (x + i)] = tile[i];
    }
}

INLINE void N(scatter)(const V *from, REAL *to, ptrdiff_t stride, ptrdiff_t width) {
    for (ptrdiff_t x = 0; x < width; x += LANES) {
        V tile[LANES];
        for (int i = 0; i < LANES; i++) tile[i] = x + i < width ? from[2 * (x + i)] : (V){0};
        N(transpose)(tile);
        for (int i = 0; i < LANES; i++) N(store)(to + i * stride + x, tile[i]);
    }
}

/* LANES rows of the spectrum: along x to waves, each times its entry of the table, and back. */
static void N(across)(void *spectrum, const void *table, int leaning, const struct waves *waves, ptrdiff_t part,
                      void *scratch) {
    ptrdiff_t width = waves->width, stride = N(spectrum_stride)(width);
    ptrdiff_t rows = N(row_parts)(waves->height) * LANES;
    REAL *re = N(aligned)(spectrum) + part * LANES * stride, *im = re + rows * stride;
    V *here = (V *)N(aligned)(scratch), *there = here + 2 * width;
    N(gather)(here, re, stride, width);
    N(gather)(here + 1, im, stride, width);
    V *z = N(transform)(&waves->along_x, here, there);
    const REAL *factor = N(aligned)((void *)table) + (1 + leaning) * part * LANES * width;
    for (ptrdiff_t x = 0; x < width; x++, factor += (1 + leaning) * LANES) {
        V f_re = N(load)(factor), z_re = z[2 * x], z_im = z[2 * x + 1];
        if (leaning) {
            V f_im = N(load)(factor + LANES);
            z[2 * x] = FMA(z_re, f_im, z_im * f_re), z[2 * x + 1] = FMA(z_re, f_re, -(z_im * f_im));
        } else {
            z[2 * x] = z_im * f_re, z[2 * x + 1] = z_re * f_re;
        }
    }
    z = N(transform)(&waves->along_x, z, z == here ? there : here);
    N(scatter)(z + 1, re, stride, width);
    N(scatter)(z, im, stride, width);
}

/* LANES rows of the spectrum along x to waves, laid out as a leaning table is. */
static void N(rows_in)(const void *spectrum, void *table, const struct waves *waves, ptrdiff_t part, void *scratch) {
    ptrdiff_t width = waves->width, stride = N(spectrum_stride)(width);
    ptrdiff_t rows = N(row_parts)(waves->height) * LANES;
    const REAL *re = N(aligned)((void *)spectrum) + part * LANES * stride, *im = re + rows * stride;
    V *here = (V *)N(aligned)(scratch), *there = here + 2 * width;
    N(gather)(here, re, stride, width);
    N(gather)(here + 1, im, stride, width);
    const V *z = N(transform)(&waves->along_x, here, there);
    memcpy(N(aligned)(table) + 2 * part * LANES * width, z, (size_t)(2 * width) * BYTES);
}

/* A plane's waves times those of a pattern, turned round, and back along x: LANES rows of the pattern's spectrum,
 * which they are written over. The pattern has no more than `columns`, so those after its blocks are zero. */
static void N(rows_out)(const void *table, void *spectrum, const struct waves *waves, ptrdiff_t columns,
                        ptrdiff_t part, void *scratch) {
    ptrdiff_t width = waves->width, stride = N(spectrum_stride)(width);
    ptrdiff_t rows = N(row_parts)(waves->height) * LANES;
    REAL *re = N(aligned)(spectrum) + part * LANES * stride, *im = re + rows * stride;
    V *here = (V *)N(aligned)(scratch), *there = here + 2 * width;
    ptrdiff_t filled = N(column_parts)(columns) * N(BLOCK) < width ? N(column_parts)(columns) * N(BLOCK) : width;
    N(gather)(here, re, stride, filled);
    N(gather)(here + 1, im, stride, filled);
    memset(here + 2 * filled, 0, (size_t)(2 * (width - filled)) * BYTES);
    V *p = N(transform)(&waves->along_x, here, there);
    const V *u = (const V *)(N(aligned)((void *)table) + 2 * part * LANES * width);
    V scale = N(all)((REAL)(0.25 / ((double)waves->height * (double)width)));
    for (ptrdiff_t x = 0; x < width; x++) {
        V a = u[2 * x] * scale, b = u[2 * x + 1] * scale, c = p[2 * x], d = p[2 * x + 1];
        p[2 * x] = FMA(b, c, -(a * d)), p[2 * x + 1] = FMA(a, c, b * d);
    }
    const V *z = N(transform)(&waves->along_x, p, p == here ? there : here);
    N(scatter)(z + 1, re, stride, width);
    N(scatter)(z, im, stride, width);
}
