"""What goes wrong with an evaluation."""

from __future__ import annotations


class EvaluationError(RuntimeError):
    """An evaluation that cannot go on; the message says what to do."""
