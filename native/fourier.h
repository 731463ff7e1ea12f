/* Template: the Fourier transform of LANES sequences at once, one in each lane.
 *
 * Stockham's self-sorting form with radices 4, 2, 3, 5 and any prime up to LARGEST_RADIX. A complex number is two vectors, real
 * part and imaginary part; the inverse is the same transform with the two parts in the other order.
 */

/* The turns of every stage: for each butterfly that of its outputs 1 .. radix-1. */
static void N(turns)(struct plan *plan) {
    REAL *turn = plan->turns;
    ptrdiff_t length = plan->length;
    for (int stage = 0; stage < plan->stages; stage++) {
        int radix = plan->radix[stage];
        for (ptrdiff_t p = 0; p < length / radix; p++)
            for (int j = 1; j < radix; j++) {
                double angle = 2 * PI * (double)(p * j) / (double)length;
                *turn++ = (REAL)cos(angle), *turn++ = (REAL)-sin(angle);
            }
        for (int j = 0; j < radix; j++) { /* of the butterfly itself, for radices without a form of their own */
            *turn++ = (REAL)cos(2 * PI * j / radix), *turn++ = (REAL)-sin(2 * PI * j / radix);
        }
        length /= radix;
    }
}

/* One output of a butterfly, times its turn. */
INLINE void N(put)(V *to, V re, V im, const REAL *turn, int turned) {
    if (turned) {
        V c = N(all)(turn[0]), s = N(all)(turn[1]);
        to[0] = FMA(re, c, -(im * s)), to[1] = FMA(re, s, im * c);
    } else {
        to[0] = re, to[1] = im;
    }
}

INLINE void N(two)(const V *x, ptrdiff_t in, V *y, ptrdiff_t out, const REAL *turn, int turned) {
    V a = x[0], b = x[1], c = x[in], d = x[in + 1];
    y[0] = a + c, y[1] = b + d;
    N(put)(y + out, a - c, b - d, turn, turned);
}

INLINE void N(three)(const V *x, ptrdiff_t in, V *y, ptrdiff_t out, const REAL *turn, int turned) {
    const V half = N(all)((REAL)-0.5), sine = N(all)((REAL)0.86602540378443864676);
    V re = x[in] + x[2 * in], im = x[in + 1] + x[2 * in + 1];
    V across_re = (x[in + 1] - x[2 * in + 1]) * sine, across_im = (x[2 * in] - x[in]) * sine;
    V middle_re = FMA(re, half, x[0]), middle_im = FMA(im, half, x[1]);
    V first_re = x[0] + re, first_im = x[1] + im;
    y[0] = first_re, y[1] = first_im;
    N(put)(y + out, middle_re + across_re, middle_im + across_im, turn, turned);
    N(put)(y + 2 * out, middle_re - across_re, middle_im - across_im, turn + 2, turned);
}

INLINE void N(four)(const V *x, ptrdiff_t in, V *y, ptrdiff_t out, const REAL *turn, int turned) {
    V even_re = x[0] + x[2 * in], even_im = x[1] + x[2 * in + 1];
    V odd_re = x[0] - x[2 * in], odd_im = x[1] - x[2 * in + 1];
    V sum_re = x[in] + x[3 * in], sum_im = x[in + 1] + x[3 * in + 1];
    V turn_re = x[in + 1] - x[3 * in + 1], turn_im = x[3 * in] - x[in]; /* the difference, a quarter back */
    y[0] = even_re + sum_re, y[1] = even_im + sum_im;
    N(put)(y + out, odd_re + turn_re, odd_im + turn_im, turn, turned);
    N(put)(y + 2 * out, even_re - sum_re, even_im - sum_im, turn + 2, turned);
    N(put)(y + 3 * out, odd_re - turn_re, odd_im - turn_im, turn + 4, turned);
}

