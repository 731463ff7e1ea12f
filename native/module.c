/* The engine as a Python extension: buffers in, buffers out, checked as far as memory safety needs it.
 *
 * Only the limited API of Python 3.11 is used, so one build serves every later version. What the numbers mean is
 * checked before, in torimem.field.field; the interpreter is let go while the numbers are worked on.
 */
#define Py_LIMITED_API 0x030b0000
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <math.h>

#include "advance.h"
#include "match.h"
#include "threads.h"
#include "waves.h"

static const struct engine *const engines[] = {
#if defined(__x86_64__)
    &lanes64,
    &lanes32,
#endif
    &lanes16,
};
/* Cells times steps that take less time than to let the interpreter go and have it back from another thread. */
static const double BRIEF = 1 << 15;

/* So few steps cost less one by one than as a jump, whatever the plane. */
enum { NEAR = 20 };

enum { ENGINES = sizeof engines / sizeof *engines };

static PyObject *native_engines(PyObject *self, PyObject *none) {
    (void)self, (void)none;
    PyObject *names = PyDict_New();
    for (int i = 0; names && i < ENGINES; i++) {
        if (!engines[i]->runs_here()) continue;
        PyObject *index = PyLong_FromLong(i);
        if (!index || PyDict_SetItemString(names, engines[i]->name, index) < 0) Py_CLEAR(names);
        Py_XDECREF(index);
    }
    return names;
}

static PyObject *native_smooth(PyObject *self, PyObject *length) {
    (void)self;
    Py_ssize_t value = PyLong_AsSsize_t(length);
    if (value == -1 && PyErr_Occurred()) return NULL;
    return PyBool_FromLong(value >= 1 && smooth(value));
}

/* So many stencils are kept as numbers: fields step by the same few again and again. */
enum { KEPT = 8 };

/* An instruction set, a number of threads, and the stencils that were read last. */
struct engine_object {
    PyObject_HEAD
    const struct engine *engine, *brief; /* `brief` does what takes a microsecond or two */
    int threads, next;
    double worth; /* the work from which on they are used */
    struct {
        PyObject *stencil;
        struct stencil weights;
    } kept[KEPT];
};

static int engine_init(PyObject *self, PyObject *args, PyObject *named) {
    static char *keywords[] = {"number", "brief", "threads", "worth", NULL};
    struct engine_object *engine = (struct engine_object *)self;
    Py_ssize_t number, brief, threads;
    if (!PyArg_ParseTupleAndKeywords(args, named, "nnnd", keywords, &number, &brief, &threads, &engine->worth)) return -1;
    if (number < 0 || number >= ENGINES || !engines[number]->runs_here() || brief < 0 || brief >= ENGINES ||
        !engines[brief]->runs_here()) {
        PyErr_Format(PyExc_ValueError, "engine %zd or %zd does not run here", number, brief);
        return -1;
    }
    engine->engine = engines[number], engine->brief = engines[brief];
    engine->threads = threads < 1 ? 1 : threads > MOST_THREADS ? MOST_THREADS : (int)threads;
    return 0;
}

static void engine_free(PyObject *self) {
    PyTypeObject *type = Py_TYPE(self);
    for (int i = 0; i < KEPT; i++) Py_XDECREF(((struct engine_object *)self)->kept[i].stencil);
    freefunc release = PyType_GetSlot(type, Py_tp_free);
    release(self);
    Py_DECREF(type);
}

/* A torimem Stencil as numbers. */
static int weights_of(struct engine_object *self, PyObject *stencil, struct stencil *to) {
    static const char *const names[] = {"c", "n", "s", "w", "e", "total", "gain", "positive"};
    for (int i = 0; i < KEPT; i++)
        if (self->kept[i].stencil == stencil) {
            *to = self->kept[i].weights;
            return 0;
        }
    double read[8];
    for (int i = 0; i < 8; i++) {
        PyObject *value = PyObject_GetAttrString(stencil, names[i]);
        read[i] = value ? PyFloat_AsDouble(value) : -1;
        Py_XDECREF(value);
        if (PyErr_Occurred()) return -1;
    }
    *to = (struct stencil){read[0], read[1], read[2], read[3], read[4], read[5], read[6], read[7]};
    int slot = self->next;
    self->next = (slot + 1) % KEPT;
    PyObject *before = self->kept[slot].stencil;
    self->kept[slot].stencil = Py_NewRef(stencil), self->kept[slot].weights = *to;
    Py_XDECREF(before);
    return 0;
}

