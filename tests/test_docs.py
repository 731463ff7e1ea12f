"""The pages in docs: their sessions run, the files and names they speak of exist."""

from __future__ import annotations

import doctest
import re
from importlib import import_module
from pathlib import Path

import pytest

import torimem.field.backends.device
from torimem.field.backends import Backend

ROOT = Path(__file__).parent.parent
PAGES = sorted((ROOT / "docs").glob("*.md"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_sessions_print_what_they_show(page: Path) -> None:
    sessions = re.findall(r"```python\n(>>>.*?)```", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for number, session in enumerate(sessions):
        test = doctest.DocTestParser().get_doctest(session, {}, f"session {number}", page.name, 0)
        report: list[str] = []
        assert doctest.DocTestRunner().run(test, out=report.append).failed == 0, "".join(report)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_file_that_is_named_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:[\w]+/)*[\w]+\.(?:py|md|csv|cu|cl|c))`", text))
    package = ROOT / "src/torimem"
    roots = (ROOT, package, package / "field", package / "field/backends", ROOT / "src", ROOT / "native")
    assert [name for name in sorted(named) if not any((root / name).exists() for root in roots)] == []


def test_every_operation_and_every_hook_of_a_backend_is_explained() -> None:
    page = (ROOT / "docs/backends.md").read_text(encoding="utf-8")
    for kind in (Backend, torimem.field.backends.device.Device):
        for name in vars(kind):
            if not name.startswith("_") and name not in ("mixed", "held", "waves"):
                assert f"`{name}" in page, name


@pytest.mark.parametrize("name", ["bench.measured", "bench.memory.prompts"])
def test_a_page_that_a_script_writes_is_what_it_writes_now(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(ROOT))
    script = import_module(name)
    page = ROOT / "docs" / f"{name.rpartition('.')[2]}.md"
    assert page.read_text(encoding="utf-8") == script.page()


def test_the_readme_leads_to_every_page() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [page.name for page in PAGES if f"docs/{page.name}" not in readme] == []
