"""``name-mismatch``: a name or a tag that says what no case of the scenario does.

Words with one meaning only: ``frozen`` means a layer with ``trainable: false``, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from harness.case import Case
from harness.errors import Problem
from harness.lint.rule import LintRule
from harness.lint.shelf import Sheet, Shelf
from harness.steps import Assign, Call, Compile, Fit, Load, Method, Optimizer, Set, Train
from harness.tensor import FLOATS


@dataclass(frozen=True, kw_only=True, slots=True)
class Word:
    """A word of names and tags, or several joined by hyphens.

    Attributes:
        means: what some case has to have, as it stands behind "no case has".
        shown: whether the cases of a scenario together have it.
    """

    word: str
    means: str
    shown: Callable[[tuple[Case, ...]], bool]


def _some(word: str, means: str, holds: Callable[[Case], bool]) -> Word:
    return Word(word=word, means=means, shown=lambda cases: any(holds(case) for case in cases))


def _argument(word: str, argument: str) -> Word:
    return _some(word, f"layer.{argument}", lambda case: argument in _arguments(case))


def _arguments(case: Case) -> set[str]:
    """Those that the layer is given, or one that it is loaded into."""
    return {*case.layer, *(name for step in case.steps if isinstance(step, Load) for name in step.layer)}


def _dtypes(case: Case) -> set[str]:
    own = case.layer.get("dtype")
    policy = {case.policy.removeprefix("mixed_")} if case.policy else set()
    return {tensor.dtype for tensor in case.inputs} | ({own} if isinstance(own, str) else set()) | policy


def _dtype(word: str) -> Word:
    return _some(word, f"anything in {word}", lambda case: word in _dtypes(case))


def _ranks(case: Case) -> list[int]:
    return [len(tensor.shape) for tensor in case.inputs]


def _rank(rank: int) -> Word:
    return _some(f"rank-{rank}", f"an input of rank {rank}", lambda case: rank in _ranks(case))


def _optimizer(optimizer: Optimizer) -> Word:
    def trains(case: Case) -> bool:
        return any(isinstance(step, Train | Compile) and step.optimizer is optimizer for step in case.steps)

    return _some(optimizer.value, f"a step of {optimizer.value}", trains)


def _frozen(case: Case) -> bool:
    return not case.trainable or any(isinstance(step, Set) and not step.trainable for step in case.steps)


def _integer(case: Case) -> bool:
    flags = {type(step.training) for step in case.steps if isinstance(step, Call | Train)}
    return int in flags or any(dtype not in FLOATS for dtype in _dtypes(case))


def _not_finite(case: Case) -> bool:
    assigned = (value for step in case.steps if isinstance(step, Assign) for value in step.values.values())
    arrays = (*case.inputs, *case.initializers.values(), *assigned)
    return any(not np.isfinite(array.float64()).all() for array in arrays)


def _fits(case: Case) -> bool:
    return any(isinstance(step, Fit) or getattr(step, "method", None) is Method.TRAIN_ON_BATCH for step in case.steps)


def _has_fused(case: Case) -> bool:
    """Whether a fused kernel is asked for, or could run unasked."""
    return "fused" in _arguments(case) or bool({4, 5} & set(_ranks(case)))


WORDS: tuple[Word, ...] = (
    _some("frozen", "trainable: false", _frozen),
    _some(
        "omitted",
        "a call without training",
        lambda case: any(isinstance(step, Call | Train) and step.training is None for step in case.steps),
    ),
    _some("integer", "an integer as input or as training", _integer),
    _some("empty", "an input without values", lambda case: any(tensor.size == 0 for tensor in case.inputs)),
    _some("non-finite", "a value that is not finite", _not_finite),
    _some("mask", "a mask", lambda case: case.mask is not None or "mask" in str(case.model)),
    _some("fit", "a fit or train_on_batch step", _fits),
    _some("compile", "a compile step", lambda case: any(isinstance(step, Compile) for step in case.steps)),
    _some("replicas", "more than one replica", lambda case: case.replicas > 1),
    _some("fused", "layer.fused, or an input of rank 4 or 5", _has_fused),
    *map(_rank, range(2, 7)),
    Word(
        word="by-rank",
        means="another rank than the rest",
        shown=lambda cases: len({rank for case in cases for rank in _ranks(case)}) > 1,
    ),
    Word(
        word="dtypes",
        means="another dtype than the rest",
        shown=lambda cases: len({dtype for case in cases for dtype in _dtypes(case)}) > 1,
    ),
    _argument("renorm", "renorm"),
    _argument("synchronized", "synchronized"),
    _argument("virtual-batch", "virtual_batch_size"),
    *map(_dtype, FLOATS),
    *map(_optimizer, (Optimizer.SGD, Optimizer.ADAM)),
)
"""In the order in which they are looked for. Arguments that have a default are not among them: a scenario can be
about the default, and its cases then leave them out."""


def _check(shelf: Shelf) -> Iterator[Problem]:
    for sheet in shelf.chosen:
        name = sheet.name.rpartition("/")[2]
        yield from _of(sheet, f"the name {name}", sheet.place(), name)
        for index, tag in enumerate(sheet.scenario.tags):
            yield from _of(sheet, f"the tag {tag}", sheet.place("tags", index), tag)


def _of(sheet: Sheet, what: str, place: str, text: str) -> Iterator[Problem]:
    parts = f"-{text.replace('_', '-')}-"
    for word in WORDS:
        if f"-{word.word}-" in parts and not word.shown(sheet.cases):
            message = f"{what} says {word.word}, but no case has {word.means}"
            yield Problem(place=place, message=message, hint="rename it, or let a case have that")


RULE = LintRule(name="name-mismatch", finds="a name or a tag that says what no case does", check=_check)
