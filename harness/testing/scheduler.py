"""pytest-xdist's way of handing out tests, with each share of the scenarios in one piece."""

from __future__ import annotations

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from harness.testing.shares import scenario_of, shares


class ShareScheduling(LoadScopeScheduling):  # type: ignore[misc] # pytest-xdist is not annotated
    """Hands out the scenarios by share, and every other test by itself, as ``--dist load`` does."""

    def __init__(self, config: pytest.Config, log: Producer | None = None) -> None:
        super().__init__(config, log)
        self._shares: dict[str, int] = {}

    def schedule(self) -> None:
        """Called whenever all workers have collected, for the first time before anything runs."""
        if not self._shares and self.collection_is_completed:
            collected = next(iter(self.registered_collections.values()))
            self._shares = shares(collected, self.numnodes)
        super().schedule()

    def _split_scope(self, nodeid: str) -> str:
        path = scenario_of(nodeid)
        return nodeid if path is None else f"scenarios {self._shares[path]}"
