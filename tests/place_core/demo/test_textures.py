"""Classes can be told apart from small patches, so that a small network can learn them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from place_core.demo.attributes import ATTRIBUTES
from place_core.demo.classes import CLASSES
from place_core.demo.scenes import ALL, render_layout, render_scene

PLAIN = replace(ALL, styles=frozenset({""}))
RADIUS = 2


def features(picture):
    """Mean and spread of color, and how much it changes to the right and down, over 5x5 pixels.

    Returns:
        float ``[H, W, 8]``.
    """
    pixels = picture.astype(np.float32)
    gray = pixels.mean(2)
    across, down = np.zeros_like(gray), np.zeros_like(gray)
    across[:, 1:], down[1:] = np.abs(np.diff(gray, axis=1)), np.abs(np.diff(gray, axis=0))
    mean = averaged(pixels)
    spread = np.sqrt(np.maximum(averaged(pixels**2) - mean**2, 0))
    edges = averaged(np.stack([across, down], axis=2))
    return np.concatenate([mean, 1.5 * spread, 1.5 * edges], axis=2)


def averaged(values):
    size, side = values.shape[:2], 2 * RADIUS + 1
    padded = np.pad(values, ((RADIUS, RADIUS), (RADIUS, RADIUS), (0, 0)), mode="edge")
    shifts = [(y, x) for y in range(side) for x in range(side)]
    return sum(padded[y : y + size[0], x : x + size[1]] for y, x in shifts) / side**2


def patches(seeds, count):
    """Features of ``count`` random pixels of each class in each scene, and their classes."""
    rng = np.random.RandomState(0)
    found, classes = [], []
    for seed in seeds:
        scene = render_scene(seed, vocabulary=PLAIN)
        values = features(scene.picture)
        for class_id in scene.words:
            places = np.argwhere(scene.labels == class_id)
            chosen = places[rng.randint(len(places), size=count)]
            found.append(values[chosen[:, 0], chosen[:, 1]])
            classes += [class_id] * count
    return np.concatenate(found), np.array(classes)


def test_the_most_alike_known_patch_tells_the_class_of_most_patches():
    known, known_classes = patches(range(200), 10)
    unknown, classes = patches(range(1000, 1050), 6)
    distances = (known**2).sum(1)[None] - 2 * unknown @ known.T
    guessed = known_classes[distances.argmin(1)]
    recalls = [np.mean(guessed[classes == c.id] == c.id) for c in CLASSES]
    chance = 1 / len(CLASSES)
    assert np.mean(recalls) > 10 * chance
    assert min(recalls) > 2 * chance


def test_mean_patches_of_looks_already_tell_classes_better_than_chance():
    labels = [np.full((64, 64), c.id, np.int16) for c in CLASSES]
    looks = [(c, look) for c in CLASSES for look in ATTRIBUTES[c.id]]

    def described(seed):
        return [
            features(render_layout(labels[c.id], {c.id: f"{c.name} {look}"}, seed=seed))
            for c, look in looks
        ]

    centers = np.stack([values.mean((0, 1)) for values in described(1)])
    right = []
    for (c, _), values in zip(looks, described(2), strict=True):
        places = values[4:-4:6, 4:-4:6].reshape(-1, 1, values.shape[2])
        nearest = ((places - centers[None]) ** 2).sum(2).argmin(1)
        right.append(np.mean([looks[i][0] is c for i in nearest]))
    assert np.mean(right) > 10 / len(CLASSES)


@pytest.mark.parametrize("class_id", ATTRIBUTES)
def test_looks_of_a_class_differ_in_color(class_id):
    labels = np.full((64, 64), class_id, np.int16)
    name = CLASSES[class_id].name
    colors = [
        np.asarray(
            Image.fromarray(render_layout(labels, {class_id: f"{look} {name}"})).resize((1, 1))
        )
        for look in ATTRIBUTES[class_id]
    ]
    for i, one in enumerate(colors):
        for other in colors[:i]:
            assert np.abs(one.astype(int) - other).max() >= 5
