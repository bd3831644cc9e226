"""Rendered scenes: always the same, varied, named in words, with maps that fit the pictures."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from place_core.demo.attributes import ATTRIBUTES, is_counted
from place_core.demo.classes import (
    BOAT,
    CLASSES,
    FENCE,
    LIGHTHOUSE,
    MOON,
    PERSON,
    SEA,
    SKY,
    SUN,
    TREE,
)
from place_core.demo.scenes import (
    ALL,
    SEEN,
    Scene,
    render_close_up,
    render_detail,
    render_layout,
    render_scene,
)
from place_core.demo.styles import NIGHT, STYLES
from place_core.demo.vocabulary import (
    HELD_OUT_ATTRIBUTES,
    HELD_OUT_CLASSES,
    HELD_OUT_STYLES,
    Vocabulary,
)
from place_core.layout import VOID

COUNT = 500


@pytest.fixture(scope="module")
def scenes():
    return [render_scene(seed, (96, 96)) for seed in range(COUNT)]


def fingerprint(seeds):
    digest = hashlib.sha256()
    for seed in seeds:
        scene = render_scene(seed)
        for part in (scene.picture.tobytes(), scene.labels.tobytes(), scene.caption.encode()):
            digest.update(part)
    return digest.hexdigest()


def in_style(seed, style):
    return render_scene(seed, vocabulary=replace(ALL, styles=frozenset({style})))


def test_a_seed_gives_the_same_scene_in_every_process():
    code = (
        "import hashlib\n"
        "from place_core.demo.scenes import render_scene\n"
        "digest = hashlib.sha256()\n"
        "for scene in map(render_scene, range(8)):\n"
        "    digest.update(scene.picture.tobytes() + scene.labels.tobytes())\n"
        "    digest.update(scene.caption.encode())\n"
        "print(digest.hexdigest())\n"
    )
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert fingerprint(range(8)) == fingerprint(range(8)) == other.stdout.strip()


def test_seeds_give_different_scenes(scenes):
    assert len({scene.labels.tobytes() for scene in scenes}) == COUNT


@pytest.mark.parametrize(
    "size", [(64, 64), (128, 128), (192, 128), (64, 160), (200, 72), (256, 256)]
)
def test_pictures_and_maps_have_the_size_asked_for(size):
    scene = render_scene(3, size)
    assert scene.picture.shape == (size[1], size[0], 3)
    assert scene.picture.dtype == np.uint8
    assert scene.labels.shape == (size[1], size[0])
    assert scene.labels.dtype == np.int16


def test_words_and_looks_are_those_of_the_visible_classes(scenes):
    for scene in scenes:
        visible = set(np.unique(scene.labels).tolist()) - {VOID}
        assert visible == set(scene.words) == set(scene.attributes)
        assert all(look in ATTRIBUTES[i] for i, look in scene.attributes.items())


def test_words_name_the_class_and_mostly_its_look(scenes):
    told = []
    for scene in scenes:
        for class_id, words in scene.words.items():
            noun = "pe" if class_id == PERSON else CLASSES[class_id].name
            assert noun in words
            told.append(scene.attributes[class_id] in words.split())
    assert 0.8 < np.mean(told) < 0.95


def test_captions_name_the_style_and_most_classes_by_their_words(scenes):
    named = []
    for scene in scenes:
        assert scene.style in scene.caption
        named += [words in scene.caption for words in scene.words.values()]
    assert 0.8 < np.mean(named) < 0.99


def test_captions_begin_in_many_ways(scenes):
    assert len({tuple(scene.caption.split()[:2]) for scene in scenes}) > 50


def test_every_class_look_and_style_occurs_often(scenes):
    classes, looks, styles = Counter(), Counter(), Counter()
    for scene in scenes:
        classes.update(list(scene.words))
        looks.update(scene.attributes.items())
        styles[scene.style] += 1
    assert min(classes[c.id] for c in CLASSES) >= 0.03 * COUNT
    assert min(looks[i, look] for i in ATTRIBUTES for look in ATTRIBUTES[i]) >= 5
    assert min(styles[style] for style in STYLES) >= 0.03 * COUNT


def test_void_is_rare(scenes):
    assert np.mean([np.mean(scene.labels == VOID) for scene in scenes]) < 0.001


def test_the_horizon_is_at_any_height(scenes):
    tops = [np.mean(scene.labels == SKY) for scene in scenes]
    assert np.percentile(tops, 10) < 0.12
    assert np.percentile(tops, 90) > 0.5


def test_words_do_not_tell_the_map(scenes):
    """Where the sea is in one scene says little of where it is in another."""
    seas = [scene.labels == SEA for scene in scenes if SEA in scene.words]
    shares = np.mean(seas, axis=0)
    assert shares.max() < 0.85
    overlaps = [
        (one & other).sum() / (one | other).sum()
        for one, other in zip(seas, seas[1:], strict=False)
    ]
    assert np.mean(overlaps) < 0.4


@pytest.mark.parametrize("class_id", [TREE, FENCE, BOAT, LIGHTHOUSE, PERSON])
def test_thin_parts_carry_their_class(scenes, class_id):
    """Parts of 1 or 2 px: those that a 3x3 opening of the mask removes."""
    thin = []
    for scene in scenes:
        mask = scene.labels == class_id
        if mask.sum() > 60:
            lost = mask & ~opened(mask)
            thin.append(lost.sum() >= 5)
    assert len(thin) > 10
    assert np.mean(thin) > 0.6


def opened(mask):
    """The mask without what is narrower than 3 px."""
    size = mask.shape
    inner, outer = np.pad(mask, 1, mode="edge"), np.zeros((size[0] + 2, size[1] + 2), bool)
    windows = [(slice(y, y + size[0]), slice(x, x + size[1])) for y in range(3) for x in range(3)]
    kept = np.all([inner[window] for window in windows], axis=0)
    for window in windows:
        outer[window] |= kept
    return outer[1:-1, 1:-1]


def test_styles_change_the_picture_and_not_the_map():
    styles = [s for s in STYLES if s]
    for seed in range(5):
        views = [in_style(seed, style) for style in styles if style != NIGHT]
        assert all((view.labels == views[0].labels).all() for view in views)
        assert len({view.picture.tobytes() for view in views}) == len(views)


def test_styles_look_as_they_are_called():
    for seed in range(12):
        assert in_style(seed, "pencil sketch").picture.mean() > 150
        assert in_style(seed, NIGHT).picture.mean() < 120
        old = in_style(seed, "old photograph").picture.astype(int)
        assert (old[..., 0] - old[..., 2]).mean() > 10
        assert len(np.unique(in_style(seed, "pixel art").picture.reshape(-1, 3), axis=0)) <= 20


def test_a_pencil_sketch_is_pale():
    sketches, plain = (
        np.mean([colorfulness(in_style(seed, style)) for seed in range(12)])
        for style in ("pencil sketch", "")
    )
    assert sketches < 0.75 * plain


def colorfulness(scene: Scene) -> float:
    """Mean distance of a pixel's largest and smallest channel."""
    return float(np.ptp(scene.picture.astype(int), axis=2).mean())


