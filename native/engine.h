/* What one instruction set can do: a table of functions, one for each operation and element type.
 *
 * lanes16.c, lanes32.c and lanes64.c each fill one from the same templates; module.c picks the widest that this
 * processor runs and decides who works on what. A plane is `height` x `width` cells, row after row. No function
 * here knows Python or takes memory: scratch is given, so nothing can fail.
 */
#ifndef TORIMEM_ENGINE_H
#define TORIMEM_ENGINE_H

#include <stddef.h>
#include <stdint.h>

/* The five weights of one step, their exact sum, the exact sum of their magnitudes, and whether all are >= 0. */
struct stencil {
    double c, n, s, w, e, total, gain, positive;
};

/* Rows first .. last-1 of a plane, and copies of the rows before and after them: as many as there are steps. */
struct band {
    ptrdiff_t first, last;
    void *above, *below;
};

enum { MOST_LANES = 16, MOST_STEPS_A_PASS = 32, MOST_STAGES = 64, LARGEST_RADIX = 31 };

/* A Fourier transform of one length: the radix of each stage, and the turns of all butterflies in their order. */
struct plan {
    ptrdiff_t length, turns_count;
    int stages, radix[MOST_STAGES];
    void *turns; /* pairs (cos, -sin) of the element type */
};

/* What all jumps of planes of one size share. `bend` is 1 - cos a and `lean` is sin a of each wave. */
struct waves {
    ptrdiff_t height, width;
    struct plan along_y, along_x;
    double *bend_y, *lean_y, *bend_x, *lean_x;
};

/* A pattern to be found on a plane, whose cells are read as `cell * scale - shift`. */
struct matching {
    const void *plane;
    int twice; /* the plane's cells are doubles */
    ptrdiff_t height, width;
    double scale, shift;
    const double *pattern;
    ptrdiff_t rows, columns;
    double norm; /* the root of the sum of the pattern's squares */
};

struct operations {
    ptrdiff_t lanes;

    /* All n steps of one plane in scratch, after `done` others; `to` may be `from`. `ahead` is the plane that comes next, or NULL. */
    size_t (*small_scratch)(ptrdiff_t height, ptrdiff_t width);
    void (*small)(const void *from, void *to, ptrdiff_t height, ptrdiff_t width, const struct stencil *stencil,
                  int64_t done, int64_t n, int exact, const void *ahead, void *scratch);

    /* A few steps of one band of a plane, each row going through all of them, after `done` others; `to` may be
     * `from`. */
    size_t (*pass_scratch)(ptrdiff_t width, int steps);
    void (*pass)(const void *from, void *to, ptrdiff_t width, const struct stencil *stencil, int steps, int64_t done,
                 int exact, const struct band *band, void *scratch);

    /* A jump: columns to waves, then rows to waves, times the table, and back, then waves to columns. Each leg is
     * done in parts that need not wait for each other. A field comes in, the table is made and the field goes out
     * each times a `scale`, powers of two that keep what is in between far from the ends of the type. */
    void (*turns)(struct plan *plan);
    void (*extent)(const void *cells, ptrdiff_t count, double *low, double *high);
    size_t (*spectrum_size)(ptrdiff_t height, ptrdiff_t width);
    size_t (*table_size)(ptrdiff_t height, ptrdiff_t width, int leaning);
    size_t (*jump_scratch)(ptrdiff_t height, ptrdiff_t width);
    ptrdiff_t (*column_parts)(ptrdiff_t width), (*row_parts)(ptrdiff_t height);
    void (*table)(void *table, const struct waves *waves, const struct stencil *stencil, int leaning, int64_t n,
                  double scale, ptrdiff_t part);
    void (*columns_in)(const void *from, void *spectrum, const struct waves *waves, double scale, ptrdiff_t part,
                       void *scratch);
    void (*across)(void *spectrum, const void *table, int leaning, const struct waves *waves, ptrdiff_t part,
                   void *scratch);
    void (*columns_out)(const void *spectrum, void *to, const struct waves *waves, double scale, double low,
                        double high, ptrdiff_t part, void *scratch);

    /* The middle of a correlation by waves: a plane's kept for many patterns, and those of one pattern times them. */
    void (*rows_in)(const void *spectrum, void *table, const struct waves *waves, ptrdiff_t part, void *scratch);
    void (*rows_out)(const void *table, void *spectrum, const struct waves *waves, ptrdiff_t columns, ptrdiff_t part,
                     void *scratch);

    /* A pattern at every place of rows first .. last-1: sums of products, or zero-mean normalised likeness; and the
     * two halves of the latter for products that are there already. Only those of float64 are used. */
    size_t (*match_scratch)(const struct matching *matching, ptrdiff_t rows);
    void (*correlate)(const struct matching *matching, double *out, ptrdiff_t first, ptrdiff_t last, void *scratch);
    void (*likeness)(const struct matching *matching, double *out, ptrdiff_t first, ptrdiff_t last, void *scratch);
    double (*spreads)(const struct matching *matching, double *out, ptrdiff_t first, ptrdiff_t last, void *scratch);
    void (*normalise)(const struct matching *matching, const double *spreads, double faint, double *out,
                      ptrdiff_t first, ptrdiff_t last, void *scratch);
};

struct engine {
    const char *name;
    int (*runs_here)(void);
    const struct operations *single, *twice; /* float32, float64 */
};

extern const struct engine lanes16, lanes32, lanes64;

#endif
