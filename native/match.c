#include "match.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "scratch.h"
#include "threads.h"
#include "waves.h"

enum {
    BAND = 32,                /* rows that are compared at once, */
    WIDE_BAND = 128,          /* and whose spreads are worked out: the rows above a band are summed up first */
    DIRECT_SUM = 160,         /* cells of a pattern up to which sums are made directly, */
    DIRECT_LIKENESS = 96,     /* and likeness; measured */
};

/* Windows with less than this share of the greatest spread are compared cell by cell. */
static const double FAINT = 1e-6;

struct state {
    const struct match *call;
    const struct operations *operations;
    struct matching matching;
    double *out, *spreads, *greatest;
    double faint;
    int threads;
    ptrdiff_t band;
    char *scratch;
    size_t scratch_bytes;
    /* by waves */
    struct waves waves;
    const double *plane;
    double *products;
    char *spectrum, *table;
};

static void each_band(struct state *state, piece work) {
    share(state->threads, (state->call->height + state->band - 1) / state->band, work, state);
}

static ptrdiff_t band_end(const struct state *state, ptrdiff_t index) {
    ptrdiff_t end = (index + 1) * state->band;
    return end < state->call->height ? end : state->call->height;
}

static void *scratch_of(const struct state *state, int worker) {
    return state->scratch + (size_t)worker * state->scratch_bytes;
}

static void direct(void *context, int worker, ptrdiff_t index) {
    const struct state *state = context;
    (state->call->normalised ? state->operations->likeness : state->operations->correlate)(
        &state->matching, state->out, index * state->band, band_end(state, index), scratch_of(state, worker));
}

static void spread(void *context, int worker, ptrdiff_t index) {
    const struct state *state = context;
    state->greatest[index] = state->operations->spreads(&state->matching, state->spreads, index * state->band,
                                                        band_end(state, index), scratch_of(state, worker));
}

static void normalise(void *context, int worker, ptrdiff_t index) {
    const struct state *state = context;
    state->operations->normalise(&state->matching, state->spreads, state->faint, state->out, index * state->band,
                                 band_end(state, index), scratch_of(state, worker));
}

static void go_in(void *context, int worker, ptrdiff_t part) {
    const struct state *state = context;
    state->operations->columns_in(state->plane, state->spectrum, &state->waves, 1, part, scratch_of(state, worker));
}

static void go_across(void *context, int worker, ptrdiff_t part) {
    const struct state *state = context;
    state->operations->rows_in(state->spectrum, state->table, &state->waves, part, scratch_of(state, worker));
}

static void go_back(void *context, int worker, ptrdiff_t part) {
    const struct state *state = context;
    state->operations->rows_out(state->table, state->spectrum, &state->waves, state->matching.columns, part,
                                scratch_of(state, worker));
}

static void go_out(void *context, int worker, ptrdiff_t part) {
    const struct state *state = context;
    state->operations->columns_out(state->spectrum, state->products, &state->waves, 1, -INFINITY, INFINITY, part,
                                   scratch_of(state, worker));
}

/* The next length that a transform is known for. */
static ptrdiff_t room(ptrdiff_t length) {
    while (!smooth(length)) length++;
    return length;
}

enum { SUMS = 8 }; /* so many that no addition waits for the one before it */

#define READ_ROW(type)                                                                     \
    do {                                                                                   \
        const type *from = (const type *)call->plane + y % call->height * width;           \
        ptrdiff_t x = 0;                                                                   \
        for (; x + SUMS <= width; x += SUMS)                                               \
            for (int i = 0; i < SUMS; i++) {                                               \
                to[x + i] = (double)from[x + i] * scale - shift;                           \
                sums[i] += to[x + i];                                                      \
            }                                                                              \
        for (; x < width; x++) sums[0] += to[x] = (double)from[x] * scale - shift;         \
    } while (0)

/* A row of the plane as doubles, scaled and shifted, and gone on with over its edge; and the sum of the row itself. */
static double read_row(const struct state *state, ptrdiff_t y, double *to, ptrdiff_t length) {
    const struct match *call = state->call;
    const double scale = state->matching.scale, shift = state->matching.shift;
    ptrdiff_t width = call->width;
    double sums[SUMS] = {0}, sum = 0;
    if (call->twice)
        READ_ROW(double);
    else
        READ_ROW(float);
    for (int i = 0; i < SUMS; i++) sum += sums[i];
    if (length > width) memcpy(to + width, to, (size_t)(length - width) * sizeof *to);
    return sum;
}

