import json
import random
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from harness.errors import InvalidGolden, Problem
from harness.golden import Behaviour, GoldenCase, GoldenFile, golden_path, read, sidecar_path, write
from harness.golden.encoding import encode
from harness.golden.sidecar import LARGEST_INLINE
from harness.observation import Identity, Observation, Raised
from harness.tensor import Tensor
from tests.unit.each import each
from tests.unit.golden.samples import GOLDENS, golden_of, measured, sha

TEXT = """\
{
  "format": 1,
  "scenario": "flags/x",
  "cases": {
    "n=0.5": {
      "sha256": "%s",
      "tf1": [
        {
          "releases": [
            "1.15.5"
          ],
          "observation": {
            "raised": null,
            "structure": {"trainable_variables": ["gamma", "beta"], "non_trainable_variables": ["moving_mean"], \
"update_ops": 2, "fused": null},
            "steps": [
              {
                "beta": {"dtype": "float32", "shape": [1], "values": [0.1]},
                "output": {"dtype": "float32", "shape": [2], "values": [0.5, 0.5]}
              }
            ]
          }
        }
      ]
    }
  }
}
"""


def test_the_text_is_what_a_reviewer_reads() -> None:
    assert encode(golden_of(0.5, size=2))[0].decode() == TEXT % sha("0.5")


@given(GOLDENS)
@settings(max_examples=25)
def test_what_is_written_reads_back(tmp_path_factory: pytest.TempPathFactory, golden: GoldenFile) -> None:
    root = tmp_path_factory.mktemp("golden")
    assert write(root, golden)
    again = read(root, "flags/x")
    assert again == golden
    assert not write(root, golden)


@given(GOLDENS)
@settings(max_examples=25)
def test_equal_values_are_equal_bytes(golden: GoldenFile) -> None:
    shuffled = GoldenFile(
        scenario=golden.scenario,
        cases={
            key: GoldenCase(sha256=case.sha256, runners=dict(reversed(list(case.runners.items()))))
            for key, case in reversed(list(golden.cases.items()))
        },
    )
    data, big = encode(golden)
    assert encode(shuffled) == (data, big)
    assert data.endswith(b"}\n")
    assert data.isascii()
    assert b"\r" not in data


def test_identity_is_not_stored(tmp_path: Path) -> None:
    observation = measured(1.0)
    identity = Identity(layer_class="a.B", variables=("a/b:0",), device="/device:CPU:0")
    known = Observation(steps=observation.steps, structure=None, raised=None, identity=identity)
    case = GoldenCase(sha256=sha(""), runners={"tf1": (Behaviour(releases=("1.0.1",), observation=known),)})
    write(tmp_path, GoldenFile(scenario="a/b", cases={"": case}))
    again = read(tmp_path, "a/b")
    assert again is not None
    assert again.cases[""].runners["tf1"][0].observation.identity is None
    assert "a.B" not in golden_path(tmp_path, "a/b").read_text()


def test_an_exception_is_recorded_with_its_message(tmp_path: Path) -> None:
    raised = Observation(steps=(), structure=None, raised=Raised(type="ValueError", message='rank: \u2265 2\n"x"'))
    case = GoldenCase(sha256=sha(""), runners={"keras": (Behaviour(releases=("2.15.1",), observation=raised),)})
    golden = GoldenFile(scenario="a/b", cases={"": case})
    write(tmp_path, golden)
    assert read(tmp_path, "a/b") == golden


def test_what_is_not_the_same_each_time_is_told_above_all_and_nothing_is_said_where_it_is(tmp_path: Path) -> None:
    several = replace(measured(0.5, 2), nondeterministic=True)
    behaviour = Behaviour(releases=("1.15.5",), observation=several)
    golden = GoldenFile(
        scenario="flags/x", cases={"n=0.5": GoldenCase(sha256=sha("0.5"), runners={"tf1": (behaviour,)})}
    )
    line = '            "nondeterministic": true,\n'
    assert encode(golden)[0].decode() == (TEXT % sha("0.5")).replace(
        '            "raised"', f'{line}            "raised"'
    )
    write(tmp_path, golden)
    assert read(tmp_path, "flags/x") == golden


