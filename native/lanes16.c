/* Vectors of 16 bytes, which every processor of its kind has: SSE2 on x86-64, NEON on ARM. */

#include "engine.h"

#include <math.h>
#include <string.h>

#if defined(__ARM_NEON)
#include <arm_neon.h>
#define FUSED_f4(a, b, c) ((N(vector))vfmaq_f32((float32x4_t)(c), (float32x4_t)(a), (float32x4_t)(b)))
#define FUSED_f8(a, b, c) ((N(vector))vfmaq_f64((float64x2_t)(c), (float64x2_t)(a), (float64x2_t)(b)))
#define ROOT_f8(value) ((V)vsqrtq_f64((float64x2_t)(value)))
#define KIND "neon"
#else
#define FUSED_f4(a, b, c) ((a) * (b) + (c))
#define FUSED_f8(a, b, c) ((a) * (b) + (c))
#define KIND "sse2"
#if defined(__SSE2__)
#include <emmintrin.h>
#define ROOT_f8(value) ((V)_mm_sqrt_pd((__m128d)(value)))
#else
#define ROOT_f8(value) ((V){sqrt((value)[0]), sqrt((value)[1])})
#endif
#endif

#define INLINE static inline __attribute__((always_inline))
#define PI 3.14159265358979323846
#define BYTES 16

#define REAL float
#define WHOLE int32_t
#define SHORT f4
#define LIST_LEFT 3, 4, 5, 6
#define LIST_RIGHT 1, 2, 3, 4
#define LIST_LOW 0, 4, 1, 5
#define LIST_HIGH 2, 6, 3, 7
#define FMA(a, b, c) FUSED_f4(a, b, c)
#define STORE_TAIL(to, value, tail, count) N(store_some)(to, value, count)
#include "real.h"

#define MATCHING
#define ONE_OVER_ROOT(value) (1 / ROOT_f8(value))
#define REAL double
#define WHOLE int64_t
#define SHORT f8
#define LIST_LEFT 1, 2
#define LIST_RIGHT 1, 2
#define LIST_LOW 0, 2
#define LIST_HIGH 1, 3
#define FMA(a, b, c) FUSED_f8(a, b, c)
#define STORE_TAIL(to, value, tail, count) N(store_some)(to, value, count)
#include "real.h"

static int always(void) { return 1; }

const struct engine lanes16 = {KIND, always, &operations_f4, &operations_f8};
