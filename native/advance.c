#include "advance.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "scratch.h"
#include "threads.h"
#include "waves.h"

#if !defined(_WIN32)
#include <unistd.h>
#endif

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

enum {
    USUAL_CACHE = 1 << 20, /* bytes of a core's own cache where the system does not tell */
    STEPS_OF_A_JUMP = 32,  /* what a jump costs, in steps, where work is estimated */
};

/* Numbers too small for a normal float become 0 here, as slow as they are useless; the caller's mode comes back. */
static unsigned flush_begin(int exact) {
#if defined(__x86_64__)
    unsigned before = _mm_getcsr();
    if (!exact) _mm_setcsr(before | 0x8040);
    return before;
#elif defined(__aarch64__)
    uint64_t before;
    __asm__ volatile("mrs %0, fpcr" : "=r"(before));
    if (!exact) __asm__ volatile("msr fpcr, %0" ::"r"(before | (1u << 24)));
    return (unsigned)before;
#else
    return (unsigned)exact;
#endif
}

static void flush_end(unsigned before) {
#if defined(__x86_64__)
    _mm_setcsr(before);
#elif defined(__aarch64__)
    __asm__ volatile("msr fpcr, %0" ::"r"((uint64_t)before));
#else
    (void)before;
#endif
}

struct state {
    const struct advance *call;
    const struct operations *operations;
    const char *from;
    char *to;
    ptrdiff_t plane_bytes;
    struct waves waves;
    /* of each worker on planes: its own memory, and whose table stands in it */
    char *memory;
    size_t each, spectrum_bytes, table_bytes, leg_bytes;
    struct { ptrdiff_t layer; int64_t n; } tables[MOST_THREADS];
    int inner;
};

/* Bytes of a core's own cache. It decides which way planes take, never what becomes of them. */
static ptrdiff_t cache_bytes(void) {
#ifdef _SC_LEVEL2_CACHE_SIZE
    static long known;
    if (!known) known = sysconf(_SC_LEVEL2_CACHE_SIZE);
    if (known >= 1 << 18) return known < 1 << 22 ? known : 1 << 22;
#endif
    return USUAL_CACHE;
}

/* Whether two planes fit, so that all steps are made in scratch. */
static int is_small(const struct advance *call) {
    return 2 * call->height * call->width * (call->twice ? 8 : 4) <= cache_bytes() * 3 / 8;
}

/* As many steps as the rows under way, four a step, take half of the cache, but few against the height of a band:
 * the rows at its edges are worked on twice. */
static int steps_a_pass(const struct advance *call, int bands) {
    ptrdiff_t row = call->width * (call->twice ? 8 : 4), steps = cache_bytes() / 2 / (4 * row);
    ptrdiff_t most = call->height / bands / 16 < MOST_STEPS_A_PASS ? call->height / bands / 16 : MOST_STEPS_A_PASS;
    steps = steps < most ? steps : most;
    return steps > 1 ? (int)steps : 1;
}

/* One pass over a plane, cut into bands. */
struct passing {
    const struct state *state;
    const struct stencil *stencil;
    const char *from;
    char *to, *memory;
    struct band bands[MOST_THREADS];
    size_t scratch_bytes;
    int steps;
    int64_t done;
};

static void pass_band(void *context, int worker, ptrdiff_t index) {
    struct passing *p = context;
    const struct advance *call = p->state->call;
    unsigned mode = flush_begin(call->exact);
    p->state->operations->pass(p->from, p->to, call->width, p->stencil, p->steps, p->done, call->exact, &p->bands[index],
                               p->memory + (size_t)worker * p->scratch_bytes);
    flush_end(mode);
}

static void step_large(const struct state *state, const struct stencil *stencil, const char *from, char *to,
                       int64_t n, char *memory) {
    const struct advance *call = state->call;
    ptrdiff_t height = call->height, row = call->width * (call->twice ? 8 : 4);
    int count = state->inner < height ? state->inner : (int)height, most = steps_a_pass(call, count);
    struct passing p = {.state = state, .stencil = stencil, .from = from, .to = to, .done = call->done};
    p.scratch_bytes = state->operations->pass_scratch(call->width, most);
    p.memory = memory + 2 * (size_t)(count * most * row);
    for (int64_t passes = (n + most - 1) / most; passes > 0; passes--) {
        p.steps = (int)((n + passes - 1) / passes);
        for (int i = 0; i < count; i++) {
            struct band *band = &p.bands[i];
            band->first = height * i / count, band->last = height * (i + 1) / count;
            band->above = memory + 2 * (size_t)(i * most * row);
            band->below = (char *)band->above + most * row;
            for (int j = 0; j < p.steps; j++) {
                ptrdiff_t before = ((band->first - p.steps + j) % height + height) % height;
                memcpy((char *)band->above + j * row, p.from + before * row, (size_t)row);
                memcpy((char *)band->below + j * row, p.from + (band->last + j) % height * row, (size_t)row);
            }
        }
        share(count, count, pass_band, &p);
        p.from = to, n -= p.steps, p.done += p.steps;
    }
}