def test_no_file_is_no_golden(tmp_path: Path) -> None:
    assert read(tmp_path, "flags/x") is None
    assert read(tmp_path / "nowhere", "flags/x") is None


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16", "float64", "int64", "bool"])
def test_big_tensors_lie_beside_the_file(tmp_path: Path, dtype: str) -> None:
    for size, beside in ((LARGEST_INLINE, False), (LARGEST_INLINE + 1, True)):
        step = {"output": Tensor.of([1.0] * size, dtype), "again": Tensor.of([1.0] * size, dtype)}
        observation = Observation(steps=(step,), structure=None, raised=None)
        case = GoldenCase(sha256=sha(""), runners={"tf1": (Behaviour(releases=("1.0.1",), observation=observation),)})
        golden = GoldenFile(scenario="a/b", cases={"": case})
        write(tmp_path, golden)
        assert sidecar_path(tmp_path, "a/b").is_file() is beside
        assert read(tmp_path, "a/b") == golden


def test_the_bytes_of_a_sidecar_depend_on_its_tensors_alone(tmp_path: Path) -> None:
    write(tmp_path / "one", golden_of(2.0, 1.0, size=600))
    write(tmp_path / "two", golden_of(2.0, size=600))
    write(tmp_path / "two", golden_of(2.0, 3.0, size=600))
    write(tmp_path / "two", golden_of(2.0, 1.0, size=600))
    one, two = (sidecar_path(tmp_path / name, "flags/x") for name in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()
    with zipfile.ZipFile(one) as archive:
        entries = archive.infolist()
    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
    assert {entry.compress_type for entry in entries} == {zipfile.ZIP_STORED}
    names = [entry.filename for entry in entries]
    assert len(names) == 2
    assert names == sorted(names)


# What is not in the format.


def broken(tmp_path: Path, text: str) -> str:
    """What the user reads of a golden file with ``text``."""
    path = golden_path(tmp_path, "flags/x")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    with pytest.raises(InvalidGolden) as caught:
        read(tmp_path, "flags/x")
    (problem,) = caught.value.problems
    assert problem.hint
    return f"{problem.place}: {problem.message}".removeprefix(str(path))


@each(
    "old, new, said",
    [
        ('"format": 1,', '"format": 1', ":3:3: invalid JSON: Expecting ',' delimiter"),
        ('"format": 1', '"format": 2', " $.format: expected 1, got 2"),
        ('"flags/x"', '"flags/y"', " $.scenario: expected 'flags/x', as the file is named, got 'flags/y'"),
        ('"format"', '"forma"', " $: missing format; unknown forma"),
        (sha("0.5"), "abc", ' $.cases["n=0.5"]: expected a sha256 of 64 lower-case hexadecimal digits'),
        ('"1.15.5"', "", ' $.cases["n=0.5"].tf1[0].releases: expected at least one release'),
        ('"1.15.5"', "1", ' $.cases["n=0.5"].tf1[0].releases: expected a list of strings'),
        ("raised", "rised", ' $.cases["n=0.5"].tf1[0].observation: missing raised; unknown rised'),
        (
            '"raised": null',
            '"nondeterministic": false, "raised": null',
            ".observation.nondeterministic: expected true, or nothing where it is not",
        ),
        ('"raised": null', '"nondeterministic": 1, "raised": null', "expected true, or nothing where it is not"),
        ('"raised": null', '"nondeterministic": true', ".observation: missing raised"),
        ('"fused": null', '"fused": 1', ".observation.structure.fused: expected true, false or null"),
        ('"update_ops": 2', '"update_ops": true', ".observation.structure.update_ops: expected a count or null"),
        ("[0.1]", "[0.1, 2]", ".steps[0].beta.values: expected 1 values, got 2"),
        ("[0.1]", '["1.5"]', ".steps[0].beta.values: '1.5' is no value of float32"),
        ("[0.1]", "[NaN]", ' $: invalid JSON: NaN is no JSON number, write "nan"'),
        ("[0.1]", "[-Infinity]", ' $: invalid JSON: -Infinity is no JSON number, write "-inf"'),
        ('"float32", "shape": [1]', '"float23", "shape": [1]', ".beta.dtype: unknown dtype 'float23'"),
        ('"shape": [1]', '"shape": [-1]', ".beta.shape: expected a list of lengths"),
        ('"values": [0.1]', f'"npz": "{sha("")}"', " $: [Errno 2] No such file or directory"),
        ('"values": [0.1]', '"npz": "x"', ".beta.npz: expected the sha256 of a sidecar entry"),
        ('"values": [0.1]', '"value": [0.1]', ".beta: missing npz; unknown value"),
    ],
)
def test_what_is_malformed_is_said_with_its_place(tmp_path: Path, old: str, new: str, said: str) -> None:
    text = TEXT % sha("0.5")
    assert old in text
    assert said in broken(tmp_path, text.replace(old, new, 1))


def test_an_unknown_release_says_what_was_expected(tmp_path: Path) -> None:
    message = broken(tmp_path, (TEXT % sha("0.5")).replace("1.15.5", "latest"))
    assert "'latest' names no release" in message
    assert "2.21.0+keras-3.15.1" in message


def test_deep_nesting_and_endless_numbers_are_malformed_too(tmp_path: Path) -> None:
    assert "invalid JSON" in broken(tmp_path, "[" * 100_000)
    assert "invalid JSON" in broken(tmp_path, "1" * 10_000)


def test_text_that_is_not_ascii_is_refused(tmp_path: Path) -> None:
    assert "not ASCII" in broken(tmp_path, "\u2265")


def test_a_damaged_sidecar_is_said(tmp_path: Path) -> None:
    write(tmp_path, golden_of(1.0, size=600))
    path = sidecar_path(tmp_path, "flags/x")
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(InvalidGolden, match="CRC"):
        read(tmp_path, "flags/x")
    path.write_bytes(b"")
    with pytest.raises(InvalidGolden, match="zip"):
        read(tmp_path, "flags/x")


def test_another_tensor_than_the_file_says_is_refused(tmp_path: Path) -> None:
    write(tmp_path, golden_of(1.0, size=600))
    path = golden_path(tmp_path, "flags/x")
    path.write_text(path.read_text().replace("[600]", "[20, 30]"))
    with pytest.raises(InvalidGolden, match=r"expected float32\[20, 30\], the entry is float32\[600\]"):
        read(tmp_path, "flags/x")


def test_no_damage_of_one_token_crashes_the_reader(tmp_path: Path) -> None:
    """Whatever replaces a value, the file is read, or refused with its place."""
    draw = random.Random(1)
    document = json.loads(encode(golden_of(0.5, size=600))[0])
    write(tmp_path, golden_of(0.5, size=600))
    refused: list[Problem] = []
    for _ in range(200):
        damaged = json.loads(json.dumps(document))
        _damage(damaged, draw)
        golden_path(tmp_path, "flags/x").write_text(json.dumps(damaged))
        try:
            read(tmp_path, "flags/x")
        except InvalidGolden as error:
            refused += error.problems
    assert len(refused) > 130
    assert all(problem.place.startswith(str(golden_path(tmp_path, "flags/x"))) for problem in refused)


def _damage(node: Any, draw: random.Random) -> None:
    junk = draw.choice([None, True, 3, -1, 1.5, "x", [], {}, [[1]], {"a": 1}, 10**400])
    keys = list(node) if isinstance(node, dict) else list(range(len(node)))
    key = draw.choice(keys)
    if isinstance(node[key], (dict, list)) and node[key] and draw.random() < 0.8:
        _damage(node[key], draw)
    elif isinstance(node, dict) and draw.random() < 0.2:
        node[draw.choice(["sha256", "x"])] = node.pop(key)
    else:
        node[key] = junk
