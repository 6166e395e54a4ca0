"""What is kept of an exception is the same on every run and every machine."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from tests.unit.each import each


@pytest.fixture(scope="module")
def frontend() -> ModuleType:
    path = Path(__file__).parents[3] / "harness" / "worker" / "frontend.py"
    spec = importlib.util.spec_from_file_location("worker_frontend", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@each(
    "message, kept",
    [
        (
            "no output from node bn/Fused (defined at /home/me/harness/worker/front_tf1.py:78) ",
            "no output from node bn/Fused",
        ),
        ("cannot open /usr/lib/python3/libcuda.so here", "cannot open libcuda.so here"),
        ("object at 0x7f12ab34", "object at 0x..."),
        ('Tensor("bn/moments/Squeeze:0", shape=(3,))', 'Tensor("bn/moments/Squeeze:0", shape=(3,))'),
        ("/job:localhost/replica:0/task:0/device:CPU:0", "/job:localhost/replica:0/task:0/device:CPU:0"),
    ],
)
def test_messages_are_repeatable(frontend: ModuleType, message: str, kept: str) -> None:
    assert frontend.repeatable(message) == kept


def test_an_exception_keeps_its_type_and_first_line(frontend: ModuleType) -> None:
    with pytest.raises(frontend.FrontEndRaised) as caught:
        frontend.attempt(int, "x\ny")
    assert (caught.value.type, caught.value.message.splitlines()) == (
        "ValueError",
        [r"invalid literal for int() with base 10: 'x\ny'"],
    )


def test_a_long_message_is_cut(frontend: ModuleType) -> None:
    assert len(frontend.FrontEndRaised(ValueError("x" * 1000)).message) == 200


@pytest.mark.parametrize(
    ("name", "short"), [("bn/gamma:0", "gamma"), ("gamma", "gamma"), ("a/b/renorm_mean:0", "renorm_mean")]
)
def test_variables_are_told_by_the_last_part_of_their_name(frontend: ModuleType, name: str, short: str) -> None:
    assert frontend.short_name(name) == short


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("/job:localhost/replica:0/task:0/device:CPU:0", "CPU:0"),
        ("/cpu:0", "CPU:0"),
        ("/physical_device:GPU:1", "GPU:1"),
        ("", ""),
    ],
)
def test_devices_are_told_alike_on_every_release(frontend: ModuleType, name: str, short: str) -> None:
    assert frontend.short_device(name) == short
