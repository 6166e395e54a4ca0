"""Measures what BatchNormalization does across TensorFlow's history."""

from __future__ import annotations

from typing import TYPE_CHECKING

__version__ = "0.1.0"

__all__ = ["__version__", "check", "exit_code", "report_text"]

# What a test may call, by the module that it is in: importing those takes longer than a short verb may.
_HOMES = {"check": "harness.checking", "exit_code": "harness.compare", "report_text": "harness.report.plain"}

if TYPE_CHECKING:
    from harness.checking import check
    from harness.compare import exit_code
    from harness.report.plain import report_text
else:
    # Out of a type checker's sight, which would take any name for one of these.
    def __getattr__(name: str) -> object:
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        return getattr(import_module(_HOMES[name]), name)
