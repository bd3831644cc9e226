"""The timesteps of a run are even, as a whole and in each batch."""

from __future__ import annotations

import pytest
import torch

from place_core.training.timesteps import TIMESTEPS, spread_timesteps


def test_a_run_has_all_timesteps_equally_often():
    found = spread_timesteps(0.3, torch.arange(100 * TIMESTEPS)).bincount(minlength=TIMESTEPS)
    assert len(found) == TIMESTEPS and found.min() >= 97 and found.max() <= 103


@pytest.mark.parametrize("first", [0, 5, 10**6, 10**9])
def test_any_eight_samples_have_every_fifth_of_the_schedule(first):
    fifths = spread_timesteps(0.7, first + torch.arange(8)) // (TIMESTEPS // 5)
    assert set(fifths.tolist()) == {0, 1, 2, 3, 4}


def test_a_sample_has_its_timestep_whatever_is_beside_it():
    together = spread_timesteps(0.7, torch.arange(12).view(3, 4))
    assert together.shape == (3, 4) and together.dtype == torch.int64
    assert int(spread_timesteps(0.7, torch.tensor(6))) == int(together[1, 2])
