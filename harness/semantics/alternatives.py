"""All the ways to say a case in Keras that are tried: the same call first, then those with ever more changes.

Whatever may be changed is a dimension with its alternatives; the ways to try are their product.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import TypeAlias

from harness.case import Case
from harness.semantics.geometry import BadAxis, resolved_axes
from harness.semantics.plan import SMALL_EPSILON
from harness.semantics.recipes import Change, Extra, Recipe, calls_of, same_call
from harness.semantics.updates import DEFAULT_MOMENTUM
from harness.steps import Training
from harness.tensor import FLOATS

Alternative: TypeAlias = tuple[Change, ...]
"""Changes that belong together."""

_RENORM = ("renorm", "renorm_clipping", "renorm_momentum")
_FUSABLE_RANKS = (4, 5)


def recipes(case: Case) -> tuple[Recipe, ...]:
    """Every way there is to try, the same call first, then by cost.

    Raises:
        InvalidOption: see :func:`calls_of`.
    """
    start = same_call(case)
    dimensions = (
        *_frozen(case, start),
        _statistics(case, start),
        _renorm(case),
        *_virtual(case),
        _axes(case),
        _dtype(case),
        _epsilon(case),
        _fused(case),
        _training(start),
    )
    found = []
    for chosen in product(*([(), *alternatives] for alternatives in dimensions)):
        recipe = start
        for change in (one for alternative in chosen for one in alternative):
            recipe = recipe.with_change(change)
        found.append(recipe)
    return tuple(sorted(found, key=lambda recipe: recipe.cost))


def _trains(start: Recipe) -> bool:
    return any(start.trainings)


def _training(start: Recipe) -> list[Alternative]:
    given = start.trainings
    found: dict[tuple[Training, ...], Change] = {}
    for flags, what, why in (
        (tuple(None if flag is None else bool(flag) for flag in given), "training is a bool", "not 0 or 1"),
        (tuple(bool(flag) for flag in given), "training=False where it was left out", "no other flag decides then"),
        ((False,) * len(given), "training=False in every call", ""),
        ((True,) * len(given), "training=True in every call", ""),
    ):
        found.setdefault(flags, Change(what=what, why=why, trainings=flags))
    # 1 == True, but not to every front end.
    return [(change,) for flags, change in found.items() if repr(flags) != repr(given)]


def _frozen(case: Case, start: Recipe) -> Iterator[list[Alternative]]:
    if case.trainable or not _trains(start):
        return
    thaw = Change(what="trainable=True", why="so that training=True normalizes with the batch", trainable=True)
    if case.layer.get("scale") is False and case.layer.get("center") is False:
        yield [(thaw,)]
        return
    apart = Change(
        what="gamma and beta marked as not trainable", why="no optimizer moves them", extra=Extra.FREEZE_VARIABLES
    )
    around = Change(
        what="trainable only during calls in training",
        why="so that they normalize with the batch; no optimizer moves gamma and beta",
        cost=3,
        extra=Extra.THAW_AROUND_CALLS,
    )
    yield [(thaw, apart), (around,)]


def _statistics(case: Case, start: Recipe) -> list[Alternative]:
    if not _trains(start):
        return []
    keep = Change(
        what="momentum=1.0", why="a call in training leaves the moving statistics as they are", layer={"momentum": 1.0}
    )
    restore = Change(
        what="weights put back after each call in training",
        why="it leaves all statistics as they were",
        cost=2,
        extra=Extra.RESTORE,
    )
    sample = Change(
        what="sample variance assigned after each call in training",
        why="what it added to the moving variance gets the factor n/(n-1)",
        cost=2,
        extra=Extra.SAMPLE_VARIANCE,
    )
    changes = (restore, sample) if case.layer.get("momentum", DEFAULT_MOMENTUM) == 1 else (keep, restore, sample)
    return [(change,) for change in changes]


def _renorm(case: Case) -> list[Alternative]:
    given = tuple(name for name in _RENORM if name in case.layer)
    return [(Change(what=f"without {', '.join(given)}", without=given),)] if given else []


def _virtual(case: Case) -> Iterator[list[Alternative]]:
    for name in ("virtual_batch_size", "synchronized"):
        if name in case.layer:
            yield [(Change(what=f"without {name}", without=(name,)),)]


def _axes(case: Case) -> list[Alternative]:
    axis = case.layer.get("axis")
    if not isinstance(axis, list):
        return []
    if len(axis) == 1:
        return [(Change(what=f"axis={axis[0]}", why="a number, not a list", layer={"axis": axis[0]}),)]
    try:
        for call in calls_of(case):
            resolved_axes(case, len(case.inputs[call.input].shape))
    except BadAxis:
        return []
    merged = Change(
        what=f"axes {axis} merged into one",
        why="the input gets one channel axis, the last, and the output its old shape",
        cost=2,
        layer={"axis": -1},
        extra=Extra.MERGE_AXES,
    )
    return [(merged,)]


def _dtype(case: Case) -> list[Alternative]:
    used = {case.inputs[call.input].dtype for call in calls_of(case)}
    given = case.layer.get("dtype")
    own = [dtype for dtype in FLOATS if dtype in used and dtype != given and used != {"float32"}]
    mixed = [f"mixed_{dtype}" for dtype in ("float16", "bfloat16") if dtype in used]
    why = "computes in the dtype of its input"
    found: list[Alternative] = [
        (Change(what=f'dtype="{dtype}"', why=tail, layer={"dtype": dtype}),)
        for dtypes, tail in ((own, why), (mixed, f"{why} and keeps float32 variables"))
        for dtype in dtypes
    ]
    return [*found, (Change(what="without dtype", without=("dtype",)),)] if given is not None else found


def _epsilon(case: Case) -> list[Alternative]:
    given = case.layer.get("epsilon", 1e-3)
    assert isinstance(given, int | float)
    if given >= SMALL_EPSILON or not _may_fuse(case):
        return []
    why = "the smallest that some fused kernels compute with"
    return [(Change(what=f"epsilon={SMALL_EPSILON}", why=why, layer={"epsilon": SMALL_EPSILON}),)]


def _fused(case: Case) -> list[Alternative]:
    given = "fused" in case.layer
    if not given and not _may_fuse(case):
        return []
    found: list[Alternative] = [(Change(what="without fused", without=("fused",)),)] if given else []
    for value, why in ((False, "the plain computation"), (True, "the fused kernel")):
        if case.layer.get("fused", "absent") is not value:
            found.append((Change(what=f"fused={value}", why=why, layer={"fused": value}),))
    return found


def _may_fuse(case: Case) -> bool:
    return any(len(case.inputs[call.input].shape) in _FUSABLE_RANKS for call in calls_of(case))
