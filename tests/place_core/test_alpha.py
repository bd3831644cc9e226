"""The fusion weight α."""

from __future__ import annotations

import math

import pytest
import torch

from place_core.alpha import (
    SCHEDULES,
    AlphaHeads,
    FusionSettings,
    constant,
    cosine,
    learned_alpha,
    linear,
)


def heads(layers=2, width=4):
    return AlphaHeads(
        tuple(f"layer.{i}" for i in range(layers)),
        torch.arange(layers * width).view(layers, width) / 10,
        torch.tensor([0.5, -0.5][:layers]),
    )


def test_learned_alpha_is_the_sigmoid_of_an_affine_map_of_the_time_embedding():
    alpha = learned_alpha(heads(), torch.tensor([[1.0, 0, 0, 0], [0, 0, 0, 1.0]]))
    expected = [[0.0 + 0.5, 0.3 + 0.5], [0.4 - 0.5, 0.7 - 0.5]]
    torch.testing.assert_close(alpha, torch.tensor(expected).sigmoid())


def test_learned_alpha_is_float32_for_a_half_precision_model():
    assert learned_alpha(heads(), torch.zeros(1, 4, dtype=torch.float16)).dtype == torch.float32


@pytest.mark.parametrize("name", SCHEDULES)
def test_schedules_stay_in_range_and_never_rise(name):
    values = [SCHEDULES[name](i / 50) for i in range(51)]
    assert all(0 <= v <= 1 for v in values)
    assert values == sorted(values, reverse=True)


def test_schedules_have_their_closed_forms():
    assert [constant(0.3), linear(0.3)] == [1.0, 0.7]
    assert cosine(0.5) == pytest.approx(0.5)
    assert cosine(0.25) == pytest.approx((1 + math.sqrt(0.5)) / 2)


def test_settings_use_the_heads_where_there_are_some_and_the_schedule_elsewhere():
    embedding = torch.zeros(3, 4)
    learned = FusionSettings(heads(), strength=0.5).alpha(0.3, embedding)
    torch.testing.assert_close(learned, 0.5 * learned_alpha(heads(), embedding))
    scheduled = FusionSettings(schedule=linear, strength=0.5).alpha(0.3, embedding)
    torch.testing.assert_close(scheduled, torch.full((1, 3), 0.35))


def test_a_curve_outside_of_its_range_is_clipped():
    settings = FusionSettings(schedule=lambda progress: 4 * progress - 1)
    assert [settings.alpha(p, torch.zeros(1, 4)).item() for p in (0.0, 0.375, 1.0)] == [0, 0.5, 1]


@pytest.mark.parametrize("values", [{"strength": 1.5}, {"strength": -0.1}])
def test_a_strength_out_of_range_is_refused(values):
    with pytest.raises(ValueError, match="strength must be in 0..1"):
        FusionSettings(**values)


def test_a_range_that_ends_before_it_starts_is_refused():
    with pytest.raises(ValueError, match=r"start_percent 0.7 and end_percent 0.2"):
        FusionSettings(start=0.7, end=0.2)


@pytest.mark.parametrize(
    ("weight", "bias", "message"),
    [
        (torch.zeros(3, 4), torch.zeros(2), "2 layers need weights"),
        (torch.zeros(2, 4), torch.zeros(3), "2 layers need biases"),
        (torch.full((2, 4), torch.nan), torch.zeros(2), "NaN"),
    ],
)
def test_impossible_heads_are_refused(weight, bias, message):
    with pytest.raises(ValueError, match=message):
        AlphaHeads(("a", "b"), weight, bias)
