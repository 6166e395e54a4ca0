"""Nothing of the user's environment reaches TensorFlow or Keras, and what they need still does."""

from __future__ import annotations

from pathlib import Path

from harness.execution.isolation import FLAGS, worker_environment
from tests.unit.each import each

LEAKS = {
    "KERAS_HOME": "/home/me/.keras",
    "KERAS_BACKEND": "jax",
    "TF_CPP_MIN_LOG_LEVEL": "0",
    "TF_XLA_FLAGS": "--tf_xla_auto_jit=2",
    "TF_ENABLE_ONEDNN_OPTS": "1",
    "TF_USE_LEGACY_KERAS": "1",
    "TF_NUM_INTRAOP_THREADS": "8",
    "XLA_FLAGS": "--xla_force_host_platform_device_count=2",
    "OMP_NUM_THREADS": "8",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONWARNINGS": "error",
    "HOME": "/home/me",
}


def environment(user: dict[str, str], device: str = "cpu", legacy_keras: bool = False) -> dict[str, str]:
    return worker_environment(user, scratch=Path("/scratch"), device=device, threads=3, legacy_keras=legacy_keras)


def test_flags_of_the_user_do_not_leak() -> None:
    found = environment(LEAKS)
    assert {name: found[name] for name in found.keys() & LEAKS.keys()} == {
        **{name: value for name, value in FLAGS.items() if name in LEAKS},
        "KERAS_HOME": "/scratch",
        "HOME": "/scratch",
        "TF_NUM_INTRAOP_THREADS": "3",
        "OMP_NUM_THREADS": "3",
    }


def test_packages_of_the_user_stay_importable() -> None:
    found = environment({"HOME": "/home/me", "PYTHONPATH": "/tensorflow/build", "PATH": "/bin"})
    assert (found["PYTHONUSERBASE"], found["PYTHONPATH"], found["PATH"]) == (
        "/home/me/.local",
        "/tensorflow/build",
        "/bin",
    )


def test_only_the_legacy_worker_gets_the_legacy_keras() -> None:
    assert "TF_USE_LEGACY_KERAS" not in environment({})
    assert environment({}, legacy_keras=True)["TF_USE_LEGACY_KERAS"] == "1"


@each(
    "device, allowed, visible",
    [
        ("cpu", "0,1", "-1"),
        ("gpu", "", "0"),
        ("gpu:2", "", "2"),
        ("gpu", "5,7", "5"),
        ("gpu:1", "5,7", "7"),
        ("gpu:2", "5,7", "-1"),
    ],
)
def test_the_worker_sees_the_asked_device_only(device: str, allowed: str, visible: str) -> None:
    found = environment({"CUDA_VISIBLE_DEVICES": allowed}, device=device)
    assert found["CUDA_VISIBLE_DEVICES"] == visible
