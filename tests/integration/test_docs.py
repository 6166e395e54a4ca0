"""Every command that stands on a line of its own in docs/ runs, page by page, in the order of the page."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.integration.clones import make_clone, needs_an_environment, run

DOCS = Path(__file__).parents[2] / "docs"
PAGES = {
    page.name: re.findall(r"^ {4,}(\.venv/bin/harness .*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    for page in sorted(DOCS.glob("*.md"))
}


def test_pages_have_commands() -> None:
    assert sum(map(len, PAGES.values())) >= 10


@pytest.mark.parametrize("page", [page for page, commands in PAGES.items() if commands])
def test_the_commands_of_a_page_run(page: str, tmp_path: Path) -> None:
    clone = make_clone(tmp_path)
    shutil.copytree(DOCS, clone / "docs")
    shutil.copy(DOCS.parent / "README.md", clone)
    for command in PAGES[page]:
        if needs_an_environment(command):
            # What comes after it works with what is there: the installed TensorFlow.
            continue
        ran = run(command, clone)
        assert ran.returncode == 0, command + ran.stdout + ran.stderr
        assert ran.stdout or command.endswith("--check"), command
