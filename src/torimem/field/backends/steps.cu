/* Steps of the five-point stencil on tori: what one thread of a GPU does. It knows planes, rows and weights; which
 * items of a batch are stepped how often, and by which of the two kernels, is said by torimem.field.backends.cuda.
 *
 * Compiled with REAL float or double, VECTOR the cells that are read or written at once (16 bytes at most), EVEN 1
 * where all four neighbours weigh the same, THREADS of a block; `planes` instead of `stream` where a layout of planes
 * is given. Every argument is an address or a whole number of 64 bits. Where the compiler is told to fuse nothing,
 * every operation rounds by itself in the canonical order, and cells become what they become on the other backends, to
 * the bit.
 */

typedef long long whole;

struct alignas(VECTOR * sizeof(REAL)) Vector {
    REAL at[VECTOR];
};

struct Weights {
    REAL c, n, s, w, e;
};

static __device__ __forceinline__ REAL stepped(Weights by, REAL here, REAL north, REAL south, REAL west, REAL east) {
#if EVEN
    return by.c * here + ((north + south) + (west + east)) * by.n;
#else
    return (((by.c * here + by.n * north) + by.s * south) + by.w * west) + by.e * east;
#endif
}

#ifndef LANES

/* Rows that are asked for before the first of them is worked on: memory answers late, but many questions at once. */
enum { AHEAD = 4 };

/* Step number `done` of planes of any size, VECTOR columns of `rows` rows a thread. Of the `layers` layers of an item
 * `some` are stepped, those that `chosen` lists. An item makes `n` steps, or its own number in `counts`; it goes to
 * and fro between `out` and `scratch` so that its last step ends in `out`. */
extern "C" __global__ void __launch_bounds__(THREADS)
    stream(const REAL *cells, REAL *out, REAL *scratch, const whole *counts, whole n, whole done, const whole *chosen,
           const Weights *weights, whole some, whole layers, whole batch, whole height, whole width, whole rows) {
    const whole across = width / VECTOR, bands = (height + rows - 1) / rows;
    const whole thread = (whole)blockIdx.x * THREADS + threadIdx.x, strip = thread / across, number = strip / bands;
    const whole item = number / some, one = number % some;
    if (item >= batch) return;
    const whole left = (counts ? counts[item] : n) - done;
    if (left <= 0) return;
    const whole plane = (item * layers + chosen[one]) * height * width;
    const REAL *from = (done == 0 ? cells : left % 2 ? scratch : out) + plane;
    REAL *to = (left % 2 ? out : scratch) + plane;
    const Weights by = weights[one];

    const whole x = thread % across * VECTOR, west = x ? x - 1 : width - 1, east = x + VECTOR < width ? x + VECTOR : 0;
    whole y = strip % bands * rows;
    const whole end = y + rows < height ? y + rows : height;
    /* a row comes along in registers from being the southern one to being the northern one: it is read once */
    Vector north = *(const Vector *)(from + (y ? y - 1 : height - 1) * width + x);
    Vector here = *(const Vector *)(from + y * width + x);
    for (; y < end; y += AHEAD) {
        Vector south[AHEAD];
        REAL before[AHEAD], after[AHEAD];
#pragma unroll
        for (int i = 0; i < AHEAD; i++) {
            if (y + i >= end) break;
            const REAL *row = from + (y + i) * width;
            south[i] = *(const Vector *)(y + i + 1 < height ? row + width + x : from + x);
            before[i] = row[west], after[i] = row[east];
        }
#pragma unroll
        for (int i = 0; i < AHEAD; i++) {
            if (y + i >= end) break;
            Vector later;
#pragma unroll
            for (int j = 0; j < VECTOR; j++)
                later.at[j] = stepped(by, here.at[j], north.at[j], south[i].at[j], j ? here.at[j - 1] : before[i],
                                      j + 1 < VECTOR ? here.at[j + 1] : after[i]);
            *(Vector *)(to + (y + i) * width + x) = later;
            north = here, here = south[i];
        }
    }
}

#else