def test_there_is_no_sun_at_night():
    assert all(SUN not in in_style(seed, NIGHT).words for seed in range(40))
    assert any(MOON in in_style(seed, NIGHT).words for seed in range(40))


def test_seen_scenes_hold_nothing_of_what_is_held_out():
    assert len(HELD_OUT_CLASSES) == 4
    for seed in range(200):
        scene = render_scene(seed, (64, 64), SEEN)
        assert not set(scene.words) & HELD_OUT_CLASSES
        assert not set(scene.attributes.items()) & HELD_OUT_ATTRIBUTES
        assert scene.style not in HELD_OUT_STYLES


def test_what_is_held_out_exists():
    assert HELD_OUT_CLASSES < ALL.classes
    assert HELD_OUT_ATTRIBUTES < ALL.attributes
    assert HELD_OUT_STYLES < ALL.styles


def test_a_tiny_vocabulary_is_enough():
    only = Vocabulary(
        frozenset({SKY, SEA}), frozenset({(SKY, "clear"), (SEA, "calm")}), frozenset({""})
    )
    scene = render_scene(1, vocabulary=only)
    assert set(scene.attributes.items()) == only.attributes


def test_any_map_can_be_filled_and_its_words_decide_the_colors():
    labels = np.full((96, 128), SKY, np.int16)
    labels[50:, 20:90] = BOAT
    red = render_layout(labels, {BOAT: "red boat"}, seed=4)[55:90, 30:80].mean((0, 1))
    blue = render_layout(labels, {BOAT: "blue boats"}, seed=4)[55:90, 30:80].mean((0, 1))
    assert red[0] > 2 * red[2]
    assert blue[2] > 2 * blue[0]


def test_void_of_a_filled_map_is_gray():
    labels = np.full((64, 64), VOID, np.int16)
    assert (render_layout(labels, {}) == 128).all()


@pytest.mark.parametrize("render", [render_close_up, render_detail])
def test_a_part_of_a_scene_names_what_is_in_it_and_nothing_else(render):
    for seed in range(20):
        scene = render(seed, (96, 64))
        assert scene.picture.shape == (64, 96, 3) and scene.labels.shape == (64, 96)
        visible = set(np.unique(scene.labels).tolist()) - {VOID}
        assert scene.words.keys() == scene.attributes.keys() == visible
        again = render(seed, (96, 64))
        np.testing.assert_array_equal(again.picture, scene.picture)
        assert again.caption == scene.caption


def test_a_close_up_shows_fewer_things_and_larger_ones():
    def classes(render):
        return [len(render(seed).words) for seed in range(40)]

    assert np.mean(classes(render_close_up)) < 0.8 * np.mean(classes(render_scene))


def test_a_detail_is_a_window_of_the_scene_and_shows_a_thing():
    things = []
    for seed in range(20):
        scene, detail = render_scene(seed), render_detail(seed)
        windows = np.lib.stride_tricks.sliding_window_view(scene.picture, detail.picture.shape)
        assert (windows[:, :, 0] == detail.picture).all((2, 3, 4)).any()
        if any(is_counted(i) for i in scene.words):
            things.append(any(is_counted(i) for i in detail.words))
    assert np.mean(things) == 1
