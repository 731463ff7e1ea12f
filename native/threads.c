#include "threads.h"

#if defined(_WIN32)

void share(int threads, ptrdiff_t count, piece work, void *context) {
    (void)threads;
    for (ptrdiff_t index = 0; index < count; index++) work(context, 0, index);
}

#else

#include <pthread.h>

struct shared {
    ptrdiff_t next, count;
    piece work;
    void *context;
};

struct worker {
    struct shared *shared;
    int number;
};

static void *run(void *given) {
    const struct worker *worker = given;
    struct shared *shared = worker->shared;
    ptrdiff_t index;
    while ((index = __atomic_fetch_add(&shared->next, 1, __ATOMIC_RELAXED)) < shared->count)
        shared->work(shared->context, worker->number, index);
    return NULL;
}

void share(int threads, ptrdiff_t count, piece work, void *context) {
    if (threads < 2 || count < 2) {
        for (ptrdiff_t index = 0; index < count; index++) work(context, 0, index);
        return;
    }
    struct shared shared = {0, count, work, context};
    struct worker workers[MOST_THREADS];
    pthread_t handles[MOST_THREADS];
    int started = 1;
    for (int i = 0; i < MOST_THREADS; i++) workers[i] = (struct worker){&shared, i};
    /* where no further thread is to be had, those there are do it all */
    while (started < threads && started < count && started < MOST_THREADS &&
           !pthread_create(&handles[started], NULL, run, &workers[started]))
        started++;
    run(&workers[0]);
    while (--started) pthread_join(handles[started], NULL);
}

#endif
