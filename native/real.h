/* Template: vectors of one element type and all operations on them.
 *
 * lanes*.c set BYTES, the size of a vector, and include this once with REAL = float, WHOLE = int32_t, SHORT = f4
 * and once with double, int64_t, f8; LIST_* hold the lane numbers of the shuffles.
 */

#define JOIN_(a, b) a##_##b
#define JOIN(a, b) JOIN_(a, b)
#define N(name) JOIN(name, SHORT)
#define V N(vector)
#define MASK N(mask)
#define LANES ((ptrdiff_t)(BYTES / sizeof(REAL)))
#define ALIGN(count) (((ptrdiff_t)(count) + LANES - 1) / LANES * LANES)

typedef REAL V __attribute__((vector_size(BYTES)));
typedef REAL N(loose) __attribute__((vector_size(BYTES), aligned(sizeof(REAL)), may_alias));
typedef WHOLE MASK __attribute__((vector_size(BYTES)));

#if defined(__clang__) || __GNUC__ >= 12
#define SHUFFLE(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define SHUFFLE(a, b, ...) __builtin_shuffle(a, b, (MASK){__VA_ARGS__})
#endif

INLINE V N(load)(const REAL *from) { return *(const N(loose) *)from; }
INLINE void N(store)(REAL *to, V value) { *(N(loose) *)to = value; }
INLINE V N(all)(REAL value) { return value + (V){0}; }
INLINE V N(choose)(MASK mask, V yes, V no) { return (V)((mask & (MASK)yes) | (~mask & (MASK)no)); }
INLINE V N(least)(V a, V b) { return N(choose)((MASK)(a < b), a, b); }
INLINE V N(most)(V a, V b) { return N(choose)((MASK)(a > b), a, b); }
INLINE REAL *N(aligned)(void *scratch) { return (REAL *)(((uintptr_t)scratch + BYTES - 1) / BYTES * BYTES); }

/* Each cell's neighbour on the left (the last lane of `before` comes in), and on the right. */
INLINE V N(left)(V before, V here) { return SHUFFLE(before, here, LIST_LEFT); }
INLINE V N(right)(V here, V after) { return SHUFFLE(here, after, LIST_RIGHT); }

/* The first `count` numbers from there, the other lanes 0; `count` may be anything. */
INLINE V N(load_some)(const REAL *from, ptrdiff_t count) {
    if (count >= LANES) return N(load)(from);
    V part = {0};
    if (count > 0) memcpy(&part, from, (size_t)count * sizeof(REAL));
    return part;
}

INLINE void N(store_some)(REAL *to, V value, ptrdiff_t count) {
    if (count >= LANES)
        N(store)(to, value);
    else if (count > 0)
        memcpy(to, &value, (size_t)count * sizeof(REAL));
}

#include "steps.h"
#include "fourier.h"
#include "jump.h"
#ifdef MATCHING
#include "likeness.h"
#endif

static const struct operations N(operations) = {
    .lanes = BYTES / sizeof(REAL),
    .small_scratch = N(small_scratch),
    .small = N(small),
    .pass_scratch = N(pass_scratch),
    .pass = N(pass),
    .turns = N(turns),
    .extent = N(extent),
    .spectrum_size = N(spectrum_size),
    .table_size = N(table_size),
    .jump_scratch = N(jump_scratch),
    .column_parts = N(column_parts),
    .row_parts = N(row_parts),
    .table = N(table),
    .columns_in = N(columns_in),
    .across = N(across),
    .columns_out = N(columns_out),
    .rows_in = N(rows_in),
    .rows_out = N(rows_out),
#ifdef MATCHING
    .match_scratch = N(match_scratch),
    .correlate = N(correlate),
    .likeness = N(likeness),
    .spreads = N(spreads),
    .normalise = N(normalise),
#endif
};

#undef V
#undef MASK
#undef SHUFFLE
#undef LIST_LEFT
#undef LIST_RIGHT
#undef LIST_LOW
#undef LIST_HIGH
#undef FMA
#undef STORE_TAIL
#undef REAL
#undef WHOLE
#undef SHORT
