"""What `compare` costs beyond importing TensorFlow: ratios of runs that alternate within one session.

Machines differ and drift, so nothing here is judged in absolute seconds: every round times the bare
``import tensorflow`` in as many parallel processes as ``compare`` starts, and then ``compare`` itself.

    python benchmarks/bench.py [--rounds N] [--mix NAME]
    python benchmarks/bench.py --releases [SCENARIO...]
    python benchmarks/bench.py --shipped

The second measures ``compare`` over every TensorFlow minor whose environment is there, against importing each
of them bare, as many at once as ``compare`` has targets: for the scenarios that tell ``tf1`` from ``keras`` or pin
one rule each, which the promise is about, unless others are named.

The third measures ``compare`` over every shipped scenario on the installed release; those that compile a model, which
TensorFlow takes its own time for, apart from the others.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tabulate import tabulate

from harness.campaign import at_once
from harness.execution.plan import installed_interpreter, worker_specs
from harness.releases.environment import find
from harness.releases.selection import resolve
from harness.scenario import find as find_scenarios
from harness.scenario import load_all
from harness.steps import Compile

RUNNERS = ("tf1", "keras")
SCENARIO = """\
title: Benchmark {name}
why: Generated load.
input: {{random: normal, seed: 0, shape: [8, 4], loc: 3}}
initializers: {{beta: 1, gamma: 2, moving_mean: 0, moving_variance: 1}}
layer: {{momentum: 0.9, epsilon: 0.001}}
training: true
steps: 2
sweep:
  layer.momentum: [{momenta}]
  input.seed: [{seeds}]
"""


@dataclass(frozen=True, kw_only=True)
class Mix:
    """Generated cases, and the ratio that the product promises to stay under."""

    structures: int
    values: int
    target: float

    @property
    def name(self) -> str:
        """``200 cases of 20 structures``."""
        return f"{self.structures * self.values} cases of {self.structures} structures"

    def write(self, folder: Path) -> None:
        """Write the scenario file of this mix."""
        momenta = ", ".join(f"{0.5 + index * 0.001:.3f}" for index in range(self.structures))
        seeds = ", ".join(map(str, range(self.values)))
        (folder / "bench.yaml").write_text(SCENARIO.format(name=self.name, momenta=momenta, seeds=seeds))


PROMISED = (
    "flags/seed-article",
    "flags/frozen-by-rank",
    "flags/training-omitted",
    "layouts/axis-first-last",
    "numerics/dtypes",
    "numerics/empty-batch",
    "numerics/non-finite",
    "numerics/tiny-variance",
    "options/center-scale",
    "options/fused",
    "statistics/momentum",
    "statistics/one-value-per-channel",
    "statistics/zero-variance",
)
"""The scenarios that ``--releases`` has a target for."""

MIXES = {
    "shared": Mix(structures=20, values=10, target=1.3),
    "large": Mix(structures=100, values=10, target=2.6),
    "different": Mix(structures=200, values=1, target=1.9),
}


@dataclass(frozen=True, kw_only=True)
class Cost:
    """Wall and CPU seconds of a command with all its children, and the largest process in MiB."""

    wall: float
    cpu: float
    peak: float


def cost(commands: list[list[str]], folder: Path) -> Cost:
    """Run commands in parallel.

    Peak memory is the largest process so far, of this whole benchmark: the kernel keeps no less.
    """
    before, began = children_cpu(), time.monotonic()
    environment = {**os.environ, "CUDA_VISIBLE_DEVICES": "-1", "PYTHONDONTWRITEBYTECODE": ""}
    processes = [
        subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for command in commands
    ]
    codes = [process.wait() for process in processes]
    wall = time.monotonic() - began
    if any(codes):
        raise SystemExit(f"{commands[0]} ended with {codes}")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return Cost(wall=wall, cpu=children_cpu() - before, peak=peak / 1024)


def children_cpu() -> float:
    """CPU seconds of all ended processes below this one."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measure(mix: Mix, rounds: int) -> list[str]:
    """One row of the report: the medians over alternating rounds."""
    specs = worker_specs(installed_interpreter(Path(sys.executable)), RUNNERS, device="cpu", threads=1)
    bare = [[sys.executable, "-c", "import tensorflow"]] * len(specs)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "scenarios").mkdir()
        mix.write(folder / "scenarios")
        harness = [sys.executable, "-m", "harness"]
        cost([[*harness, "record"]], folder)
        pairs = [(cost(bare, folder), cost([[*harness, "compare"]], folder)) for _ in range(rounds)]
    return row(mix.name, pairs, f"{mix.target:.1f}")


