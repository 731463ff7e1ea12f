"""Cells on a torus: layers that spread, fade, drift and are searched; the same numbers on any processor.

This room imports nothing of memories. `Field` holds cells and changes them, `Stencil` is one step of
diffusion, decay or drift, `backends` are who computes.
"""

from .field import Field
from .match import Match
from .stencil import Stencil

__all__ = ["Field", "Match", "Stencil"]
