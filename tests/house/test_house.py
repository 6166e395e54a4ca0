"""The rules of the house, checked: docs/decisions/0001-shape-of-the-house.md."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "harness"

LAYERS = (
    ("__main__",),
    ("cli",),
    ("verbs", "pytest_plugin"),
    ("testing",),
    ("checking",),
    ("merge",),
    ("report", "compare", "reasons"),
    ("found", "gate", "reproduction", "run", "upgrade"),
    ("bisection", "campaign", "recording", "comparison", "migration"),
    ("diagnosis", "history", "journal", "lint", "session", "sharding", "targets"),
    ("semantics",),
    ("golden",),
    ("diff",),
    ("settled",),
    ("elements",),
    ("scale",),
    ("execution",),
    ("scenario",),
    ("case", "observation"),
    ("steps",),
    ("tolerance", "tensor", "rules"),
    ("releases",),
    ("errors",),
)
"""Modules and packages of ``harness``, top first. What stands on one line does not import each other."""

MOST_LINES = 400
MOST_LINES_OF_A_FUNCTION = 50
TOP_LEVEL = {
    ".ci",
    ".github",
    ".gitignore",
    "LICENSE",
    "Makefile",
    "README.md",
    "action.yml",
    "benchmarks",
    "docs",
    "golden",
    "harness",
    "pyproject.toml",
    "requirements.lock",
    "scenarios",
    "tests",
}
RANKS = {name: rank for rank, names in enumerate(LAYERS) for name in names}
# The slash first: what begins with a literal is searched fast.
MACHINE = re.compile(r"/(?<![\w.~]/)(?:wor" r"k|roo" r"t|home/(?!me\b)\w+|Users/\w+)/")
HOST = re.compile(r"python" r"hosted|index" r"-url|/sim" r"ple\b|artifac" r"tory")


def sources(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """What the rules ask of a module, without its tree: trees that are kept make every garbage collection slow."""

    imports: tuple[ast.Import | ast.ImportFrom, ...]
    functions: tuple[tuple[int, str, int], ...]
    handlers: tuple[tuple[int, tuple[str, ...]], ...]
    is_script: bool


@cache
def source(path: Path) -> Source:
    """The imports, and with its line each function and how long it is, and what is caught."""
    tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
    nodes = tuple(statements(tree))
    return Source(
        imports=tuple(node for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)),
        functions=tuple(
            (node.lineno, node.name, (node.end_lineno or node.lineno) - node.lineno + 1)
            for node in nodes
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        ),
        handlers=tuple((node.lineno, caught(node)) for node in nodes if isinstance(node, ast.ExceptHandler)),
        is_script=any(isinstance(node, ast.If) and is_main(ast.unparse(node.test)) for node in tree.body),
    )


def statements(tree: ast.Module) -> Iterator[ast.AST]:
    """Every statement and handler, however deep: a tenth of all nodes, most of which are parts of expressions."""
    left: list[ast.AST] = [tree]
    while left:
        node = left.pop()
        yield node
        for name in ("body", "orelse", "handlers", "finalbody", "cases"):
            left.extend(getattr(node, name, ()))


def caught(handler: ast.ExceptHandler) -> tuple[str, ...]:
    if handler.type is None:
        return ("everything",)
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return tuple(kind.id for kind in kinds if isinstance(kind, ast.Name))


def is_main(test: str) -> bool:
    return "__name__" in test and "__main__" in test


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def imports(path: Path) -> tuple[tuple[int, str], ...]:
    """Line and absolute dotted name of everything imported, wherever it stands."""
    package = module_name(path).split(".") if path.name == "__init__.py" else module_name(path).split(".")[:-1]
    found: list[tuple[int, str]] = []
    for node in source(path).imports:
        if isinstance(node, ast.Import):
            found += ((node.lineno, alias.name) for alias in node.names)
        else:
            base = package[: len(package) - node.level + 1] if node.level else []
            start = ".".join([*base, *([node.module] if node.module else [])])
            found += ((node.lineno, imported_from(start, alias.name)) for alias in node.names)
    return tuple(found)


@cache
def imported_from(start: str, name: str) -> str:
    """``from harness import case`` imports a module, ``from harness.case import Case`` something of one."""
    folder = ROOT / Path(*start.split("."))
    return f"{start}.{name}" if (folder / f"{name}.py").exists() or (folder / name).is_dir() else start


def place(path: Path, line: int) -> str:
    return f"{path.relative_to(ROOT)}:{line}"


def unit(name: str) -> str:
    """``harness.verbs.compare`` lives in ``verbs``; the package itself has no name."""
    return name.split(".")[1] if "." in name else ""


@cache
def tracked() -> tuple[Path, ...]:
    """Files that git has or would add."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout: nothing says which files belong to it")
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True, text=True).stdout
    return tuple(ROOT / name for name in sorted(set(listed.split("\0"))) if name and (ROOT / name).is_file())


