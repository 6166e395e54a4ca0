from __future__ import annotations

import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from harness.scenario.npfile import read_array
from harness.scenario.unusable import Unusable
from harness.tensor import Tensor
from tests.unit.scenario.writing import only_case, problems


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder that the scenario lies in."""
    made = tmp_path / "topic"
    made.mkdir()
    return made


def made(root: Path, spec: str) -> Tensor:
    (tensor,) = only_case(root, f"input: {{{spec}}}\n").inputs
    return tensor


def refusal(root: Path, spec: str) -> str:
    (problem,) = problems(root, f"input: {{{spec}}}\n")
    return problem


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int32", "uint8"])
def test_an_array_keeps_its_own_dtype(tmp_path: Path, folder: Path, dtype: str) -> None:
    array = np.arange(6).reshape(2, 3).astype(dtype)
    np.save(folder / "x.npy", array)
    assert made(tmp_path, "file: x.npy") == Tensor.of(array, dtype)


def test_byte_order_and_memory_order_do_not_matter(tmp_path: Path, folder: Path) -> None:
    array = np.asfortranarray(np.arange(6, dtype=">f4").reshape(2, 3))
    np.save(folder / "x.npy", array)
    assert made(tmp_path, "file: x.npy") == Tensor.of([[0, 1, 2], [3, 4, 5]], "float32")


def test_another_dtype_can_be_asked_for(tmp_path: Path, folder: Path) -> None:
    np.save(folder / "x.npy", np.array([0.1]))
    assert made(tmp_path, "file: x.npy, dtype: bfloat16") == Tensor.of([0.1], "bfloat16")


def test_an_empty_array(tmp_path: Path, folder: Path) -> None:
    np.save(folder / "x.npy", np.zeros((0, 3), dtype=np.float32))
    assert made(tmp_path, "file: x.npy") == Tensor("float32", (0, 3), b"")


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_arrays_of_an_archive_by_key(tmp_path: Path, folder: Path, save: Callable[..., None]) -> None:
    save(folder / "x.npz", first=np.array([1], dtype=np.float32), second=np.array([2], dtype=np.float32))
    assert made(tmp_path, "file: x.npz, key: second") == Tensor.of([2], "float32")


def test_the_only_array_of_an_archive_needs_no_key(tmp_path: Path, folder: Path) -> None:
    np.savez(folder / "x.npz", first=np.array([1], dtype=np.float32))
    assert made(tmp_path, "file: x.npz") == Tensor.of([1], "float32")


def test_keys(tmp_path: Path, folder: Path) -> None:
    np.savez(folder / "x.npz", first=np.array([1], dtype=np.float32), second=np.array([2], dtype=np.float32))
    np.save(folder / "x.npy", np.array([1], dtype=np.float32))
    assert (
        refusal(tmp_path, "file: x.npz") == "3:8: key is missing\n  hint: x.npz holds first, second: name one with key"
    )
    assert refusal(tmp_path, "file: x.npz, key: frst") == "3:27: x.npz has no array 'frst'\n  hint: did you mean first?"
    assert refusal(tmp_path, "file: x.npz, key: q") == "3:27: x.npz has no array 'q'\n  hint: x.npz holds first, second"
    assert refusal(tmp_path, "file: x.npy, key: q") == "3:22: key is for .npz files\n  hint: x.npy holds one array"


def test_a_file_that_is_not_there(tmp_path: Path, folder: Path) -> None:
    np.save(folder / "inputs.npy", np.array([1], dtype=np.float32))
    assert refusal(tmp_path, "file: input.npy") == "3:15: input.npy does not exist\n  hint: did you mean inputs.npy?"
    assert refusal(tmp_path, "file: q.npy") == (
        "3:15: q.npy does not exist\n  hint: the path is relative to the scenario file"
    )


@pytest.mark.parametrize("name", ["../out.npy", "sub/../../out.npy"])
def test_a_path_out_of_the_folder(tmp_path: Path, folder: Path, name: str) -> None:
    (folder / "sub").mkdir()
    np.save(tmp_path / "out.npy", np.array([1], dtype=np.float32))
    assert refusal(tmp_path, f"file: {name}") == (
        f"3:15: {name} is outside the scenario's folder\n"
        "  hint: copy the file beside the scenario: a scenario has to mean the same everywhere"
    )


def test_an_absolute_path(tmp_path: Path, folder: Path) -> None:
    np.save(tmp_path / "out.npy", np.array([1], dtype=np.float32))
    assert "is outside the scenario's folder" in refusal(tmp_path, f"file: {tmp_path}/out.npy")
    np.save(folder / "in.npy", np.array([1], dtype=np.float32))
    assert made(tmp_path, f"file: {folder}/in.npy") == Tensor.of([1], "float32")


def test_a_symbolic_link_out_of_the_folder(tmp_path: Path, folder: Path) -> None:
    np.save(tmp_path / "out.npy", np.array([1], dtype=np.float32))
    (folder / "link.npy").symlink_to(tmp_path / "out.npy")
    (folder / "linked").symlink_to(tmp_path)
    assert "link.npy is outside the scenario's folder" in refusal(tmp_path, "file: link.npy")
    assert "linked/out.npy is outside the scenario's folder" in refusal(tmp_path, "file: linked/out.npy")


class Trap:
    """Unpickling it writes a file."""

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return Path.touch, (Path("sprung"),)


def test_pickles_are_refused_and_not_run(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    np.save(folder / "x.npy", np.array([Trap()], dtype=object), allow_pickle=True)
    np.savez(folder / "x.npz", a=np.array([1]))
    with zipfile.ZipFile(folder / "x.npz", "w") as archive:
        archive.write(folder / "x.npy", "a.npy")
    expected = "3:15: {} holds Python objects\n  hint: pickles are never read: save numbers"
    assert refusal(tmp_path, "file: x.npy") == expected.format("x.npy")
    assert refusal(tmp_path, "file: x.npz") == expected.format("x.npz")
    (folder / "bare.npy").write_bytes(pickle.dumps(Trap()))
    assert "bare.npy cannot be read" in refusal(tmp_path, "file: bare.npy")
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("name", ["x.npy", "x.npz"])
def test_broken_files(tmp_path: Path, folder: Path, name: str) -> None:
    (folder / name).write_bytes(b"not an array")
    assert refusal(tmp_path, f"file: {name}").startswith(f"3:15: {name} cannot be read: ")


def test_a_file_cut_short(tmp_path: Path, folder: Path) -> None:
    np.save(folder / "x.npy", np.zeros(100))
    whole = (folder / "x.npy").read_bytes()
    (folder / "x.npy").write_bytes(whole[:-8])
    assert refusal(tmp_path, "file: x.npy").startswith("3:15: x.npy cannot be read: ")


def test_what_holds_no_numbers(tmp_path: Path, folder: Path) -> None:
    np.save(folder / "x.npy", np.array(["a"]))
    np.save(folder / "y.npy", np.array([1j]))
    (folder / "z.txt").write_text("1", encoding="utf-8")
    assert refusal(tmp_path, "file: x.npy") == "3:15: x.npy holds <U1, not numbers"
    assert refusal(tmp_path, "file: y.npy") == "3:15: y.npy holds complex128, not numbers"
    assert refusal(tmp_path, "file: z.txt").startswith("3:15: z.txt is neither .npy nor .npz")


def test_a_header_that_promises_too_much_allocates_nothing(tmp_path: Path, folder: Path) -> None:
    with (folder / "x.npy").open("wb") as file:
        header = {"descr": "<f4", "fortran_order": False, "shape": (2**40,)}
        np.lib.format.write_array_header_1_0(file, header)
    assert refusal(tmp_path, "file: x.npy") == f"3:15: x.npy holds {2**40} elements, more than {2**26}"


def test_an_archive_that_unpacks_to_too_much_is_not_unpacked(folder: Path) -> None:
    with zipfile.ZipFile(folder / "x.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.npy", bytes(2**20))
    with pytest.raises(Unusable, match=r"x\.npz holds 131072 elements, more than 1000"):
        read_array(folder, "x.npz", None, 1000)
    with pytest.raises(Unusable, match="cannot be read"):
        read_array(folder, "x.npz", None, 2**20)
