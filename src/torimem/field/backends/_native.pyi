"""What the compiled engine offers to `native`; the source stands in native/."""

from typing import Any

from numpy.typing import NDArray

NEAR: int

def engines() -> dict[str, int]: ...
def smooth(length: int, /) -> bool: ...

class Engine:
    def __init__(self, number: int, brief: int, threads: int, worth: float) -> None: ...
    def advance(self, field: Any, stencils: Any, n: Any, method: str, donate: bool = False, /) -> Any: ...
    def steps(
        self,
        field: NDArray[Any],
        to: NDArray[Any],
        stencils: Any,
        n: Any,
        longest: int,
        exact: bool,
        done: int,
        /,
    ) -> NDArray[Any]: ...
    def stamp_on(
        self, field: NDArray[Any], plane: Any, x: Any, y: Any, radius: Any, strength: Any, mode: int, /
    ) -> NDArray[Any]: ...
    def match(
        self, plane: NDArray[Any], patterns: Any, scores: tuple[NDArray[Any], ...], normalised: bool, /
    ) -> tuple[NDArray[Any], ...]: ...
