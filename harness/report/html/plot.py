"""Moving statistics over steps as SVG: what was measured as lines, what the oracle says as circles."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from harness.case import Case
from harness.report.arrays import number_text
from harness.report.html.grid import HUES
from harness.report.html.markup import attribute, text
from harness.report.html.measured import Seen
from harness.report.html.words import joined
from harness.semantics.judgement import Shown
from harness.tensor import Tensor
from harness.tolerance import Tolerance

FIELDS = ("moving_mean", "moving_variance")
LEAST_STEPS = 2
_WIDTH, _HEIGHT = 240, 84
_LEFT, _TOP = 4, 6
_DIGITS = 4
_MOST_LINES = 8


@dataclass(frozen=True, kw_only=True, slots=True)
class _Course:
    """One channel of a statistic from before the first step on; NaN where it is not known."""

    numbers: tuple[int, ...]
    values: tuple[float, ...]
    oracle: tuple[float, ...]


def plots(case: Case, seen: Sequence[Seen]) -> Iterator[str]:
    """A figure for each moving statistic of a case of several steps."""
    if len(case.steps) >= LEAST_STEPS:
        for field in FIELDS:
            yield from _figure(case, seen, field)


def _figure(case: Case, seen: Sequence[Seen], field: str) -> Iterator[str]:
    told = [(number, one) for number, one in enumerate(seen, start=1) if _tensors(one, field)]
    sizes = {tensor.size for _, one in told for tensor in _tensors(one, field)}
    if not told or len(sizes) != 1 or not (size := sizes.pop()):
        return
    paths = np.array([_path(case, one, field) for _, one in told])
    channel = _channel(paths)
    courses: list[_Course] = []
    for (number, one), path in zip(told, paths, strict=True):
        values = tuple(path[:, channel].tolist())
        same = next((each for each in courses if _drawn_alike(each.values, values, paths)), None)
        if same is not None:
            courses[courses.index(same)] = _Course(
                numbers=(*same.numbers, number), values=same.values, oracle=same.oracle
            )
        else:
            courses.append(_Course(numbers=(number,), values=values, oracle=_oracle(one, field, channel, size)))
    yield _svg(field, channel, size, courses[:_MOST_LINES], len(courses))


def _tensors(one: Seen, field: str) -> list[Tensor]:
    return [step[field] for step in one.observation.steps if field in step]


def _path(case: Case, one: Seen, field: str) -> list[list[float]]:
    """All channels before the first step and after every step; NaN after the experiment ended."""
    shown = Shown(case=case, observation=one.observation, tolerance=Tolerance(), exact=True)
    tensors = [step.get(field) for step in one.observation.steps]
    size = next(tensor.size for tensor in tensors if tensor is not None)
    unknown = [math.nan] * size
    first = shown.before(1, field) if tensors[0] is not None else None
    after = [unknown if tensor is None else tensor.float64().reshape(-1).tolist() for tensor in tensors]
    missing = len(case.steps) - len(after)
    return [first.float64().reshape(-1).tolist() if first else unknown, *after, *([unknown] * missing)]


def _channel(paths: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> int:
    """The channel in which measurements are farthest apart; where they agree, the one that moves most."""
    finite = np.where(np.isfinite(paths), paths, 0.0)
    apart = np.ptp(finite, axis=0).max(axis=0)
    moved = np.ptp(finite, axis=1).max(axis=0)
    return int(np.argmax(apart if apart.any() else moved))


def _drawn_alike(
    one: Sequence[float], other: Sequence[float], paths: np.ndarray[tuple[int, ...], np.dtype[np.float64]]
) -> bool:
    """Whether two courses would be the same line: nowhere apart by a pixel."""
    finite = paths[np.isfinite(paths)]
    pixel = float(np.ptp(finite)) / _HEIGHT if finite.size else 0.0
    return all(
        a == b or abs(a - b) < pixel / 2 or (math.isnan(a) and math.isnan(b)) for a, b in zip(one, other, strict=True)
    )


def _oracle(one: Seen, field: str, channel: int, size: int) -> tuple[float, ...]:
    values = []
    for step in one.prediction.steps if one.prediction else ():
        told = step.get(field)
        known = told is not None and told.number.value.size == size
        values.append(float(told.number.value.reshape(-1)[channel]) if told is not None and known else math.nan)
    return (math.nan, *values)


def _svg(field: str, channel: int, size: int, courses: Sequence[_Course], every: int) -> str:
    finite = [value for each in courses for value in (*each.values, *each.oracle) if math.isfinite(value)]
    low, high = (min(finite), max(finite)) if finite else (0.0, 0.0)
    steps = max(len(each.values) for each in courses)
    scale = _Scale(low, high, steps)
    lines = "".join(
        f"<path class=c{(each.numbers[0] - 1) % HUES} d={attribute(scale.line(each.values))} />" for each in courses
    )
    points = sorted({point for each in courses for point in scale.points(each.oracle)})
    dots = "".join(f"<circle cx={x} cy={y} r=3 />" for x, y in points)
    where = f"{field}[{channel}]" if size > 1 else field
    names = "; ".join(f"<i class=c{(each.numbers[0] - 1) % HUES}>—</i> {joined(each.numbers)}" for each in courses)
    more = f"; {every - len(courses)} more are not drawn" if every > len(courses) else ""
    texts = (number_text(high, _DIGITS), number_text(low, _DIGITS))
    label = f"{where} over {steps - 1} steps, from {texts[1]} to {texts[0]}"
    return (
        f"<figure><svg viewBox={attribute(f'0 0 {_WIDTH} {_HEIGHT}')} role=img aria-label={attribute(label)}>"
        f"{lines}{dots}</svg><figcaption><code>{text(where)}</code> {text(texts[1])} to {text(texts[0])} over steps "
        f"0..{steps - 1}: {names}{more}</figcaption></figure>"
    )


class _Scale:
    """Values and steps to the pixels of the drawing."""

    def __init__(self, low: float, high: float, steps: int) -> None:
        self._low = low
        self._high = high
        self._steps = steps

    def point(self, step: int, value: float) -> tuple[int, int]:
        """Where a value stands."""
        # Halves, because the distance of two numbers may be infinite where they are not.
        span = self._high / 2 - self._low / 2
        height = (value / 2 - self._low / 2) / span if span else 0.5
        x = _LEFT + step * (_WIDTH - 2 * _LEFT) / max(self._steps - 1, 1)
        return round(x), round(_HEIGHT - _TOP - height * (_HEIGHT - 2 * _TOP))

    def line(self, values: Sequence[float]) -> str:
        """A path through the finite values, broken where one is not."""
        told, pen = [], "M"
        for step, value in enumerate(values):
            if not math.isfinite(value):
                pen = "M"
                continue
            x, y = self.point(step, value)
            told.append(f"{pen}{x} {y}")
            pen = "L"
        return "".join(told)

    def points(self, values: Sequence[float]) -> Iterator[tuple[int, int]]:
        """The finite values."""
        for step, value in enumerate(values):
            if math.isfinite(value):
                yield self.point(step, value)
