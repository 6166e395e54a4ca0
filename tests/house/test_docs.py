"""The pages of docs/: generated ones are what the program prints, and no link of any leads nowhere."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.cli import build_parser, main
from tests.unit.each import each

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
LINK = re.compile(r"\]\((?!https?:)([^)\s#]*)(?:#([^)\s]+))?\)")


@pytest.mark.parametrize(
    ("page", "words"), [("scenarios.md", ["schema", "--markdown"]), ("rules.md", ["rules", "--markdown"])]
)
def test_a_generated_page_is_what_the_program_prints(
    page: str, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 0
    printed = capsys.readouterr().out
    assert printed == (DOCS / page).read_text(encoding="utf-8"), f"harness {' '.join(words)} > docs/{page}"


def test_the_reference_can_be_written_to_a_file(tmp_path: Path) -> None:
    assert main(["schema", "--markdown", "--output", str(tmp_path / "page.md")]) == 0
    assert (tmp_path / "page.md").read_bytes() == (DOCS / "scenarios.md").read_bytes()


def test_the_reference_and_the_schema_of_a_run_are_not_one(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["schema", "--markdown", "--run"])
    assert ended.value.code == 2
    assert "not allowed with argument" in capsys.readouterr().err


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken(page: Path) -> Iterator[str]:
    for path, anchor in LINK.findall(page.read_text(encoding="utf-8")):
        target = (page.parent / path).resolve() if path else page
        if not target.exists():
            yield f"{page.relative_to(ROOT)}: {path}"
        elif anchor and target.suffix == ".md" and anchor not in anchors(target):
            yield f"{page.relative_to(ROOT)}: {path}#{anchor}"


def test_links_lead_somewhere() -> None:
    assert [link for page in PAGES for link in broken(page)] == []


def inline(pattern: str) -> list[str]:
    """What stands in running text, in the places that a reader copies from."""
    texts = (page.read_text(encoding="utf-8") for page in PAGES if "decisions" not in page.parts)
    return sorted({found for text in texts for found in re.findall(pattern, text)})


PARSER = build_parser()


@each("command", inline(r"`(?:\.venv/bin/)?harness ([a-z][^`]*)`"))
def test_a_command_in_running_text_is_one(command: str) -> None:
    PARSER.parse_args(shlex.split(command))


def test_make_has_the_targets_that_are_named() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = set(inline(r"`make ([a-z]+)[^`]*`"))
    assert {"unit", "test", "lint"} <= named
    assert named <= set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))


def test_contributing_is_short() -> None:
    assert len((DOCS / "contributing.md").read_text(encoding="utf-8").splitlines()) < 100
