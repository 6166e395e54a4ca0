"""Claims: as values, and whether they are about cases, steps and elements that exist."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from harness.case import Case, Json
from harness.releases.ranges import Range, ReleaseRange
from harness.scenario.claim_model import ReleasesModel, SameAsModel, SymptomModel
from harness.scenario.document import Document
from harness.scenario.fields import field_shape, observes
from harness.scenario.findings import Finding
from harness.scenario.model import EXPECT_KEY, ClaimModel
from harness.scenario.text import Path, got, nearest, one_of
from harness.scenario.value import Called, Claim, Effect, Normalizer, SameAs, Symptom
from harness.scenario.where import about, alike

EFFECTS = ("moving_statistics", "gamma", "beta")
"""What a step may be claimed to change or to leave alone."""
CONTENT = ("expect", "normalized_by", *EFFECTS, "same_as", "trainable_variables", "nondeterministic", "raises")
"""The keys of a claim that say what is claimed."""


def made(claims: Sequence[ClaimModel], document: Document) -> tuple[Claim, ...]:
    """The claims of a file in which nothing is wrong."""
    return tuple(_made(claim, document.place(("claims", index))) for index, claim in enumerate(claims))


def _made(claim: ClaimModel, place: str) -> Claim:
    runners = [claim.runner] if isinstance(claim.runner, str) else claim.runner
    return Claim(
        says=claim.says,
        source=claim.source,
        place=place,
        runners=tuple(runners) if runners else None,
        releases=release_range(claim.releases),
        where=claim.where,
        step=claim.step,
        expect=claim.expect or {},
        normalized_by=Normalizer(claim.normalized_by) if claim.normalized_by else None,
        effects={name: Effect(change) for name in EFFECTS if (change := getattr(claim, name))},
        same_as=_same_as(claim.same_as),
        trainable_variables=claim.trainable_variables,
        nondeterministic=claim.nondeterministic,
        raises=claim.raises,
        reported=_symptom(claim.reported) if "reported" in claim.model_fields_set else None,
    )


def release_range(given: str | ReleasesModel | None) -> ReleaseRange | None:
    """The releases that are written as one text or by both versions; ``None``: all."""
    if given is None:
        return None
    words = (given, None) if isinstance(given, str) else (given.tensorflow, given.keras)
    tensorflow, keras = (None if word is None else Range.parse(word) for word in words)
    return ReleaseRange(tensorflow=tensorflow, keras=keras)


def _symptom(given: bool | SymptomModel) -> Symptom:
    if isinstance(given, bool):
        return Symptom()
    return Symptom(called=Called(given.called), by=given.by)


def _same_as(given: str | SameAsModel | None) -> SameAs | None:
    if given is None:
        return None
    if isinstance(given, str):
        return SameAs(key=given, where={}, fields=("output",))
    return SameAs(key=None, where=given.where, fields=tuple(given.fields))


def check(
    claims: Sequence[ClaimModel], cases: Sequence[tuple[Case, tuple[int, ...] | None]], swept: Mapping[str, list[Json]]
) -> Iterator[Finding]:
    """What is wrong with the claims of a scenario, given its cases with the shapes of their variables."""
    for index, claim in enumerate(claims):
        path: Path = ("claims", index)
        yield from _check_content(claim, path)
        wrong = list(check_where(claim.where, (*path, "where"), swept))
        yield from wrong
        if not wrong:
            held = [known for known in cases if about(claim.where, known[0])]
            yield from _check_numbers(claim, path, held)
            if claim.nondeterministic is not None and any(case.repetitions == 1 for case, _ in held):
                message = "nothing is repeated here, so that only one result can be seen"
                hint = "repetitions: 50 runs the experiment so often"
                yield Finding(path=(*path, "nondeterministic"), message=message, hint=hint, at_key=True)
            yield from _check_same_as(claim, path, [case for case, _ in held], [case for case, _ in cases], swept)


def _check_content(claim: ClaimModel, path: Path) -> Iterator[Finding]:
    told = [name for name in CONTENT if name in claim.model_fields_set]
    if not told:
        hint = f"one or more of {', '.join(CONTENT)}"
        yield Finding(path=path, message="nothing is claimed that can be measured", hint=hint)
    if "raises" not in told:
        return
    for name in ("step", *told):
        if name != "raises" and name in claim.model_fields_set:
            message = f"'{name}' cannot stand beside raises"
            hint = "raises is about how the whole experiment ends: make it a claim of its own"
            yield Finding(path=(*path, name), message=message, hint=hint, at_key=True)


def check_where(where: Mapping[str, Json], path: Path, swept: Mapping[str, list[Json]]) -> Iterator[Finding]:
    """What is wrong with a mapping at ``path`` of swept fields to values."""
    for name, value in where.items():
        if name not in swept:
            near = nearest(name, swept)
            hint = f"did you mean '{near}'?" if near else f"swept are: {', '.join(swept) or 'none'}"
            message = f"'{name}' is not swept here"
            yield Finding(path=(*path, name), message=message, hint=hint, at_key=True)
        elif not any(alike(value, one) for one in swept[name]):
            values = one_of([got(one) for one in swept[name]])
            message = f"{name} must be a value of the sweep, {values}, got {got(value)}"
            yield Finding(path=(*path, name), message=message, hint="no case has this value")


def _check_same_as(
    claim: ClaimModel, path: Path, held: Sequence[Case], cases: Sequence[Case], swept: Mapping[str, list[Json]]
) -> Iterator[Finding]:
    same_as = _same_as(claim.same_as)
    if same_as is None:
        return
    here: Path = (*path, "same_as")
    if same_as.key is None:
        wrong = list(check_where(same_as.where, (*here, "where"), swept))
        if wrong:
            yield from wrong
            return
    elif all(case.key != same_as.key for case in cases):
        near = nearest(same_as.key, [case.key for case in cases if case.key])
        hint = f"did you mean '{near}'?" if near else "what stands between the brackets of its id"
        yield Finding(path=here, message=f"there is no case '{same_as.key}'", hint=hint)
        return
    yield from _check_pairs(claim, same_as, here, held, cases)


def _check_pairs(
    claim: ClaimModel, same_as: SameAs, path: Path, held: Sequence[Case], cases: Sequence[Case]
) -> Iterator[Finding]:
    """Cases that are claimed to equal themselves, or a case that has no such step; the first of each."""
    pairs = [(case, other) for case in held if (other := same_as.of(case, cases)) is not None]
    if any(case is other for case, other in pairs):
        hint = "say under where which cases the claim is about, so that it is not among them"
        yield Finding(path=path, message="a case is the same as itself", hint=hint)
    for case, other in pairs:
        step = claim.step or len(case.steps)
        if step > len(other.steps):
            message = f"the case '{other.key}' has no step {step}: the last is {len(other.steps)}"
            yield Finding(path=path, message=message, hint="step: 1 is in every case")
            return


def _check_numbers(
    claim: ClaimModel, path: Path, cases: Sequence[tuple[Case, tuple[int, ...] | None]]
) -> Iterator[Finding]:
    for case, parameter in cases:
        step = claim.step or len(case.steps)
        if step > len(case.steps):
            message = f"there is no step {step}: the last is {len(case.steps)}"
            yield Finding(
                path=(*path, "step"), message=message, hint="steps are counted from 1; leave it out for the last"
            )
            continue
        for key, value in (claim.expect or {}).items():
            field = key.partition("[")[0]
            taken = case.steps[step - 1]
            if not observes(taken, field):
                message = f"step {step}, {taken.word}, has no {field}"
                yield Finding(path=(*path, "expect", key), message=message, hint="name another step", at_key=True)
                continue
            shape = field_shape(case, taken, field, parameter)
            if shape is not None:
                yield from _check_element(key, value, shape, (*path, "expect", key))


def _check_element(key: str, value: Any, shape: tuple[int, ...], path: Path) -> Iterator[Finding]:
    match = EXPECT_KEY.fullmatch(key)
    indices = [int(part) for part in re.findall(r"-?\d+", (match and match[3]) or "")]
    field = key.partition("[")[0]
    whole = f"{field} has shape {list(shape)}"
    if len(indices) > len(shape):
        yield Finding(path=path, message=f"'{key}' has {len(indices)} indices: {whole}", at_key=True)
        return
    for dimension, index in enumerate(indices):
        if not -shape[dimension] <= index < shape[dimension]:
            hint = "indices are counted from 0"
            message = f"'{key}': there is no {index} in dimension {dimension}: {whole}"
            yield Finding(path=path, message=message, hint=hint, at_key=True)
            return
    wanted, expected = _shape(value), shape[len(indices) :]
    if wanted not in ((), expected):
        numbers = f"{list(expected)}, {math.prod(expected)} in all" if expected else "a single number"
        message = f"{key} must have shape {numbers}, got {list(wanted)}" if expected else f"{key} must be {numbers}"
        yield Finding(path=path, message=message, hint=f"{whole}; one number stands for all")


def _shape(value: Any) -> tuple[int, ...]:
    return (len(value), *(_shape(value[0]) if value else ())) if isinstance(value, list) else ()
