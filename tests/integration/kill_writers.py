"""Kill 20 writers of one golden file at random moments; after each, the file must be one of the two written.

A process of its own, because it forks: usage ``python -m tests.integration.kill_writers FOLDER``.
"""

import os
import random
import signal
import sys
import time
from pathlib import Path

from harness.golden import GoldenFile, locked, read, write
from tests.unit.golden.samples import golden_of

VALUES = (golden_of(1.0, 2.0, size=600), golden_of(2.0, 3.0, size=600), golden_of(4.0))


def write_for_ever(root: Path) -> None:
    while True:
        for golden in VALUES:
            with locked(root):
                write(root, golden)


def kill_one(root: Path, after: float) -> GoldenFile | None:
    child = os.fork()
    if child == 0:
        write_for_ever(root)
    time.sleep(after)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with locked(root):
        return read(root, "flags/x")


def main() -> None:
    root = Path(sys.argv[1])
    draw = random.Random(1)
    write(root, VALUES[0])
    left = [kill_one(root, draw.uniform(0.001, 0.02)) for _ in range(20)]
    assert all(golden in VALUES for golden in left)
    # What a kill leaves must not stop the next writer.
    for golden in VALUES:
        write(root, golden)
        assert read(root, "flags/x") == golden
    names = sorted(path.name for path in root.rglob("*") if path.is_file())
    assert names == ["x.json"], names
    print(len(left), len({str(golden) for golden in left}))


if __name__ == "__main__":
    main()