/* One leg of a jump over one plane. */
struct leg {
    const struct state *state;
    const struct stencil *stencil;
    const char *from;
    char *to, *spectrum, *table, *scratch;
    int64_t n;
    int leaning;
    double low, high, scale_in, scale_between, scale_out;
};

static void make_table(void *context, int worker, ptrdiff_t part) {
    const struct leg *leg = context;
    (void)worker;
    unsigned mode = flush_begin(0);
    leg->state->operations->table(leg->table, &leg->state->waves, leg->stencil, leg->leaning, leg->n,
                                  leg->scale_between, part);
    flush_end(mode);
}

static void go_in(void *context, int worker, ptrdiff_t part) {
    const struct leg *leg = context;
    unsigned mode = flush_begin(0);
    leg->state->operations->columns_in(leg->from, leg->spectrum, &leg->state->waves, leg->scale_in, part,
                                       leg->scratch + (size_t)worker * leg->state->leg_bytes);
    flush_end(mode);
}

static void go_across(void *context, int worker, ptrdiff_t part) {
    const struct leg *leg = context;
    unsigned mode = flush_begin(0);
    leg->state->operations->across(leg->spectrum, leg->table, leg->leaning, &leg->state->waves, part,
                                   leg->scratch + (size_t)worker * leg->state->leg_bytes);
    flush_end(mode);
}

static void go_out(void *context, int worker, ptrdiff_t part) {
    const struct leg *leg = context;
    unsigned mode = flush_begin(0);
    leg->state->operations->columns_out(leg->spectrum, leg->to, &leg->state->waves, leg->scale_out, leg->low, leg->high,
                                        part, leg->scratch + (size_t)worker * leg->state->leg_bytes);
    flush_end(mode);
}

/* The bounds that stepping could not leave; below the smallest normal number of the type they are 0. */
static void bounds(const struct stencil *stencil, int64_t n, int twice, double *low, double *high) {
    double peak = fmax(-*low, *high), fade = pow(fmin(stencil->gain, 1), (double)n);
    double tiny = twice ? DBL_MIN : (double)FLT_MIN;
    *low = (stencil->positive != 0 ? *low : -peak) * fade;
    *high = (stencil->positive != 0 ? *high : peak) * fade;
    if (fabs(*low) < tiny) *low = 0;
    if (fabs(*high) < tiny) *high = 0;
}

/* n steps of one plane at once. */
static void jump(struct state *state, int worker, ptrdiff_t layer, const char *from, char *to, int64_t n,
                 char *memory) {
    const struct advance *call = state->call;
    const struct operations *operations = state->operations;
    const struct stencil *stencil = &call->stencils[layer];
    struct leg leg = {.state = state, .stencil = stencil, .from = from, .to = to, .n = n};
    operations->extent(from, call->height * call->width, &leg.low, &leg.high);
    int size, left; /* powers of two: how large the cells are, and what n steps leave of the slowest wave */
    frexp(fmax(fabs(leg.low), fabs(leg.high)), &size);
    frexp(pow(fmin(stencil->gain, 1), (double)n), &left);
    int most = call->twice ? 1022 : 126; /* so that the scales themselves are normal numbers of the type */
    size = size < -most ? -most : size > most ? most : size;
    leg.scale_in = ldexp(1, -size), leg.scale_out = ldexp(1, size + left < -most ? -most : size + left);
    leg.scale_between = ldexp(0.5 / ((double)call->height * (double)call->width), -left);
    bounds(stencil, n, call->twice, &leg.low, &leg.high);
    if (leg.low == 0 && leg.high == 0) { /* faded out */
        memset(to, 0, (size_t)state->plane_bytes);
        return;
    }
    leg.leaning = stencil->n != stencil->s || stencil->w != stencil->e;
    leg.spectrum = memory, leg.table = memory + state->spectrum_bytes, leg.scratch = leg.table + state->table_bytes;
    ptrdiff_t columns = operations->column_parts(call->width), rows = operations->row_parts(call->height);
    if (state->tables[worker].n != n || memcmp(&call->stencils[state->tables[worker].layer], stencil, sizeof *stencil)) {
        share(state->inner, rows, make_table, &leg);
        state->tables[worker].layer = layer, state->tables[worker].n = n;
    }
    share(state->inner, columns, go_in, &leg);
    share(state->inner, rows, go_across, &leg);
    share(state->inner, columns, go_out, &leg);
}

