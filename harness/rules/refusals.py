"""The rules about what a front end refuses: each answer but ``computes`` names an exception type.

Which type a release raises is an accident of its implementation, and still what a caller has to catch: it is
recorded, compared, and so it needs its rule.
"""

from __future__ import annotations

from harness.rules.rule import COMPUTES, Answer, Rule, Topic

ARGUMENTS = {
    "renorm": ("renorm", "renorm_clipping", "renorm_momentum"),
    "fused": ("fused",),
    "virtual-batch": ("virtual_batch_size",),
    "synchronized": ("synchronized",),
    "dtype": ("dtype",),
    "regularizer": ("gamma_regularizer", "beta_regularizer"),
    "constraint": ("gamma_constraint", "beta_constraint"),
    "adjustment": ("adjustment",),
}
"""Arguments that some releases lack, by the name in their rule's id, with the layer arguments they stand for."""

MODES = ("training", "inference")
KERNELS = ("plain", "fused")
INTEGERS = {
    "int": "int32 or int64",
    "small-int": "int8, int16 or uint8",
    "uint16": "uint16",
    "wide-uint": "uint32 or uint64",
}
"""Integers by which arithmetic and which casts there are kernels for, by the name in their rule's id."""
DTYPES = ("float16", "bfloat16", "float64")
TRAINING_FORMS = {
    "numpy": "a NumPy bool",
    "tensor": "a constant bool tensor",
    "placeholder": "a bool tensor that is fed",
}
"""Ways to hand over the training argument besides Python's own, by the name in their rule's id."""


def _refusal(rule: str, topic: Topic, question: str, computes: str, refuses: str, types: tuple[str, ...]) -> Rule:
    refused = tuple(Answer(id=name, says=f"{refuses} raises {name}.") for name in types)
    return Rule(id=rule, topic=topic, question=question, answers=(Answer(id=COMPUTES, says=computes), *refused))


def _argument(name: str, arguments: tuple[str, ...]) -> Rule:
    return _refusal(
        f"argument-{name}",
        Topic.ARGUMENTS,
        f"Does the layer take the argument {arguments[0]}?",
        f"The layer takes {arguments[0]}.",
        f"The argument {arguments[0]}",
        ("TypeError", "ValueError"),
    )


def _dtype(dtype: str, kernel: str, mode: str) -> Rule:
    what = f"{mode} on {dtype} input with a {dtype} layer"
    where = "where the fused kernel would run" if kernel == "fused" else "without the fused kernel"
    types = ("TypeError", "ValueError", "InvalidArgumentError", "NotFoundError", "InternalError")
    question = f"Does the layer do {what}, {where}?"
    computes = f"{what[0].upper()}{what[1:]} computes {where}."
    return _refusal(f"{dtype}-{kernel}-{mode}", Topic.DTYPES, question, computes, f"{what} {where}", types)


def _integer(kind: str, mode: str) -> Rule:
    named = INTEGERS[kind]
    types = ("TypeError", "ValueError", "InvalidArgumentError", "NotFoundError", "SIGSEGV")
    question = f"Does the layer do {mode} on {named} input?"
    computes = f"In {mode}, {named} input is converted to float32."
    return _refusal(f"{kind}-{mode}", Topic.DTYPES, question, computes, f"{mode} on {named} input", types)


def _training_form(form: str, what: str) -> Rule:
    types = ("TypeError", "ValueError", "OperatorNotAllowedInGraphError")
    question, computes = f"May training be {what}?", f"training may be {what}."
    return _refusal(f"{form}-training", Topic.ARGUMENTS, question, computes, f"training as {what}", types)


def _wider(mode: str) -> Rule:
    what = f"{mode} of a float64 layer on narrower input"
    types = ("TypeError", "ValueError", "InvalidArgumentError")
    question = f"Does the layer do {what} that it does not cast?"
    return _refusal(f"wider-layer-{mode}", Topic.DTYPES, question, f"{what} computes.", what, types)


def _narrower(mode: str) -> Rule:
    what = f"{mode} of a narrower layer on float64 input"
    types = ("TypeError", "ValueError", "InvalidArgumentError")
    question = f"Does the layer do {what} that it does not cast, without the fused kernel?"
    return _refusal(f"narrower-layer-{mode}", Topic.DTYPES, question, f"{what} computes.", what, types)


def _undeclared(mode: str) -> Rule:
    what = f"{mode} on float64 input by a layer without a dtype argument"
    types = ("TypeError", "ValueError", "InvalidArgumentError")
    question = f"Does the layer do {what}, if it does not cast it, without the fused kernel?"
    return _refusal(f"undeclared-float64-{mode}", Topic.DTYPES, question, f"{what} computes.", what, types)


def _virtual(mode: str) -> Rule:
    what = f"virtual_batch_size that does not divide the batch, in {mode},"
    types = ("ValueError", "InvalidArgumentError")
    question = f"What does a {what} do?"
    return _refusal(f"indivisible-{mode}", Topic.ARGUMENTS, question, f"A {what} changes nothing.", f"A {what}", types)


def _value(rule: str, what: str, computes: str) -> Rule:
    refuses = f"{what[0].upper()}{what[1:]}"
    return _refusal(rule, Topic.ARGUMENTS, f"Does the layer take {what}?", computes, refuses, ("ValueError",))


