"""What a case does, in words: its steps, the model around the layer, and what else is not as usual."""

from __future__ import annotations

from typing import Any

from harness.case import Case, Json, adjustment_of
from harness.report.facts import word
from harness.steps import (
    Assign,
    Build,
    Call,
    Compile,
    Config,
    Fit,
    Load,
    Run,
    Save,
    Set,
    Step,
    Target,
    Train,
    Training,
    Updates,
)
from harness.tensor import Tensor


def argument_words(case: Case) -> str:
    """The layer's arguments in a line: ``momentum=0.9, trainable=true``; of arrays the shape."""
    return ", ".join(_argument(name, value) for name, value in {**case.layer, "trainable": case.trainable}.items())


def argument_arrays(case: Case) -> dict[str, Tensor]:
    """The arrays among the layer's arguments, by a name for each."""
    return {f"adjustment {role}": tensor for role, tensor in adjustment_of(case.layer).items()}


def step_words(case: Case, step: Step) -> str:
    """A step in a line: ``call on input 1 with training=true``; the input is named where there are several."""
    match step:
        case Call():
            beside = "".join(f" and input {index}" for index in step.beside)
            return f"call{_on(case, step.input)}{beside} {_training(step.training)}{_updates(step.updates)}"
        case Build():
            return "build"
        case Set():
            on = "the model" if step.on is Target.MODEL else "the layer"
            return f"set trainable={word(step.trainable)} on {on}"
        case Assign():
            return f"assign {', '.join(step.values) or 'nothing'}"
        case Train():
            how = f"{_training(step.training)}, {step.loss.value}{_against(step.target)}"
            return f"train{_on(case, step.input)} {how}, {_optimizer(step)}{_updates(step.updates)}"
        case Compile():
            return f"compile with {step.loss.value}, {_optimizer(step)}{', eagerly' if step.eagerly else ''}"
        case Fit():
            validated = "" if step.validation is None else f", validated on input {step.validation}"
            times = "" if step.epochs == 1 else f", {step.epochs} epochs"
            return f"fit{_on(case, step.input)}{_against(step.target)}{times}{validated}"
        case Run():
            return f"{step.word}{_on(case, step.input)}{_against(step.target)}"
        case Save():
            return f"save as {step.format.value}"
        case Load():
            return f"load from {step.format.value}{_into(step)}"
        case Config():
            return "config: made anew from_config(get_config())"


def _into(step: Load) -> str:
    told = ", ".join(_argument(name, value) for name, value in step.layer.items())
    return f" into a layer with {told}" if told else ""


def _on(case: Case, index: int) -> str:
    return "" if len(case.inputs) == 1 else f" on input {index}"


def _against(target: int | None) -> str:
    return "" if target is None else f" against input {target}"


def _training(training: Training) -> str:
    return "without training" if training is None else f"with training={word(training)}"


def _updates(updates: Updates) -> str:
    return "" if updates is Updates.RUN else f", updates={updates.value}"


def _optimizer(step: Train | Compile) -> str:
    return f"{step.optimizer.value} at rate {step.rate:g}"


def surroundings(case: Case) -> dict[str, str]:
    """What is not as usual around the layer, by name, in words."""
    told: dict[str, str | None] = {
        "model": None if case.model is None else ", ".join(_layer(spec) for spec in case.model),
        "observe": " and ".join(case.observe) or None,
        "replicas": str(case.replicas) if case.replicas > 1 else None,
        "policy": case.policy,
        "unknown_batch": "true" if case.unknown_batch else None,
        "repetitions": str(case.repetitions) if case.repetitions > 1 else None,
    }
    return {name: text for name, text in told.items() if text is not None}


def _layer(spec: Json) -> str:
    """A layer of a model: ``dense(kernel [1, 2])``."""
    if not isinstance(spec, dict):
        return str(spec)
    ((name, arguments),) = spec.items()
    if name == "model":
        return f"model({', '.join(_layer(inner) for inner in arguments)})"
    if not isinstance(arguments, dict):
        return f"{name}({word(arguments)})"
    return f"{name}({', '.join(_argument(key, value) for key, value in arguments.items())})"


def _argument(name: str, value: Any) -> str:
    if isinstance(value, dict) and "base64" in value:
        return f"{name} {value['shape']}"
    if isinstance(value, dict) and name == "adjustment":
        return f"{name}({', '.join(_argument(role, wire) for role, wire in value.items())})"
    return f"{name}={word(value)}"