/* The sizes of a field's buffer, shape (..., layer, y, x) of floats or doubles. */
static int sizes_of(const Py_buffer *field, struct advance *call) {
    if (field->ndim < 3 || (field->itemsize != 4 && field->itemsize != 8)) {
        PyErr_SetString(PyExc_ValueError, "a field has axes (..., layer, y, x) and 4 or 8 bytes a cell");
        return -1;
    }
    const Py_ssize_t *shape = field->shape + field->ndim - 3;
    call->layers = shape[0], call->height = shape[1], call->width = shape[2];
    call->twice = field->itemsize == 8, call->batch = 1;
    for (int i = 0; i < field->ndim - 3; i++) call->batch *= field->shape[i];
    return 0;
}

static PyObject *engine_steps(PyObject *self, PyObject *const *args, Py_ssize_t count) {
    struct engine_object *engine = (struct engine_object *)self;
    Py_buffer from, to, steps;
    struct stencil few[8], *stencils = few;
    PyObject *result = NULL;
    int64_t n = 0;
    if (count != 7) return PyErr_Format(PyExc_TypeError, "steps takes 7 arguments, not %zd", count), NULL;
    struct advance call = {.engine = engine->engine, .threads = engine->threads, .worth = engine->worth};
    call.longest = PyLong_AsLongLong(args[4]);
    call.exact = PyObject_IsTrue(args[5]), call.done = PyLong_AsLongLong(args[6]);
    call.uniform = PyLong_Check(args[3]);
    if (call.uniform) n = PyLong_AsLongLong(args[3]);
    if (PyErr_Occurred()) return NULL;
    int in_place = args[0] == args[1];
    if (PyObject_GetBuffer(args[0], &from, in_place ? PyBUF_ND | PyBUF_WRITABLE : PyBUF_ND) < 0) return NULL;
    if (in_place)
        to = from;
    else if (PyObject_GetBuffer(args[1], &to, PyBUF_WRITABLE) < 0)
        goto no_to;
    if (sizes_of(&from, &call)) goto no_stencils;
    if (to.len != from.len) {
        PyErr_SetString(PyExc_ValueError, "the two fields differ in size");
        goto no_stencils;
    }
    if (PyTuple_Size(args[2]) != call.layers) {
        if (!PyErr_Occurred()) PyErr_SetString(PyExc_ValueError, "every layer needs one stencil");
        goto no_stencils;
    }
    if (call.layers > 8 && !(stencils = PyMem_Malloc((size_t)call.layers * sizeof *stencils))) {
        PyErr_NoMemory();
        goto no_stencils;
    }
    for (ptrdiff_t i = 0; i < call.layers; i++)
        if (weights_of(engine, PyTuple_GetItem(args[2], i), &stencils[i])) goto no_steps;
    call.stencils = stencils, call.n = &n;
    if (!call.uniform) {
        if (PyObject_GetBuffer(args[3], &steps, PyBUF_SIMPLE) < 0) goto no_steps;
        call.n = steps.buf;
        if (steps.len != call.batch * (Py_ssize_t)sizeof(int64_t)) {
            PyErr_SetString(PyExc_ValueError, "every item of the batch needs one number of steps");
            goto done;
        }
    }
    int failed = 0;
    if (call.uniform && (double)n * (double)(from.len / from.itemsize) < BRIEF) {
        call.engine = engine->brief;
        failed = from.len ? advance_fields(&call, from.buf, to.buf) : 0;
    } else if (from.len) {
        Py_BEGIN_ALLOW_THREADS;
        failed = advance_fields(&call, from.buf, to.buf);
        Py_END_ALLOW_THREADS;
    }
    result = failed ? PyErr_NoMemory() : Py_NewRef(args[1]);
done:
    if (!call.uniform) PyBuffer_Release(&steps);
no_steps:
    if (stencils != few) PyMem_Free(stencils);
no_stencils:
    if (!in_place) PyBuffer_Release(&to);
no_to:
    PyBuffer_Release(&from);
    return result;
}

/* `advance` of the backend: a few steps of a field that may be written over are made here and now, and anything
 * else goes the way of `self.far`, which has time to think. */