INLINE void N(five)(const V *x, ptrdiff_t in, V *y, ptrdiff_t out, const REAL *turn, int turned) {
    const V c1 = N(all)((REAL)0.30901699437494742410), c2 = N(all)((REAL)-0.80901699437494742410);
    const V s1 = N(all)((REAL)0.95105651629515357212), s2 = N(all)((REAL)0.58778525229247312917);
    V zero_re = x[0], zero_im = x[1];
    V a_re = x[in] + x[4 * in], a_im = x[in + 1] + x[4 * in + 1];
    V b_re = x[2 * in] + x[3 * in], b_im = x[2 * in + 1] + x[3 * in + 1];
    V d_re = x[in] - x[4 * in], d_im = x[in + 1] - x[4 * in + 1];
    V e_re = x[2 * in] - x[3 * in], e_im = x[2 * in + 1] - x[3 * in + 1];
    V one_re = FMA(a_re, c1, FMA(b_re, c2, zero_re)), one_im = FMA(a_im, c1, FMA(b_im, c2, zero_im));
    V two_re = FMA(a_re, c2, FMA(b_re, c1, zero_re)), two_im = FMA(a_im, c2, FMA(b_im, c1, zero_im));
    V p_re = FMA(d_im, s1, e_im * s2), p_im = -FMA(d_re, s1, e_re * s2);
    V q_re = FMA(d_im, s2, -(e_im * s1)), q_im = FMA(e_re, s1, -(d_re * s2));
    y[0] = zero_re + (a_re + b_re), y[1] = zero_im + (a_im + b_im);
    N(put)(y + out, one_re + p_re, one_im + p_im, turn, turned);
    N(put)(y + 2 * out, two_re + q_re, two_im + q_im, turn + 2, turned);
    N(put)(y + 3 * out, two_re - q_re, two_im - q_im, turn + 4, turned);
    N(put)(y + 4 * out, one_re - p_re, one_im - p_im, turn + 6, turned);
}

/* Any odd radix. Inputs k and radix - k meet the same cosines and opposite sines, and so do outputs j and radix - j. */
static void N(prime)(const V *x, ptrdiff_t in, V *y, ptrdiff_t out, const REAL *turn, int turned, int radix,
                     const REAL *circle) {
    V both_re[LARGEST_RADIX / 2 + 1], both_im[LARGEST_RADIX / 2 + 1];
    V apart_re[LARGEST_RADIX / 2 + 1], apart_im[LARGEST_RADIX / 2 + 1];
    V sum_re = {0}, sum_im = {0};
    for (int k = 1; k <= radix / 2; k++) {
        const V *a = x + k * in, *b = x + (radix - k) * in;
        both_re[k] = a[0] + b[0], both_im[k] = a[1] + b[1];
        apart_re[k] = a[0] - b[0], apart_im[k] = a[1] - b[1];
        sum_re += both_re[k], sum_im += both_im[k];
    }
    y[0] = x[0] + sum_re, y[1] = x[1] + sum_im;
    for (int j = 1; j <= radix / 2; j++) {
        V re = {0}, im = {0}, turn_re = {0}, turn_im = {0};
        for (int k = 1; k <= radix / 2; k++) {
            V c = N(all)(circle[2 * (j * k % radix)]), s = N(all)(circle[2 * (j * k % radix) + 1]);
            re = FMA(both_re[k], c, re), im = FMA(both_im[k], c, im);
            turn_re = FMA(apart_re[k], s, turn_re), turn_im = FMA(apart_im[k], s, turn_im);
        }
        re += x[0], im += x[1];
        N(put)(y + j * out, re - turn_im, im + turn_re, turn + 2 * (j - 1), turned);
        N(put)(y + (radix - j) * out, re + turn_im, im - turn_re, turn + 2 * (radix - j - 1), turned);
    }
}

/* All butterflies of a stage; those with p = 0 need no turn. */
#define STAGE(butterfly, ...)                                                                               \
    for (ptrdiff_t p = 0; p < groups; p++, turn += 2 * (radix - 1)) {                                       \
        const V *x = from + 2 * stride * p;                                                                 \
        V *y = to + 2 * stride * radix * p;                                                                 \
        if (p)                                                                                              \
            for (ptrdiff_t q = 0; q < stride; q++)                                                          \
                butterfly(x + 2 * q, 2 * stride * groups, y + 2 * q, 2 * stride, turn, 1 __VA_ARGS__);      \
        else                                                                                                \
            for (ptrdiff_t q = 0; q < stride; q++)                                                          \
                butterfly(x + 2 * q, 2 * stride * groups, y + 2 * q, 2 * stride, turn, 0 __VA_ARGS__);      \
    }

/* The transform of `from`; the result stands in the one of the two buffers that is returned. */
static V *N(transform)(const struct plan *plan, V *from, V *to) {
    const REAL *turn = plan->turns;
    ptrdiff_t length = plan->length, stride = 1;
    for (int stage = 0; stage < plan->stages; stage++) {
        int radix = plan->radix[stage];
        ptrdiff_t groups = length / radix;
        const REAL *circle = turn + 2 * groups * (radix - 1);
        switch (radix) {
        case 2: STAGE(N(two)) break;
        case 3: STAGE(N(three)) break;
        case 4: STAGE(N(four)) break;
        case 5: STAGE(N(five)) break;
        default: STAGE(N(prime), , radix, circle)
        }
        turn += 2 * radix;
        length = groups, stride *= radix;
        V *swap = from;
        from = to, to = swap;
    }
    return from;
}
#undef STAGE
