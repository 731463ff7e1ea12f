/* The ordinary good C of the benchmark: loops that a compiler turns into vectors, and two ways to copy.

   cc -O3 -march=native -fopenmp -shared -fPIC plain.c -o plain.so
*/
#include <stdint.h>
#include <string.h>
#if defined(__AVX__)
#include <immintrin.h>
#elif defined(__SSE2__)
#include <emmintrin.h>
#endif

static inline void row(const float *restrict up, const float *restrict here, const float *restrict down,
                       float *restrict out, int64_t width, float c, float q)
{
    int64_t last = width - 1;
    out[0] = c * here[0] + q * ((up[0] + down[0]) + (here[last] + here[1]));
    for (int64_t x = 1; x < last; x++)
        out[x] = c * here[x] + q * ((up[x] + down[x]) + (here[x - 1] + here[x + 1]));
    out[last] = c * here[last] + q * ((up[last] + down[last]) + (here[last - 1] + here[0]));
}

static inline void rows(const float *u, float *v, int64_t y, int64_t height, int64_t width, float c, float q)
{
    row(u + (y ? y - 1 : height - 1) * width, u + y * width, u + (y + 1 < height ? y + 1 : 0) * width,
        v + y * width, width, c, q);
}

/* n steps of every plane, from u to v and back: the result is in u for even n, in v for odd n. */
void advance(float *u, float *v, int64_t planes, int64_t height, int64_t width, int64_t n, float c, float q)
{
    int64_t size = height * width;
    if (planes > 1) { /* a plane takes all its steps while it lies in the cache */
#pragma omp parallel for schedule(static)
        for (int64_t p = 0; p < planes; p++) {
            float *from = u + p * size, *to = v + p * size;
            for (int64_t step = 0; step < n; step++) {
                for (int64_t y = 0; y < height; y++)
                    rows(from, to, y, height, width, c, q);
                float *other = from;
                from = to;
                to = other;
            }
        }
        return;
    }
#pragma omp parallel
    {
        float *from = u, *to = v;
        for (int64_t step = 0; step < n; step++) {
#pragma omp for schedule(static)
            for (int64_t y = 0; y < height; y++)
                rows(from, to, y, height, width, c, q);
            float *other = from;
            from = to;
            to = other;
        }
    }
}

void copy(float *restrict to, const float *restrict from, int64_t count)
{
    memcpy(to, from, count * sizeof(float));
}

/* A copy whose stores go past the caches; 0 where this processor has none that we know. `to` is aligned to
   64 bytes. */
int copy_past_caches(float *restrict to, const float *restrict from, int64_t count)
{
#if defined(__AVX512F__)
    enum { LANES = 16 };
#define STREAM(at) _mm512_stream_ps(to + (at), _mm512_loadu_ps(from + (at)))
#elif defined(__AVX__)
    enum { LANES = 8 };
#define STREAM(at) _mm256_stream_ps(to + (at), _mm256_loadu_ps(from + (at)))
#elif defined(__SSE2__)
    enum { LANES = 4 };
#define STREAM(at) _mm_stream_ps(to + (at), _mm_loadu_ps(from + (at)))
#else
    return 0;
#endif
#ifdef STREAM
    int64_t i = 0;
    for (; i + LANES <= count; i += LANES)
        STREAM(i);
    for (; i < count; i++)
        to[i] = from[i];
    _mm_sfence();
    return 1;
#endif
}
