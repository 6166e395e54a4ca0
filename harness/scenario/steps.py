"""Steps as they are written into steps as values: inputs found, arrays made, what a step needs looked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from harness.scenario.arrays import given
from harness.scenario.findings import Finding
from harness.scenario.layers import Shape, Surroundings
from harness.scenario.materialize import Materializer
from harness.scenario.model import ScenarioFile
from harness.scenario.parameters import passed_over
from harness.scenario.text import Path, nearest, one_of
from harness.scenario.unusable import Unusable
from harness.scenario.vocabulary import OF_A_MODEL
from harness.scenario.written import Written
from harness.steps import (
    Assign,
    Build,
    Call,
    Compile,
    Config,
    Fit,
    Format,
    Load,
    Loss,
    Method,
    Optimizer,
    Run,
    Save,
    Set,
    Step,
    Target,
    Train,
    Updates,
)
from harness.tensor import Tensor

ROLES = ("gamma", "beta", "moving_mean", "moving_variance", "renorm_mean", "renorm_stddev")
"""Variables of the layer that a step may assign."""
_WHOLE = (Format.KERAS, Format.SAVED_MODEL)
_OF_A_MODEL = (Format.H5, *_WHOLE)
_KEPT: Mapping[str, str] = dict.fromkeys(
    ("axis", "center", "scale", "renorm", "virtual_batch_size", "dtype"), "its variables are not those that were saved"
)
"""Arguments that decide which variables a layer has, by why no load changes them."""
_REPLICAS = "the replicas would divide their work anew"
_MODEL_HINT = "model: [bn] puts a model around the layer"


@dataclass(frozen=True, kw_only=True, slots=True)
class Setting:
    """What the steps of a case act on.

    Attributes:
        scenario: the variation that the case is of.
        parameter: shape of gamma and its like; ``None`` where it is not known.
        dtype: theirs.
        around: the model around the layer; ``None`` without one, and where it could not be made.
    """

    scenario: ScenarioFile
    inputs: tuple[Tensor, ...]
    parameter: Shape | None
    dtype: str
    around: Surroundings | None
    arrays: Materializer

    @property
    def has_model(self) -> bool:
        """Whether the scenario speaks of a model at all."""
        return "model" in self.scenario.model_fields_set

    def output(self, index: int) -> Shape | None:
        """The shape of what comes out for input ``index``, where it is known."""
        shape = self.inputs[index].shape
        if not self.has_model:
            return shape
        whole = self.around.output if self.around else None
        if whole is None or not shape or shape[1:] != self.inputs[0].shape[1:]:
            return None
        return (shape[0], *whole[1:])


def make_steps(written: list[Written], setting: Setting, findings: list[Finding]) -> tuple[Step, ...]:
    """The steps that ``written`` means; what is wrong with them goes to ``findings``."""
    maker = _Maker(setting, findings)
    return tuple(step for one in written for step in maker.make(one))


class _Maker:
    """Makes one step after the other; remembers what the next one depends on."""

    def __init__(self, setting: Setting, findings: list[Finding]) -> None:
        self._setting = setting
        self._findings = findings
        self._taken = 0
        self._saved: set[Format] = set()

    def make(self, one: Written) -> Iterator[Step]:
        before = len(self._findings)
        self._check_model(one)
        step = _ALIKE[one.word] if one.word in _ALIKE else _MAKERS[one.word](self, one)
        if len(self._findings) == before:
            yield step

    def _check_model(self, one: Written) -> None:
        if self._setting.has_model:
            return
        whole = one.word in OF_A_MODEL
        if whole or (one.word == "set" and one.get("on") == "model"):
            path = one.path if whole else (*one.inside, "on")
            what = one.word if whole else "set on: model"
            self._add(path, f"{what} needs a model", _MODEL_HINT)

    def _add(self, path: Path, message: str, hint: str | None, *, at_key: bool = False) -> None:
        self._findings.append(Finding(path=path, message=message, hint=hint, at_key=at_key))

    def _input(self, one: Written) -> int:
        position = self._taken if "inputs" in self._setting.scenario.model_fields_set else 0
        self._taken += 1
        return self._known(one.get("input") if one.has("input") else position, one, "input")

    def _known(self, index: int, one: Written, name: str, place: int | None = None) -> int:
        last = len(self._setting.inputs) - 1
        if index > last:
            there = "the only one is 0" if last == 0 else f"the last is {last}"
            written = (*one.inside, name, *(() if place is None else (place,)))
            told = place is not None or one.has(name)
            path = written if told else one.path
            self._add(path, f"there is no input {index}: {there}", "inputs are counted from 0")
        return index

    def _target(self, one: Written, source: int) -> int | None:
        if not one.has("target"):
            return None
        index = self._known(one.get("target"), one, "target")
        last = len(self._setting.inputs) - 1
        made = self._setting.output(source) if max(index, source) <= last else None
        if made is not None and self._setting.inputs[index].shape != made:
            shape = list(self._setting.inputs[index].shape)
            message = f"the target, input {index}, has shape {shape} where the output has {list(made)}"
            self._add((*one.inside, "target"), message, "a target has the shape of the output")
        return index

    def _training(self, one: Written) -> Any:
        return one.get("training") if one.has("training") else self._setting.scenario.training

    def call(self, one: Written) -> Step:
        source = self._input(one)
        beside = one.get("beside") or ()
        return Call(
            input=source,
            training=self._training(one),
            updates=Updates(one.get("updates")),
            beside=tuple(self._known(index, one, "with", place) for place, index in enumerate(beside)),
        )

    def set(self, one: Written) -> Step:
        return Set(trainable=one.get("trainable"), on=Target(one.get("on")))

    def train(self, one: Written) -> Step:
        source = self._input(one)
        return Train(
            input=source,
            training=self._training(one),
            loss=Loss(one.get("loss")),
            target=self._target(one, source),
            optimizer=Optimizer(one.get("optimizer")),
            rate=one.get("rate"),
            updates=Updates(one.get("updates")),
        )

    def compile(self, one: Written) -> Step:
        optimizer = Optimizer(one.get("optimizer"))
        return Compile(
            loss=Loss(one.get("loss")), optimizer=optimizer, rate=one.get("rate"), eagerly=one.get("eagerly")
        )

    def fit(self, one: Written) -> Step:
        source = self._input(one)
        return Fit(
            input=source,
            target=self._target(one, source),
            epochs=one.get("epochs"),
            validation=self._validation(one, source),
        )

    def _validation(self, one: Written, source: int) -> int | None:
        if not one.has("validation"):
            return None
        index = self._known(one.get("validation"), one, "validation")
        inputs = self._setting.inputs
        if max(index, source) < len(inputs) and inputs[index].shape[1:] != inputs[source].shape[1:]:
            shapes = f"{list(inputs[index].shape)} where what it is fitted to has {list(inputs[source].shape)}"
            message = f"what it is validated on, input {index}, has shape {shapes}"
            self._add((*one.inside, "validation"), message, "only the number of examples may differ")
        return index

    def run(self, one: Written) -> Step:
        source = self._input(one)
        target = None if one.word == Method.PREDICT.value else self._target(one, source)
        return Run(method=Method(one.word), input=source, target=target)

    def save(self, one: Written) -> Step:
        return Save(format=self._format(one))

    def load(self, one: Written) -> Step:
        wanted = self._format(one)
        if wanted not in self._saved:
            hint = f"a step before it saves what is loaded: {{save: {{format: {wanted.value}}}}}"
            self._add((*one.inside, "format"), f"nothing was saved as {wanted.value} before this step", hint)
        return Load(format=wanted, layer=self._replaced(one, wanted) if one.has("layer") else {})

    def _replaced(self, one: Written, wanted: Format) -> Mapping[str, Any]:
        """Arguments of the layer that is loaded into; what is no such thing goes to the findings."""
        replaced, path = given(one.get("layer")), (*one.inside, "layer")
        if replaced and wanted in _WHOLE:
            hint = "weights, checkpoint and h5 are loaded into a layer that is made anew"
            self._add(path, f"{wanted.value} holds a whole model, whose layer keeps its arguments", hint, at_key=True)
            return replaced
        scenario = self._setting.scenario
        before = given(scenario.layer)
        kept = [*_KEPT, *(("synchronized",) if scenario.replicas > 1 else ())]
        for name in kept:
            if name in replaced and (name not in before or replaced[name] != before[name]):
                message = f"a layer that is loaded into cannot have another {name}: {_KEPT.get(name, _REPLICAS)}"
                self._add((*path, name), message, f"layer.{name} is {name} of every layer here", at_key=True)
        return replaced

    def _format(self, one: Written) -> Format:
        found = Format(one.get("format"))
        if one.word == "save":
            self._saved.add(found)
        if found in _OF_A_MODEL and not self._setting.has_model:
            self._add((*one.inside, "format"), f"{one.word} as {found.value} needs a model", _MODEL_HINT)
        return found

    def assign(self, one: Written) -> Step:
        assert isinstance(one.arguments, Mapping)
        values: dict[str, Tensor] = {}
        for role, spec in one.arguments.items():
            if not self._check_role(role, (*one.inside, role)):
                continue
            try:
                tensor = self._setting.arrays.initializer(spec, self._shape(role), self._setting.dtype)
            except Unusable as unusable:
                self._findings.append(unusable.finding((*one.inside, role)))
                continue
            if not passed_over(role, self._setting.scenario.layer):
                values[role] = tensor
        return Assign(values=values)

    def _check_role(self, role: str, path: Path) -> bool:
        if role in ROLES:
            return True
        prefix, slash, variable = role.partition("/")
        if slash and prefix and variable and self._setting.has_model:
            return True
        near = nearest(role, ROLES)
        if slash and not self._setting.has_model:
            hint = _MODEL_HINT
        else:
            hint = f"did you mean '{near}'?" if near else "a variable of another layer is written dense/kernel"
        self._add(path, f"'{role}' is not a variable of the layer ({one_of(ROLES)})", hint, at_key=True)
        return False

    def _shape(self, role: str) -> Shape | None:
        if "/" not in role:
            return self._setting.parameter
        return self._setting.around.variables.get(role) if self._setting.around else None


_ALIKE: Mapping[str, Step] = {"build": Build(), "config": Config()}
_MAKERS: Mapping[str, Callable[[_Maker, Written], Step]] = {
    "call": _Maker.call,
    "set": _Maker.set,
    "train": _Maker.train,
    "compile": _Maker.compile,
    "fit": _Maker.fit,
    "save": _Maker.save,
    "load": _Maker.load,
    "assign": _Maker.assign,
    **{method.value: _Maker.run for method in Method},
}
