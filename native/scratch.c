#include "scratch.h"

#include <stdint.h>
#include <stdlib.h>

enum { FRONT = 64 }; /* before what is given out stand the size and where the block begins */

static const size_t MOST_KEPT = 64 << 20;

static void *kept;

struct front {
    size_t bytes;
    void *block;
};

static struct front *front_of(void *memory) { return (struct front *)((char *)memory - FRONT); }

void *scratch_take(size_t bytes) {
    void *memory = __atomic_exchange_n(&kept, NULL, __ATOMIC_ACQUIRE);
    if (memory && front_of(memory)->bytes >= bytes) return memory;
    if (memory) free(front_of(memory)->block);
    if (bytes > SIZE_MAX - 2 * FRONT) return NULL;
    void *block = malloc(bytes + 2 * FRONT);
    if (!block) return NULL;
    memory = (void *)(((uintptr_t)block + 2 * FRONT - 1) / FRONT * FRONT);
    *front_of(memory) = (struct front){bytes, block};
    return memory;
}

void scratch_give(void *memory) {
    if (memory && front_of(memory)->bytes <= MOST_KEPT) memory = __atomic_exchange_n(&kept, memory, __ATOMIC_ACQ_REL);
    if (memory) free(front_of(memory)->block);
}
