"""Reading and writing the golden file of a scenario, with its sidecar."""

from __future__ import annotations

from pathlib import Path

from harness.errors import InvalidGolden, Problem
from harness.golden import sidecar
from harness.golden.decoding import Malformed, decode, load_cases
from harness.golden.encoding import encode
from harness.golden.model import GoldenFile
from harness.golden.storage import golden_path, remove_file, replace_file, sidecar_path

RESTORE = "restore the file from version control, or remove it and record the scenario again"


def read(root: Path, scenario: str) -> GoldenFile | None:
    """The golden file of ``scenario`` (``topic/name``) under ``root``; ``None`` where there is none.

    Raises:
        InvalidGolden: the file or its sidecar is not in the golden format.
    """
    path = golden_path(root, scenario)
    text = _text(path)
    if text is None:
        return None
    try:
        return decode(text, scenario, lambda keys: sidecar.read(sidecar_path(root, scenario), keys))
    except Malformed as error:
        raise InvalidGolden(problem_of(path, error)) from error


def read_hashes(root: Path, scenario: str) -> dict[str, str]:
    """The ``sha256`` of every recorded case of ``scenario`` by key: much quicker than :func:`read`.

    Raises:
        InvalidGolden: the file is no golden file; what lies below its cases is not looked at.
    """
    path = golden_path(root, scenario)
    text = _text(path)
    try:
        cases = load_cases(text, scenario) if text is not None else {}
    except Malformed as error:
        raise InvalidGolden(problem_of(path, error)) from error
    return {key: case["sha256"] for key, case in cases.items()}


def write(root: Path, golden: GoldenFile) -> bool:
    """Make ``golden`` what is recorded of its scenario; without cases, remove its files.

    At every moment, a kill leaves a file and a sidecar that read as the old or the new value. Hold
    :func:`~harness.golden.storage.locked` from reading the old value until this returns.

    Returns:
        Whether anything on disk changed.
    """
    path, beside = golden_path(root, golden.scenario), sidecar_path(root, golden.scenario)
    if not golden.cases:
        removed = remove_file(path)
        return remove_file(beside) or removed
    data, big = encode(golden)
    arrays = {key: tensor.bits() for key, tensor in big.items()}
    kept = _stored(beside)
    changed = False
    if arrays.keys() - kept.keys():
        # The old file must find its tensors until the new one has taken its place.
        changed = replace_file(beside, sidecar.encode({**kept, **arrays}))
    changed = replace_file(path, data) or changed
    cleaned = replace_file(beside, sidecar.encode(arrays)) if arrays else remove_file(beside)
    return cleaned or changed


def problem_of(path: Path, error: Malformed) -> Problem:
    """``error`` as the user reads it: file, line and column of broken JSON, or file and JSON path."""
    place = f"{path} ${error.path}" if error.line is None else f"{path}:{error.line}:{error.column}"
    return Problem(place=place, message=str(error), hint=RESTORE)


def _text(path: Path) -> str | None:
    try:
        return path.read_bytes().decode("ascii")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        problem = Problem(place=str(path), message=f"byte {error.start} is not ASCII", hint=RESTORE)
        raise InvalidGolden(problem) from error


def _stored(beside: Path) -> sidecar.Arrays:
    """What the sidecar holds; nothing where it is absent or unreadable, and so holds nothing to preserve."""
    try:
        return sidecar.read(beside)
    except sidecar.UnreadableSidecar:
        return {}
