"""The learning rate over a run."""

from __future__ import annotations

import pytest

from place_core.training.learning_rate import rate_share


def test_it_rises_evenly_and_stays():
    shares = [rate_share(step, 100, 3, cosine=False) for step in range(6)]
    assert shares == pytest.approx([0.25, 0.5, 0.75, 1, 1, 1])


def test_it_falls_to_a_tenth():
    shares = [rate_share(step, 100, 10, cosine=True) for step in range(10, 101)]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] == 1 and shares[45] == pytest.approx(0.55) and shares[-1] == pytest.approx(0.1)


def test_a_run_of_one_step_has_a_rate():
    assert rate_share(0, 1, 0, cosine=True) == 1
