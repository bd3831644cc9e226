"""Fréchet distance of two sets of features."""

from __future__ import annotations

import pytest
import torch

from place_core.evaluation.frechet import frechet_distance


@pytest.fixture
def features():
    torch.manual_seed(0)
    return torch.randn(400, 6) @ torch.randn(6, 6)


def test_a_set_has_no_distance_to_itself(features):
    assert frechet_distance(features, features) == pytest.approx(0, abs=1e-6)


def test_it_is_the_formula_for_one_feature(features):
    """``(μ₁ − μ₂)² + (σ₁ − σ₂)²``."""
    one, other = features[:150, :1], 3 * features[150:, :1] + 2
    means = one.mean() - other.mean()
    expected = means**2 + (one.std() - other.std()) ** 2
    assert frechet_distance(one, other) == pytest.approx(expected.item(), rel=1e-5)


def test_it_is_the_formula_for_features_that_vary_together(features):
    """Against the root of a matrix by its eigenvectors."""
    one, other = features[:150].double(), features[150:].double() * torch.arange(1, 7) + 1
    a, b = one.T.cov(), other.T.cov()
    values, vectors = torch.linalg.eigh(a)
    root = vectors @ values.sqrt().diag() @ vectors.T
    shared = torch.linalg.eigvalsh(root @ b @ root).sqrt().sum()
    expected = (one.mean(0) - other.mean(0)).square().sum() + a.trace() + b.trace() - 2 * shared
    assert frechet_distance(one, other) == pytest.approx(expected.item(), rel=1e-6)


def test_it_is_the_same_both_ways(features):
    one, other = features[:100], features[100:] + 0.3
    assert frechet_distance(one, other) == pytest.approx(frechet_distance(other, one), rel=1e-6)


def test_a_shift_adds_its_square(features):
    assert frechet_distance(features, features + 2) == pytest.approx(6 * 4, rel=1e-5)


def test_fewer_pictures_than_features_still_give_a_number():
    torch.manual_seed(1)
    one, other = torch.randn(20, 64), torch.randn(25, 64)
    assert frechet_distance(one, one) == pytest.approx(0, abs=1e-4)
    distance = frechet_distance(one, other)
    assert distance > 0 and distance == pytest.approx(frechet_distance(other, one), rel=1e-5)


def test_one_picture_has_no_spread():
    with pytest.raises(ValueError, match="two pictures"):
        frechet_distance(torch.zeros(1, 3), torch.zeros(5, 3))
