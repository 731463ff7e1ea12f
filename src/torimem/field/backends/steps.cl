// The steps of `opencl.py`, compiled for the device with -DREAL=float or double. Planes lie one behind the other,
// item by item of the batch and in it layer by layer; every coordinate wraps. `weights` are c, n, s, w, e of each layer and
// `counts` the steps of each item.

#ifdef EXACT
#pragma OPENCL FP_CONTRACT OFF
#endif
#ifdef WIDE
#pragma OPENCL EXTENSION cl_khr_fp64 : enable
#endif

REAL mixed(__global const REAL *weights, REAL here, REAL north, REAL south, REAL west, REAL east)
{
    const REAL c = weights[0], n = weights[1], s = weights[2], w = weights[3], e = weights[4];
    if (n == s && s == w && w == e)
        return c * here + ((north + south) + (west + east)) * n;
    return c * here + n * north + s * south + w * west + e * east;
}

// One step of one cell; an item that has made all its steps is passed through.
__kernel void stream(__global const REAL *source, __global REAL *target, __global const REAL *weights,
                     __global const long *counts, long done, int layers, int height, int width)
{
    const int x = get_global_id(0), y = get_global_id(1);
    const size_t plane = get_global_id(2);
    __global const REAL *u = source + plane * height * width;
    const size_t row = (size_t)y * width, north = (size_t)(y ? y - 1 : height - 1) * width,
                 south = (size_t)(y + 1 < height ? y + 1 : 0) * width;
    const int west = x ? x - 1 : width - 1, east = x + 1 < width ? x + 1 : 0;
    REAL later = u[row + x];
    if (counts[plane / layers] > done)
        later = mixed(weights + plane % layers * 5, later, u[north + x], u[south + x], u[row + west], u[row + east]);
    target[plane * height * width + row + x] = later;
}

// Every step of one plane by one work-group, in local memory that holds the plane twice: one read, one write.
__kernel void planes(__global const REAL *source, __global REAL *target, __global const REAL *weights,
                     __global const long *counts, int layers, int height, int width, __local REAL *room)
{
    const size_t plane = get_group_id(0);
    const int cells = height * width, first = get_local_id(0), stride = get_local_size(0);
    __local REAL *here = room, *there = room + cells;
    for (int k = first; k < cells; k += stride)
        here[k] = source[plane * cells + k];
    const long count = counts[plane / layers];
    for (long done = 0; done < count; done++) {
        barrier(CLK_LOCAL_MEM_FENCE);
        for (int k = first; k < cells; k += stride) {
            const int x = k % width;
            there[k] = mixed(weights + plane % layers * 5, here[k],
                             here[k < width ? k + cells - width : k - width],
                             here[k + width < cells ? k + width : k + width - cells],
                             here[x ? k - 1 : k + width - 1], here[x + 1 < width ? k + 1 : k + 1 - width]);
        }
        __local REAL *swap = here;
        here = there;
        there = swap;
    }
    // each item writes the cells that it has computed itself
    for (int k = first; k < cells; k += stride)
        target[plane * cells + k] = here[k];
}

// Values at cells, none of which is named twice; modes are 0 set, 1 max, 2 add.
__kernel void combine(__global REAL *cells, __global const long *index, __global const REAL *values, int mode)
{
    const size_t number = get_global_id(0);
    __global REAL *cell = cells + index[number];
    const REAL value = values[number];
    *cell = mode == 0 ? value : mode == 1 ? fmax(*cell, value) : *cell + value;
}

// The sum over a pattern of its cells times those of one layer, seen from every cell.
__kernel void correlate(__global const REAL *source, __global REAL *target, __global const REAL *pattern, int rows,
                        int columns, int layers, int layer, int height, int width)
{
    const int x = get_global_id(0), y = get_global_id(1);
    const size_t item = get_global_id(2);
    __global const REAL *u = source + (item * layers + layer) * height * width;
    REAL sum = 0;
    for (int j = 0; j < rows; j++)
        for (int i = 0; i < columns; i++)
            sum += pattern[j * columns + i] * u[(size_t)((y + j) % height) * width + (x + i) % width];
    target[(item * height + y) * width + x] = sum;
}
