"""The part of a picture that a training sample shows."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch
from PIL import Image

from place_core.training.data import View, choose_view, view_image, view_labels


def numbered_picture(width, height, seed=0):
    """A picture that shows each pixel's label as its color, and the label map."""
    generator = np.random.default_rng(seed)
    labels = torch.from_numpy(generator.integers(0, 182, (height, width)).astype(np.int16))
    return Image.fromarray(color_of(labels).numpy()), labels


def color_of(labels):
    return torch.stack([labels, 255 - labels, (labels * 7) % 256], -1).to(torch.uint8)


@pytest.mark.parametrize("seed", range(20))
def test_picture_and_map_show_the_same_after_random_crops_and_flips(seed):
    rng = random.Random(seed)
    size = rng.randint(5, 90), rng.randint(5, 90)
    image, labels = numbered_picture(*size, seed)
    view = choose_view(size, (rng.randint(1, 9), rng.randint(1, 9)), rng, crop=True, flip=True)
    resolution = view.width, view.height
    shown = ((view_image(image, view, resolution) + 1) * 127.5).round().to(torch.uint8)
    assert torch.equal(shown.permute(1, 2, 0), color_of(view_labels(labels, view)))


def test_a_flip_turns_image_and_map_alike():
    image, labels = numbered_picture(6, 4)
    plain, turned = (View(1, 1, 4, 3, flip) for flip in (False, True))
    assert torch.equal(view_labels(labels, turned), labels[1:4, 1:5].flip(-1))
    for resolution in [(4, 3), (8, 6), (2, 2)]:
        assert torch.equal(
            view_image(image, turned, resolution), view_image(image, plain, resolution).flip(-1)
        )


def test_the_map_keeps_its_own_pixels_where_the_picture_is_resized():
    image, labels = numbered_picture(40, 30)
    view = choose_view((40, 30), (512, 512), random.Random(0), crop=False, flip=False)
    assert view_image(image, view, (512, 512)).shape == (3, 512, 512)
    assert torch.equal(view_labels(labels, view), labels[:, 5:35])
    assert view_labels(labels, view).dtype == torch.int16


def test_a_resolution_is_width_then_height():
    image, _ = numbered_picture(40, 30)
    assert view_image(image, View(0, 0, 40, 30, False), (64, 48)).shape == (3, 48, 64)


def test_a_resized_window_shows_what_lies_in_it():
    picture = np.zeros((64, 64, 3), np.uint8)
    picture[:, 32:] = 255
    shown = view_image(Image.fromarray(picture), View(24, 8, 16, 16, False), (32, 32))
    # The border lies in the middle; Lanczos reaches 6 of these pixels to either side of it.
    assert torch.equal(shown[..., :10], torch.full((3, 32, 10), -1.0))
    assert torch.equal(shown[..., 22:], torch.ones(3, 32, 10))


def test_pixels_range_from_minus_one_to_one():
    picture = np.array([[[0, 0, 0], [255, 255, 255], [51, 102, 204]]], np.uint8)
    shown = view_image(Image.fromarray(picture), View(0, 0, 3, 1, False), (3, 1))
    expected = torch.tensor([[-1.0, -1, -1], [1, 1, 1], [-0.6, -0.2, 0.6]])
    assert shown.dtype == torch.float32
    torch.testing.assert_close(shown[:, 0].T, expected)


@pytest.mark.parametrize(
    ("size", "resolution", "window"),
    [
        ((640, 480), (512, 512), (80, 0, 480, 480)),
        ((480, 640), (512, 512), (0, 80, 480, 480)),
        ((640, 480), (768, 512), (0, 26, 640, 427)),
        ((500, 375), (640, 480), (0, 0, 500, 375)),
        ((1000, 1), (512, 512), (499, 0, 1, 1)),
        ((3, 1000), (1024, 1), (0, 499, 3, 1)),
        ((1, 1), (512, 768), (0, 0, 1, 1)),
    ],
)
def test_an_uncropped_view_is_the_largest_window_in_the_middle(size, resolution, window):
    view = choose_view(size, resolution, random.Random(0), crop=False, flip=False)
    assert (view.left, view.top, view.width, view.height) == window
    assert not view.flip


def test_every_window_lies_inside_and_fills_one_side():
    rng = random.Random(3)
    for _ in range(2000):
        size, resolution = [(rng.randint(1, 99), rng.randint(1, 99)) for _ in range(2)]
        view = choose_view(size, resolution, rng, crop=True, flip=True)
        assert 0 <= view.left <= size[0] - view.width
        assert 0 <= view.top <= size[1] - view.height
        assert view.width == size[0] or view.height == size[1]
        assert min(view.width, view.height) >= 1
        # The other side misses the exact ratio by half a pixel at most, one pixel always stays.
        error = abs(view.width * resolution[1] - view.height * resolution[0])
        assert 2 * error <= max(resolution) or 1 in (view.width, view.height)


def test_random_crops_reach_both_ends_and_repeat_with_their_seed():
    def draw(seed):
        rng = random.Random(seed)
        return [choose_view((12, 8), (1, 1), rng, crop=True, flip=True) for _ in range(200)]

    views = draw(1)
    assert {view.left for view in views} == set(range(5))
    assert {view.top for view in views} == {0}
    assert 60 < sum(view.flip for view in views) < 140
    assert views == draw(1) != draw(2)


def test_nothing_is_flipped_unless_asked():
    rng = random.Random(0)
    views = [choose_view((12, 8), (1, 1), rng, crop=True, flip=False) for _ in range(50)]
    assert not any(view.flip for view in views)


@pytest.mark.parametrize(("size", "resolution"), [((0, 5), (8, 8)), ((5, 5), (8, 0))])
def test_an_empty_size_is_an_error(size, resolution):
    with pytest.raises(ValueError, match="must be 1 or more"):
        choose_view(size, resolution, random.Random(0), crop=True, flip=True)
