"""Cells on a torus: layers that spread, fade, drift and are searched; the same numbers on any processor.

`Field` holds cells and changes them, `Stencil` is one step of diffusion, decay or drift, `Match` and `Cell`
are what searching and looking around give. Who computes is a `Backend`: `available` lists them, `load` finds
one by name, and `torimem.field.backends` says how to write another. This room imports nothing of memories and
is a library by itself.
"""

from .backends import Backend, available, load
from .discs import Cell
from .field import Field
from .match import Match
from .stencil import Stencil

__all__ = ["Backend", "Cell", "Field", "Match", "Stencil", "available", "load"]
