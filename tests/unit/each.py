"""Tables of small checks as one test: making a test of every row takes pytest longer than the checks themselves."""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from types import TracebackType
from typing import Any, TypeAlias

import pytest

Test: TypeAlias = Callable[..., None]


class _Row:
    """What one row ends with, kept instead of raised: the rows after it are checked as well."""

    def __init__(self, arguments: Mapping[str, Any]) -> None:
        self.arguments = arguments
        self.failure: str | None = None

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if not isinstance(error, Exception | pytest.fail.Exception):
            return False
        told = ", ".join(f"{name}={value!r}" for name, value in self.arguments.items())
        assert trace is not None
        self.failure = f"{told}\n{''.join(traceback.format_exception(kind, error, trace.tb_next))}"
        return True


def each(names: str, rows: Iterable[Any]) -> Callable[[Test], Test]:
    """Check every row of a table in one test, which tells all rows that fail.

    As ``pytest.mark.parametrize``, but for one difference: fixtures are made once, for all rows together.

    Args:
        names: of the test's arguments that a row gives, with commas between them.
        rows: a value for each of the names; where there is one name, the value itself.
    """
    given = [name.strip() for name in names.split(",")]
    table = [dict(zip(given, row if len(given) > 1 else (row,), strict=True)) for row in rows]
    assert table

    def decorated(test: Test) -> Test:
        @wraps(test)
        def checked(**fixtures: Any) -> None:
            failures = []
            for arguments in table:
                row = _Row(arguments)
                with row:
                    test(**fixtures, **arguments)
                if row.failure is not None:
                    failures.append(row.failure)
            if failures:
                pytest.fail(f"{len(failures)} of {len(table)} rows\n\n" + "\n".join(failures), pytrace=False)

        signature = inspect.signature(test)
        left = [one for name, one in signature.parameters.items() if name not in given]
        checked.__signature__ = signature.replace(parameters=left)  # type: ignore[attr-defined]
        return checked

    return decorated
