"""What a front end has no notion of is refused with a reason, and only what leaves nothing behind is shared."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.unit.each import each

FOLDER = Path(__file__).parents[3] / "harness" / "worker"


@pytest.fixture(scope="module")
def worker() -> Iterator[ModuleType]:
    """The worker's package, loaded as the worker itself loads it."""
    name = "harness_worker"
    spec = importlib.util.spec_from_file_location(
        name, FOLDER / "__init__.py", submodule_search_locations=[str(FOLDER)]
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    yield module
    for loaded in [one for one in sys.modules if one.split(".")[0] == name]:
        del sys.modules[loaded]


@pytest.fixture
def asking(worker: ModuleType) -> ModuleType:
    return importlib.import_module(f"{worker.__name__}.asking")


@pytest.fixture
def serve(worker: ModuleType) -> ModuleType:
    return importlib.import_module(f"{worker.__name__}.serve")


def tensor(text: str = "AACAPw==") -> dict[str, Any]:
    return {"dtype": "float32", "shape": [1], "base64": text}


def call(training: Any = True) -> dict[str, Any]:
    return {"step": "call", "input": 0, "training": training}


def case(*steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"inputs": [tensor()], "initializers": {}, "layer": {}, "trainable": True, "steps": list(steps), **more}


@each(
    "training, form",
    [
        (None, ("omitted", None)),
        (True, ("literal", True)),
        (0, ("literal", 0)),
        ("tensor:true", ("tensor", True)),
        ("phase:false", ("phase", False)),
    ],
)
def test_how_the_flag_gets_there(asking: ModuleType, training: Any, form: tuple[str, Any]) -> None:
    assert asking.training_form(training) == form


ASKED = [
    (case({"step": "set", "trainable": False}), "it has no layer object to freeze"),
    (case({"step": "set", "trainable": False, "on": "model"}), "set needs a model around the layer"),
    (case({"step": "fit", "input": 0, "epochs": 1}), "fit needs a model around the layer"),
    (case({"step": "save", "format": "h5"}), "h5 needs a model around the layer"),
    (case({"step": "save", "format": "weights"}), "it has no weights to save"),
    (case(call(), model=[{"dense": {}}, "bn"]), "it has no model around the layer"),
    (case(call("placeholder:true")), "it has no placeholder"),
    (case(call(), mask=tensor()), "it has no mask argument"),
    (case(call(), policy="mixed_float16"), "it has no mixed precision policy"),
    (case(call(), replicas=2), "it has no replicas outside of eager execution"),
    (case(call(), unknown_batch=True), "it has no unknown batch dimension"),
]


@each("asked, reason", ASKED)
def test_what_is_not_known_is_refused(asking: ModuleType, asked: dict[str, Any], reason: str) -> None:
    with pytest.raises(Exception, match=reason) as caught:
        asking.Vocabulary("it", ("call", "save"), ("checkpoint",)).check(asked)
    assert (type(caught.value).__name__, vars(caught.value)) == ("NotApplicable", {"reason": reason})


def test_what_is_known_passes(asking: ModuleType) -> None:
    known = asking.Vocabulary(
        "it", ("call", "set", "save"), ("weights",), ("placeholder", "mask", "policy", "replicas", "unknown_batch")
    )
    for asked, reason in ASKED:
        if not reason.endswith("model around the layer"):
            known.check(asked)


@each(
    "asked, shared",
    [
        (case(call(), call("tensor:true")), True),
        (case({"step": "assign", "values": {}}, call()), True),
        (case(call("phase:true")), False),
        (case(call(), {"step": "set", "trainable": False}), False),
        (case({**call(), "step": "train"}), False),
        (case(call(), mask=tensor()), False),
        (case(call(), policy="mixed_float16"), False),
        (case(call(), replicas=2), False),
        (case(call(), unknown_batch=True, observe=["losses"], repetitions=3), True),
    ],
)
def test_only_what_leaves_nothing_behind_is_shared(asking: ModuleType, asked: dict[str, Any], shared: bool) -> None:
    assert asking.shareable(asked) is shared


def test_structures_are_told_apart_by_all_but_values(serve: ModuleType) -> None:
    assigned = [
        case({"step": "assign", "values": {"gamma": value}}, call()) for value in (tensor(), tensor("AAAAQA=="))
    ]
    assert serve.structure_key(assigned[0]) == serve.structure_key(assigned[1])
    others = [case(call()), case(call(), observe=["losses"]), case(call(), unknown_batch=True), case(call(False))]
    assert len({serve.structure_key(one) for one in (*others, assigned[0])}) == 5


def test_repeating_counts_every_result(serve: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = iter("abaab")
    shelf = serve.Shelf({})
    wire = {name: {"steps": [name], "structure": None, "raised": None, "identity": name} for name in "ab"}
    monkeypatch.setattr(shelf, "observe", lambda _runner, _case: wire[next(seen)])
    answer = shelf.answer({"runner": "tf1", "case": case(call(), repetitions=5)})
    assert answer == {"observation": wire["a"], "others": [wire["b"]], "times": [3, 2]}
    seen = iter("aaa")
    assert shelf.answer({"runner": "tf1", "case": case(call(), repetitions=3)}) == {"observation": wire["a"]}


class FakeBackend(ModuleType):
    """A Keras that remembers learning phases by graph, as TensorFlow does, in a mapping that it exchanges."""

    def __init__(self) -> None:
        super().__init__("fake_backend")
        self._GRAPH_LEARNING_PHASES: dict[str, int] = {"another graph": 1}

        def set_learning_phase(value: int) -> None:
            self._GRAPH_LEARNING_PHASES = {**self._GRAPH_LEARNING_PHASES, "eager": value}

        set_learning_phase.__module__ = self.__name__
        self.set_learning_phase = set_learning_phase

    def learning_phase(self) -> int:
        """What is set."""
        return self._GRAPH_LEARNING_PHASES["eager"]


def test_a_learning_phase_is_unset_afterwards_not_set_to_0(worker: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set to 0, TensorFlow 1.6 would not refuse the call of another case that says nothing of training."""
    modes = importlib.import_module(f"{worker.__name__}.model_modes")
    keras = ModuleType("fake_keras")
    keras.backend = backend = FakeBackend()  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, backend.__name__, backend)
    phase = modes.SetPhase(keras, value=True)
    assert backend.learning_phase() == 1
    phase.undo()
    assert backend._GRAPH_LEARNING_PHASES == {"another graph": 1}


def test_a_layer_that_is_loaded_into_may_have_other_arguments(asking: ModuleType) -> None:
    load = {"step": "load", "format": "weights"}
    asked = case(call(), load, layer={"momentum": 0.5, "epsilon": 1.0})
    assert asking.loaded_into(asked, load) is asked
    other = asking.loaded_into(asked, {**load, "layer": {"momentum": 0.25, "fused": None}})
    assert other == {**asked, "layer": {"momentum": 0.25, "epsilon": 1.0, "fused": None}}
    assert asked["layer"] == {"momentum": 0.5, "epsilon": 1.0}