/* Scores of the patterns that are too large to be compared cell by cell. The plane's waves serve them all. */
static int by_waves(struct state *state, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t limit) {
    const struct match *call = state->call;
    const struct operations *operations = state->operations;
    ptrdiff_t height = call->height, width = call->width, bands = (height + WIDE_BAND - 1) / WIDE_BAND;
    /* a side that no transform is known for is gone on with, as far as patterns reach over its edge */
    ptrdiff_t tall = smooth(height) ? height : room(height + rows - 1);
    ptrdiff_t wide = smooth(width) ? width : room(width + columns - 1);
    state->band = WIDE_BAND;
    int grown = tall != height || wide != width;
    size_t cells = (size_t)(tall * wide) * sizeof(double), spectrum = operations->spectrum_size(tall, wide);
    size_t table = operations->table_size(tall, wide, 1);
    void *waves = waves_of(tall, wide, operations, 1, &state->waves);
    char *memory = scratch_take((3 + grown) * cells + spectrum + table + (size_t)bands * sizeof(double));
    if (!waves || !memory) {
        free(waves), scratch_give(memory);
        return -1;
    }
    double *plane = (double *)memory, *pattern = (double *)(memory + cells), *grown_out = (double *)(memory + 3 * cells);
    state->table = memory + (3 + grown) * cells;
    state->spreads = (double *)(memory + 2 * cells);
    state->spectrum = state->table + table, state->greatest = (double *)(state->spectrum + spectrum);

    if (call->normalised) {
        double sum = 0;
        for (ptrdiff_t y = 0; y < height; y++) sum += read_row(state, y, plane, width);
        state->matching.shift = sum / (double)(height * width);
    }
    ptrdiff_t last = tall == height ? tall : height + rows - 1, length = wide == width ? wide : width + columns - 1;
    if (grown) memset(plane, 0, cells);
    for (ptrdiff_t y = 0; y < last; y++) read_row(state, y, plane + y * wide, length);
    ptrdiff_t column_parts = operations->column_parts(wide), row_parts = operations->row_parts(tall);
    ptrdiff_t seen = 2 * operations->lanes * operations->column_parts(columns); /* of a pattern's rows */
    for (ptrdiff_t y = 0; y < tall; y++)
        memset(pattern + y * wide, 0, (size_t)(seen < wide ? seen : wide) * sizeof(double));
    state->plane = plane;
    share(state->threads, column_parts, go_in, state);
    share(state->threads, row_parts, go_across, state);
    for (ptrdiff_t i = 0; i < call->count; i++) {
        const struct pattern *p = &call->patterns[i];
        if (p->rows * p->columns <= limit) continue;
        state->matching.pattern = p->cells, state->matching.rows = p->rows, state->matching.columns = p->columns;
        for (ptrdiff_t row = 0; row < p->rows; row++)
            memcpy(pattern + row * wide, p->cells + row * p->columns, (size_t)p->columns * sizeof(double));
        state->plane = pattern;
        share(state->threads, operations->column_parts(p->columns), go_in, state);
        for (ptrdiff_t row = 0; row < p->rows; row++)
            memset(pattern + row * wide, 0, (size_t)p->columns * sizeof(double));
        state->products = grown ? grown_out : p->out;
        share(state->threads, row_parts, go_back, state);
        share(state->threads, column_parts, go_out, state);
        for (ptrdiff_t y = 0; grown && y < height; y++)
            memcpy(p->out + y * width, grown_out + y * wide, (size_t)width * sizeof(double));
        if (!call->normalised) continue;
        state->out = p->out, state->faint = 0, state->matching.norm = 0;
        for (ptrdiff_t at = 0; at < p->rows * p->columns; at++) state->matching.norm += p->cells[at] * p->cells[at];
        state->matching.norm = sqrt(state->matching.norm);
        each_band(state, spread);
        for (ptrdiff_t band = 0; band < bands; band++)
            if (state->greatest[band] > state->faint) state->faint = state->greatest[band];
        state->faint *= FAINT;
        each_band(state, normalise);
    }
    free(waves);
    scratch_give(memory);
    return 0;
}

int match(const struct match *call) {
    struct state state = {.call = call, .operations = call->engine->twice};
    const struct operations *operations = state.operations, *reading = call->twice ? operations : call->engine->single;
    ptrdiff_t height = call->height, width = call->width, rows = 1, columns = 1;
    ptrdiff_t limit = call->normalised ? DIRECT_LIKENESS : DIRECT_SUM;
    int waves = 0;
    double work = 0; /* cells of the plane times cells of the patterns */
    struct matching *m = &state.matching;
    *m = (struct matching){.plane = call->plane, .twice = call->twice, .height = height, .width = width, .scale = 1};
    if (call->normalised) { /* so that no square over- or underflows */
        double low, high;
        int exponent;
        reading->extent(call->plane, height * width, &low, &high);
        frexp(fmax(fabs(low), fabs(high)), &exponent);
        m->scale = ldexp(1, exponent < -1000 ? 1000 : -exponent);
    }
    for (ptrdiff_t i = 0; i < call->count; i++) {
        const struct pattern *p = &call->patterns[i];
        work += (double)(height * width) * (double)(p->rows * p->columns <= limit ? p->rows * p->columns : limit);
        rows = p->rows > rows ? p->rows : rows, columns = p->columns > columns ? p->columns : columns;
        waves |= p->rows * p->columns > limit;
    }
    state.threads = work < call->worth ? 1 : call->threads;
    m->rows = rows, m->columns = columns;
    state.band = BAND;
    state.scratch_bytes = operations->match_scratch(m, waves ? WIDE_BAND : BAND);
    if (waves) {
        size_t legs = operations->jump_scratch(room(height + rows), room(width + columns));
        if (legs > state.scratch_bytes) state.scratch_bytes = legs;
    }
    state.scratch_bytes = (state.scratch_bytes + 127) / 64 * 64;
    if (!(state.scratch = malloc(state.scratch_bytes * (size_t)state.threads))) return -1;
    for (ptrdiff_t i = 0; i < call->count; i++) {
        const struct pattern *p = &call->patterns[i];
        if (p->rows * p->columns > limit) continue;
        m->pattern = p->cells, m->rows = p->rows, m->columns = p->columns, m->norm = 0, state.out = p->out;
        for (ptrdiff_t at = 0; at < p->rows * p->columns; at++) m->norm += p->cells[at] * p->cells[at];
        m->norm = sqrt(m->norm);
        each_band(&state, direct);
    }
    int failed = waves ? by_waves(&state, rows, columns, limit) : 0;
    free(state.scratch);
    return failed;
}