static void advance_plane(void *context, int worker, ptrdiff_t index) {
    struct state *state = context;
    const struct advance *call = state->call;
    /* layer by layer where all jump as far, so that one table serves many planes; else as they lie in memory */
    int by_layer = call->uniform && call->longest >= 0 && call->n[0] > call->longest;
    ptrdiff_t layer = by_layer ? index / call->batch : index % call->layers;
    ptrdiff_t item = by_layer ? index % call->batch : index / call->layers;
    ptrdiff_t plane = item * call->layers + layer;
    int64_t n = call->n[call->uniform ? 0 : item];
    const char *from = state->from + plane * state->plane_bytes;
    char *to = state->to + plane * state->plane_bytes, *scratch = state->memory + (size_t)worker * state->each;
    if (n == 0) {
        if (from != to) memcpy(to, from, (size_t)state->plane_bytes);
    } else if (call->longest >= 0 && n > call->longest) {
        jump(state, worker, layer, from, to, n, scratch);
    } else if (is_small(call)) {
        const char *ahead = plane + 1 < call->batch * call->layers ? from + state->plane_bytes : NULL;
        unsigned mode = flush_begin(call->exact);
        state->operations->small(from, to, call->height, call->width, &call->stencils[layer], call->done, n,
                                 call->exact, ahead, scratch);
        flush_end(mode);
    } else {
        step_large(state, &call->stencils[layer], from, to, n, scratch);
    }
}

int advance_fields(const struct advance *call, const char *from, char *to) {
    ptrdiff_t height = call->height, width = call->width, planes = call->batch * call->layers;
    struct state state = {.call = call, .from = from, .to = to};
    state.operations = call->twice ? call->engine->twice : call->engine->single;
    const struct operations *operations = state.operations;
    state.plane_bytes = height * width * (call->twice ? 8 : 4);
    double work = 0; /* cells times steps */
    int jumps = 0, steps = 0;
    for (ptrdiff_t i = 0; i < (call->uniform ? 1 : call->batch); i++) {
        int jumped = call->longest >= 0 && call->n[i] > call->longest;
        jumps |= jumped, steps |= !jumped;
        work += (jumped ? STEPS_OF_A_JUMP : (double)call->n[i]) * (double)(height * width * call->layers);
    }
    if (call->uniform) work *= (double)call->batch;
    int threads = work < call->worth ? 1 : call->threads < MOST_THREADS ? call->threads : MOST_THREADS;
    int outer = is_small(call) || planes >= 4 * (ptrdiff_t)threads ? threads : 1;
    if (outer > planes) outer = (int)planes;
    /* threads start anew for each pass, which must be worth it too */
    double pass = (double)(height * width) * (jumps ? STEPS_OF_A_JUMP : 8 * steps_a_pass(call, threads));
    state.inner = outer > 1 || pass < call->worth ? 1 : threads;

    void *waves = NULL;
    if (jumps) {
        int leaning = 0;
        for (ptrdiff_t i = 0; i < call->layers; i++)
            leaning |= call->stencils[i].n != call->stencils[i].s || call->stencils[i].w != call->stencils[i].e;
        if (!(waves = waves_of(height, width, operations, call->twice, &state.waves))) return -1;
        state.spectrum_bytes = operations->spectrum_size(height, width);
        state.table_bytes = operations->table_size(height, width, leaning);
        state.leg_bytes = operations->jump_scratch(height, width);
        state.each = state.spectrum_bytes + state.table_bytes + (size_t)state.inner * state.leg_bytes;
    }
    if (steps) {
        int most = steps_a_pass(call, state.inner);
        size_t halo = 2 * (size_t)(most * width) * (call->twice ? 8 : 4);
        size_t needed = is_small(call)
                            ? operations->small_scratch(height, width)
                            : (size_t)state.inner * (halo + operations->pass_scratch(width, most));
        if (needed > state.each) state.each = needed;
    }
    state.each = (state.each + 127) / 64 * 64;
    if (!(state.memory = scratch_take(state.each * (size_t)outer))) {
        free(waves);
        return -1;
    }
    for (int i = 0; jumps && i < outer; i++) state.tables[i].n = -1;
    share(outer, planes, advance_plane, &state);
    scratch_give(state.memory);
    free(waves);
    return 0;
}