_VALUES: tuple[Rule, ...] = (
    _value("clipping-range", "limits with rmax below rmin", "Of limits with rmax below rmin rmax holds."),
    _value("clipping-dmax", "a negative dmax", "With a negative dmax d is dmax itself."),
)
"""About values of arguments that mean nothing, of those that somebody takes."""


REFUSALS: tuple[Rule, ...] = (
    *(_argument(name, arguments) for name, arguments in ARGUMENTS.items()),
    *_VALUES,
    _refusal(
        "integer-training",
        Topic.ARGUMENTS,
        "May training be 0 or 1?",
        "training=0 and training=1 mean False and True.",
        "training=0 or training=1",
        ("TypeError",),
    ),
    _refusal(
        "run-eagerly",
        Topic.ARGUMENTS,
        "May a model be compiled with run_eagerly=True?",
        "A model may be compiled to run eagerly.",
        "run_eagerly=True",
        ("ValueError", "TypeError"),
    ),
    Rule(
        id="refused-call-in-model",
        topic=Topic.ARGUMENTS,
        question="When does a model refuse a layer whose call will be refused?",
        answers=(
            Answer(id="when-built", says="A model with a layer that refuses its input cannot be put together."),
            Answer(id="when-called", says="A model with a layer that refuses its input refuses when it is called."),
        ),
    ),
    _refusal(
        "phase-training",
        Topic.ARGUMENTS,
        "Can a layer be called while the global learning phase is set?",
        "A layer may be called while the learning phase is set.",
        "A call while the learning phase is set",
        ("TypeError",),
    ),
    Rule(
        id="changed-channels",
        topic=Topic.ARGUMENTS,
        question="What does a call on another number of channels than before do?",
        answers=tuple(
            Answer(id=name, says=f"Input with another number of channels than before raises {name}.")
            for name in ("ValueError", "InvalidArgumentError")
        ),
    ),
    _refusal(
        "mask-rank",
        Topic.ARGUMENTS,
        "May a mask have more than one dimension less than the input?",
        "A mask with too few dimensions is taken.",
        "A mask with too few dimensions",
        ("ValueError",),
    ),
    _refusal(
        "unrepeatable-mask",
        Topic.ARGUMENTS,
        "May a mask with too few dimensions have others than the last ones of the input, when it would be repeated?",
        "A mask that cannot be repeated along the first dimensions changes nothing.",
        "A mask that cannot be repeated along the first dimensions",
        ("InvalidArgumentError",),
    ),
    _refusal(
        "mask-argument",
        Topic.ARGUMENTS,
        "Does a call take the argument mask?",
        "A call takes a mask.",
        "mask",
        ("TypeError", "ValueError"),
    ),
    *(_training_form(form, what) for form, what in TRAINING_FORMS.items()),
    _refusal(
        "nothing-to-train",
        Topic.ARGUMENTS,
        "What does an optimizer do that finds no trainable variable?",
        "An optimizer without a variable does nothing.",
        "An optimizer without a variable",
        ("ValueError",),
    ),
    _refusal(
        "multiplying-constraint",
        Topic.ARGUMENTS,
        "May a step of an optimizer end in a constraint that multiplies the weight, non_neg or max_norm?",
        "A constraint that multiplies the weight is applied, if any is.",
        "A constraint that multiplies the weight",
        ("RuntimeError",),
    ),
    _refusal(
        "mixed-precision",
        Topic.DTYPES,
        "May a mixed precision policy be the global one?",
        "A mixed precision policy may be set.",
        "Setting a mixed precision policy",
        ("ValueError", "TypeError"),
    ),
    _refusal(
        "axis-list",
        Topic.ARGUMENTS,
        "May axis be a list?",
        "A list of axes is taken.",
        "A list of axes",
        ("TypeError",),
    ),
    _refusal(
        "axis-of-other-rank",
        Topic.KERNEL,
        "May axis be -4, the channels of volumes in a fused kernel, on images, where it is the batch?",
        "Axis -4 is taken on images, without the fused kernel.",
        "Axis -4 on images",
        ("ValueError",),
    ),
    Rule(
        id="axis-out-of-range",
        topic=Topic.ARGUMENTS,
        question="What does an axis do that the input does not have?",
        answers=tuple(
            Answer(id=name, says=f"An axis that the input does not have raises {name}.")
            for name in ("ValueError", "IndexError")
        ),
    ),
    *(_virtual(mode) for mode in MODES),
    _refusal(
        "eager-call",
        Topic.ARGUMENTS,
        "Can the layer be called eagerly?",
        "A call computes.",
        "An eager call",
        ("RuntimeError",),
    ),
    _refusal(
        "channels-first",
        Topic.KERNEL,
        "Does the fused kernel run with axis 1 on CPU?",
        "The fused kernel takes channels first on CPU.",
        "The fused kernel with axis 1 on CPU",
        ("InternalError", "InvalidArgumentError", "SIGABRT"),
    ),
    *(_dtype(dtype, kernel, mode) for dtype in DTYPES for kernel in KERNELS for mode in MODES),
    *(of(mode) for of in (_wider, _narrower, _undeclared) for mode in MODES),
    *(_integer(kind, mode) for kind in INTEGERS for mode in MODES),
    _refusal(
        "integers-in-model",
        Topic.DTYPES,
        "May a model hand the layer integers?",
        "Integers that a model hands to the layer are converted to float32.",
        "A layer that gets integers in a model",
        ("TypeError",),
    ),
)
"""In the order of tables."""