static PyObject *engine_advance(PyObject *self, PyObject *const *args, Py_ssize_t count) {
    if (count == 5 && args[4] == Py_True && PyLong_CheckExact(args[2])) {
        long n = PyLong_AsLong(args[2]);
        if (n == -1 && PyErr_Occurred()) PyErr_Clear();
        if (0 < n && n <= NEAR && PyUnicode_CompareWithASCIIString(args[3], "jump")) {
            PyObject *exact = PyUnicode_CompareWithASCIIString(args[3], "exact") ? Py_False : Py_True;
            PyObject *never = PyLong_FromLong(-1), *none = PyLong_FromLong(0), *result = NULL;
            PyObject *const all[7] = {args[0], args[0], args[1], args[2], never, exact, none};
            if (never && none) result = engine_steps(self, all, 7);
            Py_XDECREF(never);
            Py_XDECREF(none);
            return result;
        }
    }
    PyObject *far = PyObject_GetAttrString(self, "far"), *given = far ? PyTuple_New(count) : NULL, *result = NULL;
    if (given) {
        for (Py_ssize_t i = 0; i < count; i++) PyTuple_SetItem(given, i, Py_NewRef(args[i]));
        result = PyObject_CallObject(far, given);
    }
    Py_XDECREF(far);
    Py_XDECREF(given);
    return result;
}

static void put(char *cell, int twice, double value, long mode) {
    double here = twice ? *(double *)cell : (double)*(float *)cell;
    if (mode == 1 && here > value) return;
    if (twice)
        *(double *)cell = mode == 2 ? here + value : value;
    else
        *(float *)cell = mode == 2 ? (float)here + (float)value : (float)value;
}

static PyObject *engine_stamp(PyObject *self, PyObject *const *args, Py_ssize_t count) {
    (void)self;
    if (count != 7) return PyErr_Format(PyExc_TypeError, "stamp_on takes 7 arguments, not %zd", count), NULL;
    long mode = PyLong_AsLong(args[6]);
    if (mode == -1 && PyErr_Occurred()) return NULL;
    struct advance sizes;
    Py_buffer field, given[5];
    int held = 0;
    PyObject *result = NULL;
    if (PyObject_GetBuffer(args[0], &field, PyBUF_ND | PyBUF_WRITABLE) < 0) return NULL;
    if (sizes_of(&field, &sizes)) goto done;
    for (; held < 5; held++) {
        if (PyObject_GetBuffer(args[held + 1], &given[held], PyBUF_SIMPLE) < 0) goto done;
        if (given[held].len != given[0].len) {
            PyErr_SetString(PyExc_ValueError, "the arrays of discs differ in length");
            held++;
            goto done;
        }
    }
    const int64_t *plane = given[0].buf, *x = given[1].buf, *y = given[2].buf;
    const double *radius = given[3].buf, *strength = given[4].buf;
    ptrdiff_t height = sizes.height, width = sizes.width, discs = given[0].len / 8;
    for (ptrdiff_t i = 0; i < discs; i++)
        if (plane[i] < 0 || plane[i] >= sizes.batch * sizes.layers || x[i] < 0 || x[i] >= width || y[i] < 0 ||
            y[i] >= height) {
            PyErr_SetString(PyExc_ValueError, "a disc lies outside the field");
            goto done;
        }
    for (ptrdiff_t i = 0; i < discs; i++) {
        char *cells = (char *)field.buf + plane[i] * height * width * field.itemsize;
        ptrdiff_t reach = radius[i] < (double)(height + width) ? (ptrdiff_t)radius[i] : height + width;
        /* the shortest way to each row and column, so that none comes twice */
        ptrdiff_t up = reach < (height - 1) / 2 ? reach : (height - 1) / 2, down = reach < height / 2 ? reach : height / 2;
        ptrdiff_t left = reach < (width - 1) / 2 ? reach : (width - 1) / 2, right = reach < width / 2 ? reach : width / 2;
        for (ptrdiff_t dy = -up; dy <= down; dy++)
            for (ptrdiff_t dx = -left; dx <= right; dx++) {
                if (sqrt((double)(dx * dx + dy * dy)) > radius[i]) continue;
                ptrdiff_t at = (y[i] + dy + height) % height * width + (x[i] + dx + width) % width;
                put(cells + at * field.itemsize, sizes.twice, strength[i], mode);
            }
    }
    result = Py_NewRef(args[0]);
done:
    while (held-- > 0) PyBuffer_Release(&given[held]);
    PyBuffer_Release(&field);
    return result;
}

/* The two buffers of one pattern. */
struct views {
    Py_buffer pattern, out;
};

