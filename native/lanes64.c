/* Vectors of 64 bytes: AVX-512 as servers have it since 2017. */

#include "engine.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <math.h>
#include <string.h>

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,fma"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx512f,avx512dq,avx512bw,avx512vl,fma")
#endif

#define INLINE static inline __attribute__((always_inline))
#define PI 3.14159265358979323846
#define BYTES 64

#define REAL float
#define WHOLE int32_t
#define SHORT f4
#define LIST_LEFT 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
#define LIST_RIGHT 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16
#define LIST_LOW 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define LIST_HIGH 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31
#define FMA(a, b, c) ((V)_mm512_fmadd_ps((__m512)(a), (__m512)(b), (__m512)(c)))
#define STORE_TAIL(to, value, tail, count) _mm512_mask_storeu_ps(to, _mm512_movepi32_mask((__m512i)(tail)), (__m512)(value))
#include "real.h"

#define MATCHING
#define ONE_OVER_ROOT(value) N(one_over_root)(value)
#define GUESS(value) ((V)_mm512_rsqrt14_pd((__m512d)(value)))
#define REAL double
#define WHOLE int64_t
#define SHORT f8
#define LIST_LEFT 7, 8, 9, 10, 11, 12, 13, 14
#define LIST_RIGHT 1, 2, 3, 4, 5, 6, 7, 8
#define LIST_LOW 0, 8, 1, 9, 2, 10, 3, 11
#define LIST_HIGH 4, 12, 5, 13, 6, 14, 7, 15
#define FMA(a, b, c) ((V)_mm512_fmadd_pd((__m512d)(a), (__m512d)(b), (__m512d)(c)))
#define STORE_TAIL(to, value, tail, count) _mm512_mask_storeu_pd(to, _mm512_movepi64_mask((__m512i)(tail)), (__m512d)(value))
#include "real.h"

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

static int supported(void) {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl");
}

const struct engine lanes64 = {"avx512", supported, &operations_f4, &operations_f8};
#endif
