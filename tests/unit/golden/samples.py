"""Golden values for the tests of this folder: examples, and strategies that make any."""

import hashlib
import math

import hypothesis.strategies as st
import numpy as np

from harness.golden import Behaviour, GoldenCase, GoldenFile
from harness.golden.sidecar import LARGEST_INLINE
from harness.observation import Observation, Raised, Structure
from harness.releases.release import Release
from harness.tensor import DTYPES, FLOATS, Tensor, storage_dtype

RELEASES = ("1.0.1", "1.4.1", "1.15.5", "2.0.0rc1", "2.15.1", "2.21.0+keras-3.12.1", "2.21.0+keras-3.15.1")


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def measured(number: float, size: int = 4, dtype: str = "float32") -> Observation:
    """An observation of one step whose output is ``number`` throughout."""
    step = {"output": Tensor.of(np.full(size, number), dtype), "beta": Tensor.of([0.1], "float32")}
    structure = Structure(
        trainable_variables=("gamma", "beta"), non_trainable_variables=("moving_mean",), update_ops=2, fused=None
    )
    return Observation(steps=(step,), structure=structure, raised=None)


def golden_of(*numbers: float, scenario: str = "flags/x", size: int = 4, runner: str = "tf1") -> GoldenFile:
    """One case per number, each with one behaviour on TensorFlow 1.15.5."""
    cases = {
        f"n={number}": GoldenCase(
            sha256=sha(str(number)),
            runners={runner: (Behaviour(releases=("1.15.5",), observation=measured(number, size)),)},
        )
        for number in numbers
    }
    return GoldenFile(scenario=scenario, cases=cases)


TEXTS = st.text(max_size=6)
RUNNERS = st.sampled_from(["tf1", "keras", "tf_keras", "keras:function"])


@st.composite
def tensors(draw: st.DrawFn) -> Tensor:
    """Any dtype, shapes to both sides of the sidecar's limit; NaNs of the one payload that decimals keep."""
    dtype = draw(st.sampled_from(DTYPES))
    shape = draw(st.sampled_from([(), (0,), (1,), (2, 3), (2, 0, 2), (LARGEST_INLINE,), (LARGEST_INLINE + 1,)]))
    width, size = storage_dtype(dtype).itemsize, math.prod(shape)
    pattern = draw(st.binary(min_size=width, max_size=8 * width))
    if dtype == "bool":
        pattern = bytes(byte & 1 for byte in pattern)
    data = (pattern[: len(pattern) // width * width] * (size + 1))[: size * width]
    tensor = Tensor(dtype, shape, data)
    if dtype not in FLOATS:
        return tensor
    nan = Tensor.of(math.nan, dtype).bits()
    bits = np.where(np.isnan(tensor.float64()), nan, tensor.bits()).astype(storage_dtype(dtype))
    return Tensor(dtype, shape, bits.tobytes())


STRUCTURES = st.builds(
    Structure,
    trainable_variables=st.lists(TEXTS, max_size=2).map(tuple),
    non_trainable_variables=st.lists(TEXTS, max_size=2).map(tuple),
    update_ops=st.none() | st.integers(0, 4),
    fused=st.none() | st.booleans(),
)
OBSERVATIONS = st.builds(
    Observation,
    steps=st.lists(st.dictionaries(TEXTS, tensors(), max_size=2), max_size=2).map(tuple),
    structure=st.none() | STRUCTURES,
    raised=st.none() | st.builds(Raised, type=TEXTS, message=TEXTS),
    identity=st.none(),
    nondeterministic=st.booleans(),
)


@st.composite
def behaviours(draw: st.DrawFn) -> tuple[Behaviour, ...]:
    """One or two behaviours in canonical order."""
    releases = sorted(draw(st.sets(st.sampled_from(RELEASES), min_size=1)), key=Release.parse)
    cut = draw(st.integers(1, len(releases)))
    parts = [part for part in (releases[:cut], releases[cut:]) if part]
    return tuple(Behaviour(releases=tuple(part), observation=draw(OBSERVATIONS)) for part in parts)


CASES = st.builds(
    GoldenCase,
    sha256=TEXTS.map(lambda text: hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()),
    runners=st.dictionaries(RUNNERS, behaviours(), min_size=1, max_size=2),
)
GOLDENS = st.builds(
    GoldenFile, scenario=st.just("flags/x"), cases=st.dictionaries(TEXTS, CASES, min_size=1, max_size=2)
)
