"""What is valid and yet says less than it should: named rules over scenario files, one module each."""

from harness.lint.rules import RULES
from harness.lint.run import Linted, lint
from harness.lint.shelf import Shelf, shelf

__all__ = ["RULES", "Linted", "Shelf", "lint", "shelf"]
