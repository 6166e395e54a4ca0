"""Which worker of pytest-xdist measures which scenarios: each of them starts TensorFlow, so each gets one share.

Worker and scheduler find the shares apart from each other, out of the ids of the same items.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import PurePath

from harness.sharding import even_shares

SUFFIXES = (".yaml", ".yml")
"""What scenario files end in."""


def scenario_of(node_id: str) -> str | None:
    """The file of a scenario's item; ``None`` where the item is another test."""
    path = node_id.partition("::")[0]
    return path if PurePath(path).suffix in SUFFIXES else None


def shares(node_ids: Sequence[str], workers: int) -> dict[str, int]:
    """A share, from 0, for the file of every scenario: as even as whole files allow, and the same for the same ids.

    Args:
        node_ids: all that run, other tests among them.
        workers: how many shares to make at most.
    """
    sizes = Counter(path for node_id in node_ids if (path := scenario_of(node_id)) is not None)
    return even_shares(sizes, workers)
