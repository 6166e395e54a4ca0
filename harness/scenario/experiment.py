"""One variation of a scenario as a case: arrays made, steps and inputs matched, shapes checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from harness.case import Call, Case
from harness.scenario.arrays import given
from harness.scenario.findings import Finding
from harness.scenario.materialize import Materializer
from harness.scenario.model import CallStep, Layer, ScenarioFile
from harness.scenario.parameters import parameter_dtype, parameter_shape
from harness.scenario.sweep import Variation
from harness.scenario.text import Path
from harness.scenario.unusable import Unusable
from harness.tensor import Tensor

_UNUSED_WITHOUT: Mapping[str, str] = {"gamma": "scale", "beta": "center"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Built:
    """What became of a variation: a case, unless something was found wrong with it.

    Attributes:
        parameter: shape of the layer's variables, where it is known.
    """

    case: Case | None
    findings: tuple[Finding, ...]
    parameter: tuple[int, ...] | None


def build(
    model: ScenarioFile, variation: Variation, scenario: str, broken: frozenset[str], arrays: Materializer
) -> Built:
    """The case of one variation.

    Args:
        model: the validated variation, without the sections in ``broken``.
        variation: what was validated.
        scenario: ``topic/name``.
        broken: sections already found wrong: nothing that depends on them is checked.
        arrays: makes the tensors.
    """
    findings: list[Finding] = []
    inputs = None if broken & {"input", "inputs"} else _inputs(model, arrays, findings)
    steps = None if "steps" in broken or inputs is None else _steps(model, len(inputs), findings)
    initializers: dict[str, Tensor] | None = None
    parameter = None
    if inputs and not broken & {"layer", "initializers"}:
        parameter = _parameter_shape(model.layer, inputs[0])
        dtype = parameter_dtype(inputs[0], model.layer.dtype)
        initializers = _initializers(model, parameter, dtype, arrays, findings)
    if findings or broken or inputs is None or steps is None or initializers is None:
        return Built(case=None, findings=tuple(findings), parameter=parameter)
    case = Case(
        id=f"{scenario}[{variation.key}]" if variation.values else scenario,
        scenario=scenario,
        variation=variation.values,
        inputs=inputs,
        initializers=initializers,
        layer=given(model.layer),
        trainable=model.trainable,
        steps=steps,
    )
    return Built(case=case, findings=(), parameter=parameter)


def _inputs(model: ScenarioFile, arrays: Materializer, findings: list[Finding]) -> tuple[Tensor, ...] | None:
    present = model.model_fields_set & {"input", "inputs"}
    if not present:
        hint = "input: {random: normal, seed: 7, shape: [4, 3]} draws one"
        findings.append(Finding(path=(), message="input or inputs is missing", hint=hint))
        return None
    if len(present) == 2:
        hint = "input is used for every step, inputs has one per step"
        findings.append(Finding(path=("inputs",), message="input and inputs are both given", hint=hint, at_key=True))
        return None
    specs: list[tuple[Path, Any]] = [(("input",), model.input)]
    if "inputs" in present:
        specs = [(("inputs", index), spec) for index, spec in enumerate(model.inputs)]
    made = [_made(path, spec, arrays, findings) for path, spec in specs]
    return tuple(tensor for tensor in made if tensor is not None) if None not in made else None


def _made(path: Path, spec: Any, arrays: Materializer, findings: list[Finding]) -> Tensor | None:
    try:
        return arrays.input(spec)
    except Unusable as unusable:
        findings.append(unusable.finding(path))
        return None


def _steps(model: ScenarioFile, inputs: int, findings: list[Finding]) -> tuple[Call, ...] | None:
    several = "inputs" in model.model_fields_set
    steps = model.steps if "steps" in model.model_fields_set else inputs
    if isinstance(steps, int):
        if several and steps != inputs:
            message = f"steps must be as many as inputs, {inputs}, got {steps}"
            findings.append(Finding(path=("steps",), message=message, hint="leave steps out: inputs has one per step"))
            return None
        return tuple(Call(input=index if several else 0, training=model.training) for index in range(steps))
    before = len(findings)
    calls = tuple(_call(step, index if several else 0, model) for index, step in enumerate(steps))
    findings += _beyond(calls, steps, inputs)
    return calls if len(findings) == before else None


def _call(step: str | CallStep, position: int, model: ScenarioFile) -> Call:
    arguments = step.call if isinstance(step, CallStep) else None
    told = arguments.model_fields_set if arguments else set()
    return Call(
        input=arguments.input if arguments and "input" in told else position,
        training=arguments.training if arguments and "training" in told else model.training,
    )


def _beyond(calls: tuple[Call, ...], steps: list[Any], inputs: int) -> Iterator[Finding]:
    """Steps that call the layer on an input that is not there."""
    for index, (call, step) in enumerate(zip(calls, steps, strict=True)):
        if call.input < inputs:
            continue
        told = isinstance(step, CallStep) and step.call is not None and "input" in step.call.model_fields_set
        path: Path = ("steps", index, "call", "input") if told else ("steps", index)
        message = (
            f"there is no input {call.input}: {'the only one is 0' if inputs == 1 else f'the last is {inputs - 1}'}"
        )
        yield Finding(path=path, message=message, hint="inputs are counted from 0")


def _parameter_shape(layer: Layer, first: Tensor) -> tuple[int, ...] | None:
    axis = layer.axis if "axis" in layer.model_fields_set else -1
    return parameter_shape(first.shape, axis, layer.virtual_batch_size)


def _initializers(
    model: ScenarioFile, shape: tuple[int, ...] | None, dtype: str, arrays: Materializer, findings: list[Finding]
) -> dict[str, Tensor]:
    made: dict[str, Tensor] = {}
    for role in type(model.initializers).model_fields:
        if role not in model.initializers.model_fields_set:
            continue
        try:
            tensor = arrays.initializer(getattr(model.initializers, role), shape, dtype)
        except Unusable as unusable:
            findings.append(unusable.finding(("initializers", role)))
            continue
        # In a sweep over center and scale an initializer that one of the cases has no use for is no mistake.
        if getattr(model.layer, _UNUSED_WITHOUT.get(role, ""), None) is not False:
            made[role] = tensor
    return made
