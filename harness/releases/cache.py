"""Where what can be made again is kept."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def cache_root() -> Path:
    """HARNESS_CACHE, else a folder in the platform's cache directory."""
    chosen = os.environ.get("HARNESS_CACHE")
    if chosen:
        return Path(chosen).expanduser().absolute()
    if sys.platform == "darwin":
        platform = Path.home() / "Library" / "Caches"
    else:
        platform = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return platform / "batchnorm-harness"
