"""What a step of a case observes, as far as the scenario tells: which fields, and of which shape."""

from __future__ import annotations

from harness.case import Case
from harness.steps import Call, Fit, Method, Run, Step, Train, input_of

_COUNTS = ("loss", "losses", "trainable_variables", "update_ops")
_PARAMETERS = ("gamma", "beta", "moving_mean", "moving_variance", "gradient_gamma", "gradient_beta")


def observes(step: Step, field: str) -> bool:
    """Whether a step can have the field: only some have an output, a loss or gradients."""
    predicts = isinstance(step, Run) and step.method is Method.PREDICT
    if field == "output" or field.startswith("output_"):
        return isinstance(step, Call | Train) or predicts
    if field == "loss":
        return isinstance(step, Train | Fit | Run) and not predicts
    return not field.startswith("gradient_") or isinstance(step, Train)


def field_shape(case: Case, step: Step, field: str, parameter: tuple[int, ...] | None) -> tuple[int, ...] | None:
    """The shape of a field after ``step``, by that of gamma and its like; ``None`` where it is not known."""
    if field in _COUNTS:
        return ()
    if field in _PARAMETERS:
        return parameter
    source = input_of(step)
    if source is None or case.model is not None or field not in ("output", "gradient_input"):
        return None
    return case.inputs[source].shape
