"""What goes wrong with data sets."""

from __future__ import annotations


class DataError(ValueError):
    """A data set that cannot be used at all."""


class Unreadable(ValueError):
    """One file that cannot be used; the message names it and says why."""
