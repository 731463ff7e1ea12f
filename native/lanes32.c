/* Vectors of 32 bytes: AVX2 with FMA. */

#include "engine.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <math.h>
#include <string.h>

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma")
#endif

#define INLINE static inline __attribute__((always_inline))
#define PI 3.14159265358979323846
#define BYTES 32

#define REAL float
#define WHOLE int32_t
#define SHORT f4
#define LIST_LEFT 7, 8, 9, 10, 11, 12, 13, 14
#define LIST_RIGHT 1, 2, 3, 4, 5, 6, 7, 8
#define LIST_LOW 0, 8, 1, 9, 2, 10, 3, 11
#define LIST_HIGH 4, 12, 5, 13, 6, 14, 7, 15
#define FMA(a, b, c) ((V)_mm256_fmadd_ps((__m256)(a), (__m256)(b), (__m256)(c)))
#define STORE_TAIL(to, value, tail, count) _mm256_maskstore_ps(to, (__m256i)(tail), (__m256)(value))
#include "real.h"

#define MATCHING
#define ONE_OVER_ROOT(value) (1 / (V)_mm256_sqrt_pd((__m256d)(value)))
#define REAL double
#define WHOLE int64_t
#define SHORT f8
#define LIST_LEFT 3, 4, 5, 6
#define LIST_RIGHT 1, 2, 3, 4
#define LIST_LOW 0, 4, 1, 5
#define LIST_HIGH 2, 6, 3, 7
#define FMA(a, b, c) ((V)_mm256_fmadd_pd((__m256d)(a), (__m256d)(b), (__m256d)(c)))
#define STORE_TAIL(to, value, tail, count) _mm256_maskstore_pd(to, (__m256i)(tail), (__m256d)(value))
#include "real.h"

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

static int supported(void) {
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

const struct engine lanes32 = {"avx2", supported, &operations_f4, &operations_f8};
#endif
