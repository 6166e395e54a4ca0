"""A golden file as canonical text: equal values, equal bytes; one tensor or release to a line.

Cases, runners and fields stand in sorted order, so that editing a scenario moves nothing. The text is ASCII.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TypeAlias

from harness.case import Json
from harness.golden.model import Behaviour, GoldenCase, GoldenFile
from harness.golden.sidecar import LARGEST_INLINE, key_of
from harness.observation import Observation
from harness.tensor import Tensor

FORMAT = 1

_Node: TypeAlias = "str | list[_Node] | dict[str, _Node]"
"""What is written: text that is JSON already, or a list or object with one line per member."""


def encode(golden: GoldenFile) -> tuple[bytes, Mapping[str, Tensor]]:
    """The bytes of the file, and the tensors by key that its sidecar has to hold."""
    big: dict[str, Tensor] = {}
    cases: _Node = {key: _case(case, big) for key, case in sorted(golden.cases.items())}
    document: _Node = {"format": _text(FORMAT), "scenario": _text(golden.scenario), "cases": cases}
    lines: list[str] = []
    _emit(document, "", "", "", lines)
    return "\n".join([*lines, ""]).encode("ascii"), big


def _case(case: GoldenCase, big: dict[str, Tensor]) -> _Node:
    runners: dict[str, _Node] = {
        runner: [_behaviour(behaviour, big) for behaviour in behaviours]
        for runner, behaviours in sorted(case.runners.items())
    }
    return {"sha256": _text(case.sha256), **runners}


def _behaviour(behaviour: Behaviour, big: dict[str, Tensor]) -> _Node:
    return {
        "releases": [_text(release) for release in behaviour.releases],
        "observation": _observation(behaviour.observation, big),
    }


def _observation(observation: Observation, big: dict[str, Tensor]) -> _Node:
    raised, structure = observation.raised, observation.structure
    # Left out where it is false, as in every file from before there was such a thing.
    several: dict[str, _Node] = {"nondeterministic": _text(True)} if observation.nondeterministic else {}
    return {
        **several,
        "raised": _text({"type": raised.type, "message": raised.message} if raised else None),
        "structure": _text(
            {
                "trainable_variables": list(structure.trainable_variables),
                "non_trainable_variables": list(structure.non_trainable_variables),
                "update_ops": structure.update_ops,
                "fused": structure.fused,
            }
            if structure
            else None
        ),
        "steps": [
            {field: _text(_tensor(tensor, big)) for field, tensor in sorted(step.items())} for step in observation.steps
        ],
    }


def _tensor(tensor: Tensor, big: dict[str, Tensor]) -> Json:
    head: dict[str, Json] = {"dtype": tensor.dtype, "shape": list(tensor.shape)}
    if tensor.size <= LARGEST_INLINE:
        return {**head, "values": tensor.decimals()}
    key = key_of(tensor)
    big[key] = tensor
    return {**head, "npz": key}


def _text(value: Json) -> str:
    return json.dumps(value, ensure_ascii=True, allow_nan=False)


def _emit(node: _Node, indent: str, head: str, tail: str, lines: list[str]) -> None:
    """Append ``node`` to ``lines``; its first line begins with ``head``, its last ends with ``tail``."""
    if isinstance(node, str):
        lines.append(f"{indent}{head}{node}{tail}")
        return
    opening, closing = "{}" if isinstance(node, dict) else "[]"
    if not node:
        lines.append(f"{indent}{head}{opening}{closing}{tail}")
        return
    lines.append(f"{indent}{head}{opening}")
    members = (
        [(f"{_text(key)}: ", member) for key, member in node.items()]
        if isinstance(node, dict)
        else [("", member) for member in node]
    )
    for place, (name, member) in enumerate(members, start=1):
        _emit(member, indent + "  ", name, "," if place < len(members) else "", lines)
    lines.append(f"{indent}{closing}{tail}")
