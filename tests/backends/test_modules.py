"""The modules that need an extra keep what all others keep: docstrings, and examples that run."""

from __future__ import annotations

import doctest
import importlib

import pytest

from optional import OPTIONAL
from test_public import documented


@pytest.mark.parametrize("module", OPTIONAL)
def test_the_examples_in_the_docstrings_hold(module: str) -> None:
    result = doctest.testmod(importlib.import_module(module), optionflags=doctest.IGNORE_EXCEPTION_DETAIL)
    assert result.failed == 0


@pytest.mark.parametrize("module", OPTIONAL)
def test_everything_public_has_a_docstring_of_its_own(module: str) -> None:
    assert [name for name, value in documented(importlib.import_module(module)) if not value.__doc__] == []