def row(name: str, pairs: list[tuple[Cost, Cost]], target: str) -> list[str]:
    """The medians over rounds of bare imports and ``compare``."""
    ratio = statistics.median(compare.wall / imports.wall for imports, compare in pairs)
    return [
        name,
        f"{statistics.median(imports.wall for imports, _ in pairs):.2f}",
        f"{statistics.median(compare.wall for _, compare in pairs):.2f}",
        f"{ratio:.2f}",
        target,
        f"{statistics.median(imports.cpu for imports, _ in pairs):.2f}",
        f"{statistics.median(compare.cpu for _, compare in pairs):.2f}",
        f"{max(compare.peak for _, compare in pairs):.0f}",
    ]


def releases(scenarios: list[str]) -> list[str]:
    """One row: compare over the catalogue's TensorFlow minors against their bare imports."""
    specs = [spec for spec in resolve(["minors"]) if "+" not in spec.name and find(spec)]
    bare = [[str(find(spec).python), "-c", "import tensorflow"] for spec in specs]  # type: ignore[union-attr]
    selected = [word for spec in specs for word in ("--tf", spec.name)]
    compare = [sys.executable, "-m", "harness", "compare", "-q", *(scenarios or PROMISED), *selected]
    with ThreadPoolExecutor(at_once(len(specs))) as pool:
        before, began = children_cpu(), time.monotonic()
        list(pool.map(lambda command: cost([command], Path.cwd()), bare))
        imports, imports_cpu = time.monotonic() - began, children_cpu() - before
    ran = cost([compare], Path.cwd())
    return [
        f"{len(specs)} releases, {at_once(len(specs))} at once",
        f"{imports:.1f}",
        f"{ran.wall:.1f}",
        f"{ran.wall / imports:.2f}",
        "" if scenarios else "1.5",
        f"{imports_cpu:.1f}",
        f"{ran.cpu:.1f}",
        f"{ran.peak:.0f}",
    ]


def shipped(rounds: int) -> list[list[str]]:
    """One row for the shipped scenarios that compile a model, and one for the others."""
    root = Path("scenarios")
    found = load_all(find_scenarios(root), root)
    compiling = {one.name for one in found if any(isinstance(step, Compile) for step in one.cases[0].steps)}
    specs = worker_specs(installed_interpreter(Path(sys.executable)), RUNNERS, device="cpu", threads=1)
    bare = [[sys.executable, "-c", "import tensorflow"]] * len(specs)
    rows = []
    for name, wanted in (("that compile", True), ("of the others", False)):
        part = [one for one in found if (one.name in compiling) is wanted]
        command = [sys.executable, "-m", "harness", "compare", "-q", *(one.name for one in part)]
        pairs = [(cost(bare, Path.cwd()), cost([command], Path.cwd())) for _ in range(rounds)]
        rows.append(row(f"{sum(len(one.cases) for one in part)} shipped cases {name}", pairs, ""))
    return rows


def startup(words: list[str], rounds: int) -> list[str]:
    """One row: a verb that imports no TensorFlow."""
    command = [sys.executable, "-m", "harness", *words]
    costs = [cost([command], Path.cwd()) for _ in range(rounds)]
    wall = statistics.median(one.wall for one in costs)
    return ["harness " + " ".join(words), f"{wall:.2f}", "0.3", f"{statistics.median(one.cpu for one in costs):.2f}"]


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--mix", action="append", choices=MIXES)
    parser.add_argument("--releases", nargs="*", metavar="SCENARIO")
    parser.add_argument("--shipped", action="store_true")
    options = parser.parse_args()
    costs = ["imports s", "compare s", "ratio", "target", "imports CPU s", "compare CPU s", "peak MiB"]
    if options.shipped:
        print(tabulate(shipped(options.rounds), ["compare", *costs], disable_numparse=True))
        return
    if options.releases is not None:
        print(tabulate([releases(options.releases)], ["compare --tf", *costs], disable_numparse=True))
        return
    rows = [measure(MIXES[name], options.rounds) for name in options.mix or MIXES]
    print(tabulate(rows, ["compare", *costs], disable_numparse=True))
    rows = [startup(words, max(5, options.rounds)) for words in (["--help"], ["validate"], ["list"])]
    print()
    print(tabulate(rows, ["start-up", "wall s", "target", "CPU s"], disable_numparse=True))


if __name__ == "__main__":
    main()
