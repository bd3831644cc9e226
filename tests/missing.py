"""What a machine does not have: its tests are skipped, and the end of the run says so."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NoReturn

import pytest


def missing(what: str) -> NoReturn:
    """Skip a test, and say what to do; where `CI` is set, fail: nobody reads what was skipped."""
    if os.environ.get("CI"):
        pytest.fail(f"{what} (CI is set, so this is no skip)")
    pytest.skip(what)


def optional_path(variable: str, what: str) -> Path:
    """A path that `python3 tools test` provides if it can."""
    if variable not in os.environ:
        missing(f"{what} is not here: run python3 tools test where it can be downloaded")
    return Path(os.environ[variable])


def not_run(skipped: Iterable[Any]) -> list[str]:
    """A line for each reason for which tests were skipped, from pytest's reports of them."""
    reasons = Counter(report.longrepr[2].removeprefix("Skipped: ") for report in skipped)
    return [f"{count} test{'s' * (count > 1)}: {why}" for why, count in reasons.most_common()]
