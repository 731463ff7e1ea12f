/* CUDA's words as C++ for a CPU, as far as steps.cu uses them: a kernel runs unchanged, slowly and strictly.
 *
 * Each thread of a block is a fiber with a stack of its own. A warp runs until all of it waits for the block, then the
 * next one does; so a missing barrier shows. Blocks run one after another. Shared memory is NaN when a block begins.
 * Threads that end or wait elsewhere while others wait for them are an error, as is what no device would launch.
 */

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include <utility>

#define __global__
#define __device__
#define __forceinline__ inline
#define __launch_bounds__(threads)
#define __shared__ static __attribute__((section("shared")))

extern char __start_shared[] __attribute__((weak, visibility("hidden")));
extern char __stop_shared[] __attribute__((weak, visibility("hidden")));

struct Index {
    unsigned x, y, z;
};

static Index threadIdx, blockIdx;

enum State { READY, AT_SHUFFLE, AT_BARRIER, ENDED };

struct Fiber {
    State state;
    bool begun;
    jmp_buf here;
    ucontext_t start;
    char value[8], heard[8]; /* what it says in a shuffle, and what it is told */
    size_t size;
    int from, said;
};

enum { WARP = 32, MOST_THREADS = 1024, MOST_SHARED = 48 * 1024, STACK = 1 << 16 };

static Fiber fibers[MOST_THREADS];
static char *stacks;
static int current, answer;
static jmp_buf scheduler;
static void (*work)();

static void rest(State state) {
    Fiber *self = &fibers[current];
    self->state = state;
    if (!_setjmp(self->here)) _longjmp(scheduler, 1);
}

inline int __syncthreads_or(int said) {
    fibers[current].said = said;
    rest(AT_BARRIER);
    return answer;
}

template <class T>
static T __shfl_sync(unsigned mask, T value, int from) {
    Fiber *self = &fibers[current];
    if (mask != 0xffffffff) fputs("only whole warps are known here\n", stderr), abort();
    memcpy(self->value, &value, self->size = sizeof value);
    self->from = from;
    rest(AT_SHUFFLE);
    memcpy(&value, self->heard, sizeof value);
    return value;
}

static void life() {
    for (;;) { /* a fiber serves block after block */
        work();
        rest(ENDED);
    }
}

static void resume(int thread) {
    Fiber *self = &fibers[thread];
    current = thread;
    threadIdx = {(unsigned)thread, 0, 0};
    if (_setjmp(scheduler)) return;
    if (self->begun) _longjmp(self->here, 1);
    self->begun = true;
    getcontext(&self->start);
    self->start.uc_stack.ss_sp = stacks + (size_t)thread * STACK;
    self->start.uc_stack.ss_size = STACK;
    makecontext(&self->start, life, 0);
    setcontext(&self->start);
}

/* Runs a warp until all its threads wait for the block or have ended; false if they wait for each other. */
static bool run_warp(int first, bool backwards) {
    Fiber *warp = fibers + first;
    for (;;) {
        int shuffling = 0;
        for (int i = 0; i < WARP; i++) {
            int lane = backwards ? WARP - 1 - i : i;
            if (warp[lane].state == READY) resume(first + lane);
            shuffling += warp[lane].state == AT_SHUFFLE;
        }
        if (!shuffling) return true;
        if (shuffling < WARP) return false;
        for (int lane = 0; lane < WARP; lane++) {
            const Fiber &other = warp[warp[lane].from % WARP];
            if (other.size != warp[lane].size) return false;
            memcpy(warp[lane].heard, other.value, other.size);
        }
        for (int lane = 0; lane < WARP; lane++) warp[lane].state = READY;
    }
}

/* A sanitizer puts stretches that must not be touched between variables; these are written to as well. */
__attribute__((no_sanitize("address"))) static void poison() {
    for (volatile char *at = __start_shared; at != __stop_shared; at++) *at = -1;
}

static const char *run_block(int threads, bool backwards) {
    int warps = threads / WARP;
    poison();
    for (int thread = 0; thread < threads; thread++) fibers[thread].state = READY;
    for (;;) {
        int waiting = 0;
        for (int i = 0; i < warps; i++) {
            int first = (backwards ? warps - 1 - i : i) * WARP;
            if (!run_warp(first, backwards)) return "some lanes of a warp miss a shuffle";
        }
        answer = 0;
        for (int thread = 0; thread < threads; thread++) {
            waiting += fibers[thread].state == AT_BARRIER;
            if (fibers[thread].state == AT_BARRIER) answer |= fibers[thread].said != 0;
        }
        if (!waiting) return NULL;
        if (waiting < threads) return "some threads of a block miss a barrier";
        for (int thread = 0; thread < threads; thread++) fibers[thread].state = READY;
    }
}

static const char *run_blocks(long long blocks, int threads, bool backwards) {
    if (blocks < 1 || blocks > 0x7fffffff) return "no device launches so many blocks";
    if (threads < 1 || threads > MOST_THREADS || threads % WARP) return "no device launches such a block";
    if (__stop_shared - __start_shared > MOST_SHARED) return "no block gets so much shared memory";
    if (!stacks && !(stacks = (char *)malloc((size_t)MOST_THREADS * STACK))) return "out of memory";
    for (long long i = 0; i < blocks; i++) {
        blockIdx = {(unsigned)(backwards ? blocks - 1 - i : i), 0, 0};
        if (const char *fault = run_block(threads, backwards)) {
            for (Fiber &fiber : fibers) fiber.begun = false;
            return fault;
        }
    }
    return NULL;
}

static const long long *given;

template <class... Types, size_t... I>
static void call(void (*kernel)(Types...), std::index_sequence<I...>) {
    kernel((Types)given[I]...);
}

template <class... Types>
static void call(void (*kernel)(Types...)) {
    call(kernel, std::index_sequence_for<Types...>());
}

template <class... Types>
static constexpr int parameters(void (*)(Types...)) {
    return sizeof...(Types);
}

/* The entry. Answers NULL, or what went wrong. */
#define ON_CPU(kernel)                                                                                           \
    extern "C" const char *on_cpu(long long blocks, int threads, int backwards, const long long *arguments,      \
                                  int count) {                                                                   \
        if (count != parameters(kernel)) return "the kernel takes another number of arguments";                  \
        given = arguments;                                                                                       \
        work = [] { call(kernel); };                                                                             \
        return run_blocks(blocks, threads, backwards);                                                           \
    }