def modules() -> list[Path]:
    return [path for path in sources("harness") if unit(module_name(path)) not in ("", "worker")]


def test_every_module_has_a_place() -> None:
    units = {unit(module_name(path)) for path in modules()}
    assert units - set(RANKS) == set(), "give it a line in LAYERS"
    assert set(RANKS) - units == set(), "no such module any more"


def upward_imports(path: Path) -> Iterator[str]:
    own = unit(module_name(path))
    for line, name in imports(path):
        other = unit(name)
        placed = own in RANKS and other in RANKS and name.startswith("harness.")
        if placed and other != own and RANKS[other] <= RANKS[own]:
            yield f"{place(path, line)}: {own} imports {name}, which is not below it"


def test_imports_point_down() -> None:
    assert [problem for path in modules() for problem in upward_imports(path)] == []


def test_nothing_imports_the_worker() -> None:
    found = [
        place(path, line)
        for path in sources("harness", "benchmarks")
        if unit(module_name(path)) != "worker"
        for line, name in imports(path)
        if name.startswith("harness.worker")
    ]
    assert found == []


def test_the_worker_imports_only_the_standard_library_numpy_and_tensorflow() -> None:
    # ``harness_worker`` is the name under which the worker's own folder is loaded.
    allowed = {*sys.stdlib_module_names, "numpy", "tensorflow", "tf_keras", "keras", "harness_worker"}
    found = [
        f"{place(path, line)}: {name}"
        for path in sources("harness/worker")
        for line, name in imports(path)
        if name.split(".")[0] not in allowed and not name.startswith("harness.worker")
    ]
    assert found == []


def cycle(graph: dict[str, set[str]]) -> list[str]:
    """Modules of ``graph`` that import each other in a circle, and what stands between circles; or none."""
    left = dict(graph)
    while True:
        needed = set().union(*left.values()) if left else set()
        ends = [name for name in left if not left[name] & left.keys() or name not in needed]
        if not ends:
            return sorted(left)
        for name in ends:
            del left[name]


def test_no_module_imports_itself_in_a_circle() -> None:
    names = {module_name(path): path for path in modules()}
    graph = {
        name: {other for _, other in imports(path) if other in names and other != name} for name, path in names.items()
    }
    assert cycle(graph) == []


