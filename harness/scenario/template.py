"""The commented scenario to start from."""

from __future__ import annotations

from pathlib import Path


def template() -> str:
    """Its text; ``SCHEMA`` stands where the path of the schema belongs."""
    return (Path(__file__).parent / "template.yaml").read_text(encoding="utf-8")
