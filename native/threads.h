/* Work shared between threads: started for one call and joined before it returns, so nothing runs in between. */
#ifndef TORIMEM_THREADS_H
#define TORIMEM_THREADS_H

#include <stddef.h>

/* One piece of work; `worker` is below `threads` and no two pieces run under one number at the same time. */
typedef void (*piece)(void *context, int worker, ptrdiff_t index);

enum { MOST_THREADS = 64 };

/* Do all pieces 0 .. count-1, in any order, on up to `threads` threads of which the caller's is one. */
void share(int threads, ptrdiff_t count, piece work, void *context);

#endif