def test_cycle_finds_a_circle() -> None:
    assert cycle({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": set()}) == ["b", "c"]
    assert cycle({"a": {"b"}, "b": set()}) == []


def test_files_are_short() -> None:
    lines = {
        path: len(path.read_text(encoding="utf-8").splitlines()) for path in sources("harness", "tests", "benchmarks")
    }
    assert {str(path.relative_to(ROOT)): count for path, count in lines.items() if count > MOST_LINES} == {}


def test_functions_are_short() -> None:
    found = [
        f"{place(path, line)}: {name} has {count} lines"
        for path in sources("harness", "tests", "benchmarks")
        for line, name, count in source(path).functions
        if count > MOST_LINES_OF_A_FUNCTION
    ]
    assert found == []


def catch_alls(path: Path) -> Iterator[str]:
    in_worker = unit(module_name(path)) == "worker"
    # Whatever a front end raises is an observation, so the worker catches Exception; nobody catches more.
    wide = {"everything", "BaseException"} if in_worker else {"everything", "BaseException", "Exception"}
    for line, kinds in source(path).handlers:
        if wide & set(kinds):
            yield place(path, line)


def test_no_except_catches_everything() -> None:
    paths = sources("harness", "tests", "benchmarks")
    assert [problem for path in paths for problem in catch_alls(path)] == []


def is_command(path: Path) -> bool:
    """Whether the module writes to stdout by right: the command line, or a script of its own."""
    return source(path).is_script or unit(module_name(path)) in ("verbs", "cli")


def writes_to_stdout(path: Path) -> Iterator[str]:
    text = path.read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(text)) if "print" in text or "stdout" in text else ():
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
            if not any(keyword.arg == "file" for keyword in node.keywords):
                yield f"{place(path, node.lineno)}: print"
        elif isinstance(node, ast.Attribute) and node.attr == "stdout" and ast.unparse(node) == "sys.stdout":
            yield f"{place(path, node.lineno)}: sys.stdout"


def test_only_the_command_line_writes_to_stdout() -> None:
    paths = [path for path in modules() if not is_command(path)]
    assert [problem for path in paths for problem in writes_to_stdout(path)] == []


def test_top_level_holds_what_belongs_there() -> None:
    assert {path.relative_to(ROOT).parts[0] for path in tracked()} - TOP_LEVEL == set()


def test_no_file_tells_where_it_was_made() -> None:
    found = []
    for path in tracked():
        text = path.read_bytes().decode("utf-8", errors="replace")
        if not (MACHINE.search(text) or HOST.search(text)):
            continue
        for number, line in enumerate(text.splitlines(), start=1):
            if MACHINE.search(line) or HOST.search(line):
                found.append(f"{place(path, number)}: {line.strip()[:100]}")
    assert found == []


@pytest.mark.parametrize("line", ["see @root@x", "'@work@main@x'", "C=@home@joe@x", "--index_url=x"])
def test_places_are_recognized(line: str) -> None:
    told = line.replace("@", "/").replace("_", "-")
    assert MACHINE.search(told) or HOST.search(told)


@pytest.mark.parametrize("line", ["harness@work@x", "@home@me@x", "docs@root@x", "a simple thing"])
def test_other_words_are_not_places(line: str) -> None:
    told = line.replace("@", "/")
    assert not MACHINE.search(told)
    assert not HOST.search(told)


def test_locks_name_no_host() -> None:
    locks = [ROOT / "requirements.lock", *(PACKAGE / "releases").rglob("*.txt")]
    assert [place(path, 1) for path in locks if "://" in path.read_text(encoding="utf-8")] == []


def test_every_scenario_points_editors_at_the_schema() -> None:
    found = sorted((ROOT / "scenarios").rglob("*.yaml"))
    assert found
    for path in found:
        first = path.read_text(encoding="utf-8").splitlines()[0]
        match = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", first)
        assert match, f"{place(path, 1)}: the first line must name the schema"
        assert (path.parent / match[1]).resolve() == ROOT / "scenarios" / "schema.json", place(path, 1)


def test_decisions_are_numbered_and_say_their_consequences() -> None:
    found = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert [path.name[:4] for path in found] == [f"{number:04}" for number in range(1, len(found) + 1)]
    for path in found:
        text = path.read_text(encoding="utf-8")
        assert re.match(rf"# {path.name[:4]}\b", text), place(path, 1)
        assert all(f"\n## {heading}\n" in text for heading in ("Context", "Choice", "Consequences")), place(path, 1)


def test_no_test_imports_from_a_file_of_tests() -> None:
    # What two of them need has a module of its own: a file of tests hides who uses it.
    importing = re.compile(r"^\s*(?:from|import) tests\.(?:\w+\.)*test_\w+", re.MULTILINE)
    found = [path.name for path in (ROOT / "tests").rglob("*.py") if importing.search(path.read_text(encoding="utf-8"))]
    assert found == []
