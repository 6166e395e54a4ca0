"""One variation of a scenario as a case: arrays made, steps and inputs matched, shapes checked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from harness.case import Case
from harness.scenario.findings import Finding
from harness.scenario.layer_arguments import layer_arguments, virtual_batch_size
from harness.scenario.layers import Surroundings, surroundings
from harness.scenario.materialize import Materializer
from harness.scenario.model import ScenarioFile
from harness.scenario.parameters import parameter_dtype, parameter_shape, passed_over
from harness.scenario.steps import Setting, make_steps
from harness.scenario.sweep import Variation
from harness.scenario.text import Path
from harness.scenario.unusable import Unusable
from harness.scenario.written import Written, read_steps
from harness.steps import Call, Step, input_of
from harness.tensor import Tensor


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
    written = read_steps(model.steps, ("steps",), findings) if isinstance(model.steps, list) else None
    if inputs is None or broken & {"layer", "model"}:
        return Built(case=None, findings=tuple(findings), parameter=None)
    setting = _setting(model, inputs, arrays, findings)
    arguments = layer_arguments(model.layer, ("layer",), _shapes(setting), setting.dtype, arrays, findings)
    initializers = {} if "initializers" in broken else _initializers(setting, findings)
    steps = () if "steps" in broken else _steps(written, setting, findings)
    mask = _mask(setting, steps, findings) if "mask" in model.model_fields_set else None
    findings += [*_indivisible(model, inputs, steps), *_observed_twice(model)]
    if findings or broken:
        return Built(case=None, findings=tuple(findings), parameter=setting.parameter)
    case = Case(
        id=f"{scenario}[{variation.key}]" if variation.values else scenario,
        scenario=scenario,
        variation=variation.values,
        inputs=inputs,
        initializers=initializers,
        layer=arguments,
        trainable=model.trainable,
        steps=steps,
        model=setting.around.wire if setting.around else None,
        observe=tuple(model.observe or ()),
        mask=mask,
        replicas=model.replicas,
        policy=model.policy,
        unknown_batch=model.unknown_batch,
        repetitions=model.repetitions,
    )
    return Built(case=case, findings=(), parameter=setting.parameter)


def _setting(model: ScenarioFile, inputs: tuple[Tensor, ...], arrays: Materializer, findings: list[Finding]) -> Setting:
    around: Surroundings | None = None
    shape: tuple[int, ...] | None = inputs[0].shape
    dtype = inputs[0].dtype
    if "model" in model.model_fields_set:
        around = surroundings(model.model, inputs[0], arrays, findings)
        shape, dtype = (around.shape, around.dtype) if around else (None, dtype)
    axis = model.layer.axis if "axis" in model.layer.model_fields_set else -1
    return Setting(
        scenario=model,
        inputs=inputs,
        parameter=None if shape is None else parameter_shape(shape, axis, virtual_batch_size(model.layer)),
        dtype=parameter_dtype(dtype, model.layer.dtype),
        around=around,
        arrays=arrays,
    )


def _shapes(setting: Setting) -> list[tuple[int, ...]]:
    """The shapes that the layer is called on, as far as they are known."""
    if setting.around is None:
        return [] if setting.has_model else [tensor.shape for tensor in setting.inputs]
    return [] if setting.around.shape is None else [setting.around.shape]


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


def _steps(written: list[Written] | None, setting: Setting, findings: list[Finding]) -> tuple[Step, ...]:
    if written is not None:
        return make_steps(written, setting, findings)
    model = setting.scenario
    several, inputs = "inputs" in model.model_fields_set, len(setting.inputs)
    steps = model.steps if "steps" in model.model_fields_set else inputs
    if several and steps != inputs:
        message = f"steps must be as many as inputs, {inputs}, got {steps}"
        findings.append(Finding(path=("steps",), message=message, hint="leave steps out: inputs has one per step"))
        return ()
    return tuple(Call(input=index if several else 0, training=model.training) for index in range(steps))


def _initializers(setting: Setting, findings: list[Finding]) -> dict[str, Tensor]:
    made: dict[str, Tensor] = {}
    model = setting.scenario
    for role in type(model.initializers).model_fields:
        if role not in model.initializers.model_fields_set:
            continue
        try:
            tensor = setting.arrays.initializer(getattr(model.initializers, role), setting.parameter, setting.dtype)
        except Unusable as unusable:
            findings.append(unusable.finding(("initializers", role)))
            continue
        if not passed_over(role, model.layer):
            made[role] = tensor
    return made


def _mask(setting: Setting, steps: tuple[Step, ...], findings: list[Finding]) -> Tensor | None:
    """The mask, which has a value for each of the first dimensions of every input that is called."""
    try:
        mask = setting.arrays.mask(setting.scenario.mask)
    except Unusable as unusable:
        findings.append(unusable.finding(("mask",)))
        return None
    for index in _called(steps):
        shape = setting.inputs[index].shape
        if not mask.shape or mask.shape != shape[: len(mask.shape)]:
            message = f"mask has shape {list(mask.shape)}, which does not begin the input's shape {list(shape)}"
            hint = f"a mask of shape {list(shape[:-1] or shape)} has a value for every place"
            findings.append(Finding(path=("mask",), message=message, hint=hint))
            break
    return mask


def _called(steps: tuple[Step, ...]) -> list[int]:
    return sorted({index for step in steps if (index := input_of(step)) is not None})


def _indivisible(model: ScenarioFile, inputs: tuple[Tensor, ...], steps: tuple[Step, ...]) -> Iterator[Finding]:
    """An input whose examples the replicas cannot share equally."""
    for index in _called(steps):
        examples = next(iter(inputs[index].shape), 0)
        if examples % model.replicas:
            message = f"{model.replicas} replicas cannot share the {examples} examples of input {index} equally"
            yield Finding(path=("replicas",), message=message, hint=f"replicas must divide {examples}")


def _observed_twice(model: ScenarioFile) -> Iterator[Finding]:
    observed = model.observe or ()
    for index, name in enumerate(observed):
        if name in observed[:index]:
            yield Finding(path=("observe", index), message=f"observe lists {name} twice", hint="once is enough")