/* A layout: a lane holds COLUMNS columns of ROWS rows, LANES of them the whole width, GROUPS times so many rows the
 * height; a block has PLANES planes. What holds ROWS whole rows is a team; no team is in two warps. */
enum { WIDTH = LANES * COLUMNS, HEIGHT = GROUPS * ROWS, TEAMS = PLANES * GROUPS, TEAMS_OF_WARP = 32 / LANES };

static __device__ __forceinline__ void copy(REAL *to, const REAL *from) {
    for (int x = 0; x < COLUMNS; x += VECTOR) *(Vector *)(to + x) = *(const Vector *)(from + x);
}

/* All steps of planes that fit into a block's registers, read once and written once: steps done + 1 up to done + most.
 * West and east come from the neighbouring lanes; north and south from the neighbouring teams, which leave their first
 * and last row in shared memory, in turns in two places, so that nobody writes what another still reads. */
extern "C" __global__ void __launch_bounds__(THREADS)
    planes(const REAL *cells, REAL *out, const whole *counts, whole n, whole done, whole most, const whole *chosen,
           const Weights *weights, whole some, whole layers, whole batch) {
    alignas(16) __shared__ REAL edges[2][TEAMS][2][WIDTH];
    const int lane = threadIdx.x % 32, x = lane % LANES * COLUMNS;
    const int team = threadIdx.x / 32 * TEAMS_OF_WARP + lane / LANES, group = team % GROUPS;
    const whole number = (whole)blockIdx.x * PLANES + team / GROUPS, item = number / some, one = number % some;
    /* lanes left over in a warp, and teams left over in a block, hold nothing and wait with the others */
    const bool busy = lane < TEAMS_OF_WARP * LANES && team < TEAMS && item < batch;
    const int above = group ? team - 1 : team + GROUPS - 1, below = group + 1 < GROUPS ? team + 1 : team + 1 - GROUPS;
    const int west = !busy ? lane : x ? lane - 1 : lane + LANES - 1;
    const int east = !busy ? lane : x + COLUMNS < WIDTH ? lane + 1 : lane + 1 - LANES;

    alignas(16) REAL cell[ROWS][COLUMNS] = {}, north[COLUMNS] = {}, south[COLUMNS] = {};
    Weights by = {};
    whole steps = 0, place = 0;
    if (busy) {
        steps = (counts ? counts[item] : n) - done;
        steps = steps < most ? steps : most;
        by = weights[one];
        place = ((item * layers + chosen[one]) * HEIGHT + group * ROWS) * WIDTH + x;
#pragma unroll
        for (int y = 0; y < ROWS; y++) copy(cell[y], cells + place + y * WIDTH);
    }
    for (whole step = 0;; step++) {
        if (busy) {
            copy(edges[step % 2][team][0] + x, cell[0]);
            copy(edges[step % 2][team][1] + x, cell[ROWS - 1]);
        }
        /* the planes of a block may make different numbers of steps; all wait for the last */
        if (!__syncthreads_or(step < steps)) break;
        if (busy) {
            copy(north, edges[step % 2][above][1] + x);
            copy(south, edges[step % 2][below][0] + x);
        }
#pragma unroll
        for (int y = 0; y < ROWS; y++) {
            const REAL before = __shfl_sync(0xffffffff, cell[y][COLUMNS - 1], west);
            const REAL after = __shfl_sync(0xffffffff, cell[y][0], east);
            REAL later[COLUMNS];
#pragma unroll
            for (int i = 0; i < COLUMNS; i++)
                later[i] = stepped(by, cell[y][i], north[i], y + 1 < ROWS ? cell[y + 1][i] : south[i],
                                   i ? cell[y][i - 1] : before, i + 1 < COLUMNS ? cell[y][i + 1] : after);
#pragma unroll
            for (int i = 0; i < COLUMNS; i++) {
                north[i] = cell[y][i];
                if (PLANES == 1 || step < steps) cell[y][i] = later[i];
            }
        }
    }
    if (busy)
#pragma unroll
        for (int y = 0; y < ROWS; y++) copy(out + place + y * WIDTH, cell[y]);
}

#endif
