"""A clone whose golden files know nothing of Keras 3: the simulated upgrade."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from harness import golden
from harness.releases.release import Release

ROOT = Path(__file__).parents[2]
LAST = Release.parse("2.15.1")


def cut(folder: Path, scenarios: Sequence[str]) -> None:
    """Copy shipped scenarios into ``folder``, with golden files whose keras runner ends at 2.15.1."""
    for name in scenarios:
        source = ROOT / "scenarios" / f"{name}.yaml"
        target = folder / "scenarios" / f"{name}.yaml"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)
        file = golden.read(ROOT / "golden", name)
        assert file is not None
        for release in golden.releases_of(file)["keras"]:
            file = golden.forget_release(file, release, "keras") if release > LAST else file
        (folder / "golden").mkdir(exist_ok=True)
        golden.write(folder / "golden", file)
