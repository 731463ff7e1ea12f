/* Memory for one call at a time. The last block is kept for the next call: taking it anew from the system, page by
 * page, would cost as much as many a call. */
#ifndef TORIMEM_SCRATCH_H
#define TORIMEM_SCRATCH_H

#include <stddef.h>

/* At least so many bytes, as they were left, at a multiple of 64; NULL where there are none. Any thread may ask. */
void *scratch_take(size_t bytes);
void scratch_give(void *memory);

#endif