static PyObject *engine_match(PyObject *self, PyObject *const *args, Py_ssize_t count) {
    struct engine_object *engine = (struct engine_object *)self;
    if (count != 4) return PyErr_Format(PyExc_TypeError, "match takes 4 arguments, not %zd", count), NULL;
    struct match call = {.engine = engine->engine, .threads = engine->threads, .worth = engine->worth};
    call.normalised = PyObject_IsTrue(args[3]);
    Py_ssize_t patterns = PyTuple_Size(args[1]), held = 0;
    if (patterns < 0 || PyTuple_Size(args[2]) != patterns) {
        if (!PyErr_Occurred()) PyErr_SetString(PyExc_ValueError, "every pattern needs one place for its scores");
        return NULL;
    }
    Py_buffer plane;
    if (PyObject_GetBuffer(args[0], &plane, PyBUF_ND) < 0) return NULL;
    PyObject *result = NULL;
    struct views *views = PyMem_Calloc((size_t)patterns + 1, sizeof *views);
    call.patterns = PyMem_Calloc((size_t)patterns + 1, sizeof *call.patterns);
    if (!views || !call.patterns) {
        PyErr_NoMemory();
        goto done;
    }
    if (plane.ndim != 2 || (plane.itemsize != 4 && plane.itemsize != 8) || plane.len < 1) {
        PyErr_SetString(PyExc_ValueError, "a plane has axes (y, x) and 4 or 8 bytes a cell");
        goto done;
    }
    call.plane = plane.buf, call.twice = plane.itemsize == 8, call.count = patterns;
    call.height = plane.shape[0], call.width = plane.shape[1];
    for (; held < patterns; held++) {
        Py_buffer *pattern = &views[held].pattern, *out = &views[held].out;
        if (PyObject_GetBuffer(PyTuple_GetItem(args[1], held), pattern, PyBUF_ND) < 0) goto done;
        if (PyObject_GetBuffer(PyTuple_GetItem(args[2], held), out, PyBUF_WRITABLE) < 0) {
            PyBuffer_Release(pattern);
            goto done;
        }
        if (pattern->ndim != 2 || pattern->itemsize != 8 || pattern->len < 8 || pattern->shape[0] > call.height ||
            pattern->shape[1] > call.width || out->len != call.height * call.width * 8) {
            PyErr_SetString(PyExc_ValueError, "patterns and scores are of float64, and patterns fit on the plane");
            held++;
            goto done;
        }
        call.patterns[held] = (struct pattern){pattern->buf, pattern->shape[0], pattern->shape[1], out->buf};
    }
    int failed;
    Py_BEGIN_ALLOW_THREADS;
    failed = match(&call);
    Py_END_ALLOW_THREADS;
    result = failed ? PyErr_NoMemory() : Py_NewRef(args[2]);
done:
    while (held-- > 0) PyBuffer_Release(&views[held].pattern), PyBuffer_Release(&views[held].out);
    PyMem_Free(views);
    PyMem_Free(call.patterns);
    PyBuffer_Release(&plane);
    return result;
}

static PyMethodDef engine_methods[] = {
    {"advance", (PyCFunction)(void (*)(void))engine_advance, METH_FASTCALL,
     "advance(field, stencils, n, method, donate) -> field"},
    {"steps", (PyCFunction)(void (*)(void))engine_steps, METH_FASTCALL,
     "steps(from, to, stencils, n, longest, exact, done) -> to; more than `longest` steps are jumped, -1: never"},
    {"stamp_on", (PyCFunction)(void (*)(void))engine_stamp, METH_FASTCALL,
     "stamp_on(field, plane, x, y, radius, strength, mode) -> field; mode 0 sets, 1 takes the most, 2 adds"},
    {"match", (PyCFunction)(void (*)(void))engine_match, METH_FASTCALL,
     "match(plane, patterns, scores, normalised) -> scores; patterns for normalised likeness have a mean of 0"},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot engine_slots[] = {
    {Py_tp_doc, "The operations of an instruction set: Engine(number, brief, threads, worth), numbers as in `engines()`."},
    {Py_tp_init, engine_init},
    {Py_tp_dealloc, engine_free},
    {Py_tp_methods, engine_methods},
    {0, NULL},
};

static PyType_Spec engine_type = {
    "torimem.field.backends._native.Engine", sizeof(struct engine_object), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    engine_slots,
};

static int start(PyObject *module) {
    PyObject *type = PyType_FromModuleAndSpec(module, &engine_type, NULL);
    int failed = !type || PyModule_AddType(module, (PyTypeObject *)type) < 0 ||
                 PyModule_AddIntConstant(module, "NEAR", NEAR) < 0;
    Py_XDECREF(type);
    return failed ? -1 : 0;
}

static PyMethodDef methods[] = {
    {"engines", native_engines, METH_NOARGS, "engines() -> {name: number}, those that run here, the widest first"},
    {"smooth", native_smooth, METH_O, "smooth(length) -> whether a jump of that side is known"},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot slots[] = {{Py_mod_exec, start}, {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "_native", "The CPU engine; see torimem.field.backends.native.", 0, methods, slots, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit__native(void) { return PyModuleDef_Init(&definition); }
