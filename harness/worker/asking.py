"""What a case asks for, and whether a front end has a notion of it."""

from .frontend import NotApplicable

OF_A_MODEL = ("compile", "fit", "train_on_batch", "evaluate", "test_on_batch", "predict")
"""Steps that a layer alone cannot take."""


def training_form(training):
    """(how it gets there, the value) of a training flag: ``tensor:true``, or ``literal``, or ``omitted``."""
    if training is None:
        return "omitted", None
    if not isinstance(training, str):
        return "literal", training
    form, _, value = training.partition(":")
    return form, value == "true"


def called_inputs(step):
    """Indices of the inputs that one step calls the layer on, in the very same run."""
    return [step["input"]] + step.get("with", [])


def output_name(position):
    """The field of the output of the nth of these calls."""
    return "output_{}".format(position) if position else "output"


def observes(case, what):
    """Whether the case asks to observe ``what`` beyond outputs and state."""
    return what in case.get("observe", ())


def shareable(case):
    """Whether a later case of equal structure may run in what is built for this one.

    Only calls and assignments leave nothing behind but the values of variables, which are all reset.
    """
    return not {"mask", "policy", "replicas"} & set(case) and all(_leaves_values_only(step) for step in case["steps"])


def _leaves_values_only(step):
    if step["step"] == "assign":
        return True
    return step["step"] == "call" and training_form(step["training"])[0] != "phase"


def loaded_into(case, step):
    """The case with the arguments of the layer that ``step`` makes, if it loads into one of other arguments."""
    if "layer" not in step:
        return case
    return dict(case, layer=dict(case["layer"], **step["layer"]))


class Vocabulary(object):
    """What one front end has a notion of.

    ``name`` stands in reasons. ``words`` are the steps it can take, ``formats`` what it can be saved as; ``more``
    holds the rest: any of ``placeholder`` and ``phase`` for the training flag, ``mask``, ``policy``, ``replicas``
    and ``unknown_batch``.
    """

    def __init__(self, name, words, formats=(), more=()):
        self._name = name
        self._words = words
        self._formats = formats
        self._more = more

    def check(self, case):
        """Raise NotApplicable with the reason, if the case asks for more."""
        if case.get("model") is not None:
            raise NotApplicable("{} has no model around the layer".format(self._name))
        for what in ("mask", "policy", "replicas", "unknown_batch"):
            if what in case:
                self._check_known(what)
        for step in case["steps"]:
            self._check_step(step)

    def _check_step(self, step):
        word = step["step"]
        if word in OF_A_MODEL or step.get("on") == "model" or step.get("format") in ("h5", "keras", "saved_model"):
            raise NotApplicable("{} needs a model around the layer".format(step.get("format", word)))
        if word not in self._words:
            raise NotApplicable("{} has no {}".format(self._name, _MEANT.get(word, word)))
        if "format" in step and step["format"] not in self._formats:
            raise NotApplicable("{} has no {} to save".format(self._name, step["format"]))
        form, _ = training_form(step.get("training"))
        if form in ("placeholder", "phase"):
            self._check_known(form)

    def _check_known(self, what):
        if what not in self._more:
            raise NotApplicable("{} has no {}".format(self._name, _MEANT[what]))


_MEANT = {
    "mask": "mask argument",
    "policy": "mixed precision policy",
    "replicas": "replicas outside of eager execution",
    "unknown_batch": "unknown batch dimension",
    "set": "layer object to freeze",
    "build": "build apart from its call",
    "config": "layer object with a configuration",
    "placeholder": "placeholder",
    "phase": "learning phase",
    "train": "gradient tape",
}
