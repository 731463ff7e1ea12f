"""Builds the CPU engine; without a compiler that knows vector extensions torimem installs without it."""

import sys

from setuptools import Extension, setup

sources = ["module", "advance", "match", "waves", "scratch", "threads", "lanes16", "lanes32", "lanes64"]
headers = [
    "engine",
    "real",
    "steps",
    "fourier",
    "jump",
    "likeness",
    "advance",
    "match",
    "waves",
    "scratch",
    "threads",
]

setup(
    ext_modules=[
        Extension(
            "torimem.field.backends._native",
            sources=[f"native/{name}.c" for name in sources],
            depends=[f"native/{name}.h" for name in headers],
            # contraction off: the exact mode rounds every operation on its own, the fast one asks for fusions
            extra_compile_args=[
                "-O3",
                "-std=gnu11",
                "-ffp-contract=off",
                "-fvisibility=hidden",
                "-fno-math-errno",
                "-pthread",
            ],
            extra_link_args=[] if sys.platform == "win32" else ["-pthread"],
            py_limited_api=True,
            optional=True,
        )
    ],
    options={"bdist_wheel": {"py_limited_api": "cp311"}},
)
