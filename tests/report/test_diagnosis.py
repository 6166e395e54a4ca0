from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness.diagnosis import Cache, Diagnosis, Python, missing
from harness.report.diagnosis import render_diagnosis
from harness.report.layout import in_bytes

CACHE = Cache(
    folder=Path.home() / ".cache" / "harness" / "envs",
    made=70,
    catalogued=71,
    current=68,
    size=52_000_000_000,
    own=900_000_000,
    free=120_000_000_000,
)
PYTHONS = (
    Python(series="3.6", version=None, releases=("1.0.1", "2.1.4")),
    Python(series="3.7", version=None, releases=()),
    Python(series="3.9", version="3.9.18", releases=("2.5.0", "2.11.1")),
)
PACKAGES = {"tensorflow": "2.21.0", "keras": "3.15.1", "tf-keras": "2.21.0", "numpy": "2.4.6"}
WHOLE = Diagnosis(
    harness="0.1.0",
    python="3.11.7",
    platform="linux-x86_64",
    packages=PACKAGES,
    gpus=(),
    uv="0.9.1",
    pythons=PYTHONS,
    cache=CACHE,
    missing=(),
    can_compare=True,
)


def render(found: Diagnosis, width: int = 80) -> str:
    return render_diagnosis(found, width=width, color=False)


def test_what_is_here_is_a_table_that_can_be_pasted() -> None:
    text = render(WHOLE)
    assert text.splitlines()[0] == "harness 0.1.0, Python 3.11.7, linux-x86_64"
    assert "TensorFlow    2.21.0" in text
    assert "GPU           none seen" in text
    assert "Python 3.6    -" in text
    assert "Python 3.9    3.9.18" in text
    assert "TensorFlow 2.5.0 to 2.11.1" in text
    assert "environments  68 of 71" in text
    assert "52.0 GB" in " ".join(text.split())
    assert "~/.cache/harness/envs" in text
    assert "120.0 GB free" in text
    assert text.endswith("\n\nsummary: harness compare can run\n")
    assert str(Path.home()) not in text


@pytest.mark.parametrize("width", [20, 40, 57, 80])
def test_no_line_is_wider_than_asked(width: int) -> None:
    found = replace(WHOLE, missing=tuple(missing({**PACKAGES, "tensorflow": None}, None, PYTHONS, CACHE)))
    assert max(map(len, render(found, width).splitlines())) <= max(width, 40)


def test_graphics_are_told_as_the_driver_names_them() -> None:
    assert "GPU 0: NVIDIA H100, GPU 1: NVIDIA H100" in " ".join(
        render(replace(WHOLE, gpus=("GPU 0: NVIDIA H100", "GPU 1: NVIDIA H100"))).split()
    )


def test_nothing_is_missing_where_all_is_here() -> None:
    assert missing(PACKAGES, "0.9.1", PYTHONS[1:], CACHE) == []


def test_without_tensorflow_nothing_can_be_compared() -> None:
    gone = dict.fromkeys(PACKAGES)
    [found] = missing(gone, "0.9.1", PYTHONS[1:], CACHE)
    text = render(replace(WHOLE, packages=gone, missing=(found,), can_compare=False))
    assert "missing: TensorFlow: only releases named with --tf can run\n  pip install 'batchnorm-harness[tf]'" in text
    assert text.endswith("\nsummary: harness compare cannot run: no TensorFlow is installed here\n")


@pytest.mark.parametrize(
    ("tensorflow", "how"), [("2.21.0", "pip install 'tf-keras~=2.21.0'"), ("2.16.2", "pip install 'tf-keras~=2.16.0'")]
)
def test_legacy_keras_is_missed_beside_keras_3(tensorflow: str, how: str) -> None:
    [found] = missing({**PACKAGES, "tensorflow": tensorflow, "tf-keras": None}, "0.9.1", (), CACHE)
    assert (found.what, found.how) == ("tf-keras", how)
    assert tensorflow in found.means


def test_legacy_keras_is_not_missed_where_it_is_the_only_one() -> None:
    assert missing({**PACKAGES, "tensorflow": "2.15.1", "tf-keras": None}, "0.9.1", (), CACHE) == []


def test_a_python_is_missed_that_uv_does_not_download() -> None:
    wanted = (*PYTHONS, Python(series="3.8", version=None, releases=("2.2.3", "2.4.4")))
    assert [one.what for one in missing(PACKAGES, "0.9.1", wanted, CACHE)] == ["Python 3.6"]
    found = missing(PACKAGES, None, wanted, CACHE)
    assert [one.what for one in found] == ["uv", "Python 3.6", "Python 3.8"]
    assert found[1].means.startswith("TensorFlow 1.0.1 to 2.1.4 are unavailable")
    assert "pyenv install 3.6" in found[1].how


def test_a_full_disk_is_told() -> None:
    [found] = missing(PACKAGES, "0.9.1", (), replace(CACHE, free=1_000_000_000))
    assert found.what == "disk space"
    assert found.how.startswith("harness envs remove outdated")


def test_bytes() -> None:
    assert in_bytes(12_400_000) == "12 MB"
    assert in_bytes(3_450_000_000) == "3.5 GB"
