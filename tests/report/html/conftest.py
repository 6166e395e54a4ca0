"""The small site, made once."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.report.html.material import Material
from tests.report.html import sites


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Material:
    root: Path = tmp_path_factory.mktemp("small")
    sites.write(root)
    return sites.read(root)


@pytest.fixture(scope="session")
def pages(small: Material) -> dict[str, str]:
    return sites.pages(small)
