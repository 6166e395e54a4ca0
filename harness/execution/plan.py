"""Which workers a release needs for its runners, and what a runner ran on is called."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import metadata
from pathlib import Path

from packaging.version import Version

from harness.errors import InvalidOption, Problem, ReleaseUnavailable
from harness.execution.spec import WorkerSpec

TENSORFLOW = ("tensorflow", "tensorflow-cpu", "tf-nightly", "tf-nightly-cpu", "tensorflow-gpu", "tensorflow-macos")
"""Distributions that hold the package ``tensorflow``."""
KERAS = ("keras", "keras-nightly")
"""Distributions that hold the package ``keras``."""
LEGACY_RUNNERS = (
    "tf1", "tf_keras", "tf_keras:function", "tf_keras:xla", "tf_keras:graph", "keras_v1", "contrib", "shim",
)  # fmt: skip
"""Runners that need TF_USE_LEGACY_KERAS=1 where the default Keras is Keras 3, and no eager execution in 1.x."""
RUNNERS = {
    "tf1": "tf.layers.batch_normalization (tf.compat.v1.layers in 2.x), graph and session",
    "keras": "the release's own tf.keras.layers.BatchNormalization, called eagerly",
    "keras:function": "keras, its call wrapped in tf.function",
    "keras:xla": "keras, its call wrapped in tf.function that compiles with XLA",
    "keras:graph": "keras in a v1 graph and session (TensorFlow 2.0 and later)",
    "tf_keras": "the Keras 2 line beside Keras 3 (TensorFlow 2.16 and later), called eagerly",
    "tf_keras:function": "tf_keras, its call wrapped in tf.function",
    "tf_keras:xla": "tf_keras, its call wrapped in tf.function that compiles with XLA",
    "tf_keras:graph": "tf_keras in a v1 graph and session",
    "keras_v1": "tf.compat.v1.keras.layers.BatchNormalization (tf.keras in 1.x), graph and session",
    "contrib": "tf.contrib.layers.batch_norm (1.x only), graph and session",
    "shim": "tf.compat.v1.layers inside track_tf1_style_variables (TensorFlow 2.7 and later), called eagerly",
}
"""Every runner, with one line about it."""


def reference(runner: str) -> str | None:
    """What a runner is compared with: a mode with its front end, every other front end with ``tf1``."""
    front_end, colon, _ = runner.partition(":")
    if colon:
        return front_end
    return None if runner == "tf1" else "tf1"


def check_runners(names: Sequence[str], place: str = "--runner") -> None:
    """Refuse runners that do not exist; ``place`` is the option that named them.

    Raises:
        InvalidOption: the first that does not.
    """
    for name in names:
        if name not in RUNNERS:
            near = get_close_matches(name, RUNNERS, n=1)
            raise InvalidOption(
                Problem(
                    place=place,
                    message=f"must be one of {', '.join(RUNNERS)}, got {name!r}",
                    hint=f"did you mean {near[0]}?" if near else None,
                )
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class Interpreter:
    """A Python that has a TensorFlow, and the versions of what is installed in it.

    Attributes:
        python: absolute path.
        tensorflow: version of the distribution.
        keras: version of the package ``keras``; ``None`` where there is none.
    """

    python: Path
    tensorflow: str
    keras: str | None


def installed_interpreter(python: Path) -> Interpreter:
    """The interpreter that runs the harness.

    Raises:
        ReleaseUnavailable: it has no TensorFlow.
    """
    found = _first_distribution(TENSORFLOW)
    if found is None:
        raise ReleaseUnavailable(
            Problem(
                place=str(python),
                message="no TensorFlow is installed here",
                hint="pip install 'batchnorm-harness[tf]', or run the harness with the Python of your project",
            )
        )
    return Interpreter(python=python, tensorflow=found, keras=_first_distribution(KERAS))


def worker_specs(
    interpreter: Interpreter, runners: Sequence[str], *, device: str, threads: int
) -> tuple[WorkerSpec, ...]:
    """The workers to start side by side: as few as can hold the runners.

    Keras 3 and the legacy Keras are chosen when TensorFlow is imported, and so is eager execution in 1.x;
    otherwise one worker serves every runner.
    """
    keras_3 = interpreter.keras is not None and Version(interpreter.keras).major >= 3
    tensorflow_1 = Version(interpreter.tensorflow).major < 2
    if keras_3 or tensorflow_1:
        groups = [[runner for runner in runners if (runner in LEGACY_RUNNERS) is legacy] for legacy in (True, False)]
    else:
        groups = [list(runners)]
    return tuple(
        WorkerSpec(
            python=interpreter.python,
            runners=tuple(group),
            legacy_keras=keras_3 and group[0] in LEGACY_RUNNERS,
            eager=not (tensorflow_1 and group[0] in LEGACY_RUNNERS),
            device=device,
            threads=threads,
        )
        for group in groups
        if group
    )


def release_label(versions: Mapping[str, str | None]) -> str:
    """What a worker with these imported versions is recorded as.

    The Keras line is part of the name where it floats: ``2.21.0+keras-3.15.1``, ``2.21.0+tf_keras-2.21.0``,
    but ``2.15.1``, whose Keras is pinned by TensorFlow itself.
    """
    tensorflow, keras, tf_keras = versions["tensorflow"], versions["keras"], versions["tf_keras"]
    if tf_keras is not None:
        return f"{tensorflow}+tf_keras-{tf_keras}"
    if keras is not None and Version(keras).major >= 3:
        return f"{tensorflow}+keras-{keras}"
    return str(tensorflow)


def _first_distribution(names: Sequence[str]) -> str | None:
    for name in names:
        with contextlib.suppress(metadata.PackageNotFoundError):
            return metadata.version(name)
    return None
