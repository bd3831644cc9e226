"""What the judge's view of a set of pictures amounts to."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from place_core.demo.classes import BALLOON, BIRD, CLASSES, FENCE, HOUSE, SAND, SEA, SKY, TREE
from place_core.demo.requests import DemoRequest, unseen_scenes
from place_core.demo.scores import Scorer, around_thin_parts
from place_core.demo.segmenter import LOOKS, Judgement, Segmenter
from place_core.demo.styles import STYLES
from place_core.evaluation.request import LayoutRequest
from place_core.layout import VOID, Layout

SIDE = 64


class CodeReader(torch.nn.Module):
    """A judge of pictures whose red is a number of ``LOOKS`` and whose corner's green a style."""

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(()))

    def forward(self, pictures):
        codes = ((pictures + 1) * 127.5).round().long()
        looks = torch.nn.functional.one_hot(codes[:, 0], len(LOOKS)).movedim(-1, 1).float()
        styles = torch.nn.functional.one_hot(codes[:, 1, 0, 0], len(STYLES)).float()
        return Judgement(looks.clamp(min=1e-6).log(), styles, pictures.mean((2, 3)))


def picture(labels, looks, style=""):
    """What shows exactly these classes with these looks. ``[H, W, 3]`` in 0..1."""
    codes = np.zeros((*labels.shape, 3), np.uint8)
    for class_id, look in looks.items():
        codes[labels.numpy() == class_id, 0] = LOOKS.index((class_id, look))
    codes[..., 1] = STYLES.index(style)
    return torch.from_numpy(codes).float() / 255


def wanted(labels, looks, style="", rendered=None):
    layout = Layout(labels[None].to(torch.int16), CLASSES)
    return DemoRequest(LayoutRequest(layout, {}), looks, style, rendered)


def filled(class_id, **parts):
    labels = torch.full((SIDE, SIDE), class_id)
    for name, place in parts.items():
        labels[place] = globals()[name]
    return labels


TOP, MIDDLE, COLUMN = np.s_[:20], np.s_[20:40, 10:40], np.s_[20:, 50:52]


def scene():
    labels = filled(SAND, SKY=TOP, HOUSE=MIDDLE, FENCE=COLUMN)
    return labels, {SAND: "yellow", SKY: "sunset", HOUSE: "red", FENCE: "white"}


def test_what_is_wanted_scores_one():
    labels, looks = scene()
    found = Scorer(CodeReader(), [wanted(labels, looks)]).score([picture(labels, looks)])
    assert (found.iou, found.seen, found.thin, found.looks, found.new_looks) == (1, 1, 1, 1, 1)
    assert math.isnan(found.new) and math.isnan(found.styles) and math.isnan(found.frechet)


def test_seen_and_new_classes_are_told_apart():
    """The balloon is new; half of it is sky in the picture."""
    labels = filled(SKY, BALLOON=np.s_[10:30, 10:30])
    shown = filled(SKY, BALLOON=np.s_[10:20, 10:30])
    looks = {SKY: "clear", BALLOON: "red"}
    found = Scorer(CodeReader(), [wanted(labels, looks)]).score([picture(shown, looks)])
    sky = (SIDE**2 - 400) / (SIDE**2 - 200)
    assert (found.seen, found.new) == (pytest.approx(sky), pytest.approx(1 / 2))
    assert found.iou == pytest.approx((sky + 1 / 2) / 2)


def test_a_lost_fence_costs_thin_structures_more_than_all():
    labels, looks = scene()
    shown = filled(SAND, SKY=TOP, HOUSE=MIDDLE)
    found = Scorer(CodeReader(), [wanted(labels, looks)]).score([picture(shown, looks)])
    sand = SIDE * 44 - 600
    assert found.iou == pytest.approx((1 + 1 + 0 + (sand - 88) / sand) / 4)
    # Near the fence there are sand and sky besides: of 8 columns of what looks like sand, 6 are.
    assert found.thin == pytest.approx((1 + 0 + 6 / 8) / 3)


def test_looks_are_judged_region_by_region():
    labels, looks = scene()
    shown = picture(labels, {**looks, SKY: "stormy", SAND: "red"})
    found = Scorer(CodeReader(), [wanted(labels, looks)]).score([shown])
    assert found.looks == 2 / 4
    # Of these, the red sunset alone is a look that the fine-tuning never saw.
    assert found.new_looks == 0
    assert found.iou == 1


def test_a_look_of_a_new_class_is_new():
    labels = filled(SKY, BALLOON=np.s_[10:30, 10:30])
    looks = {BALLOON: "red"}
    shown = picture(labels, {SKY: "clear", BALLOON: "red"})
    found = Scorer(CodeReader(), [wanted(labels, looks)]).score([shown])
    assert (found.looks, found.new_looks) == (1, 1)


def test_small_regions_have_no_look():
    labels = filled(SKY, BIRD=np.s_[10:17, 10:19])
    found = Scorer(CodeReader(), [wanted(labels, {BIRD: "red"})]).score([picture(labels, {})])
    assert math.isnan(found.looks)


def test_styles_count_where_words_say_one():
    labels, looks = scene()
    requests = [wanted(labels, looks, style) for style in ("night", "pixel art", "pixel art", "")]
    shown = [picture(labels, looks, s) for s in ("night", "pixel art", "night", "night")]
    found = Scorer(CodeReader(), requests).score(shown)
    assert (found.styles, found.new_styles) == (pytest.approx(2 / 3), 1 / 2)


def test_void_does_not_count():
    labels, looks = scene()
    hole = labels.clone()
    hole[45:, :45] = VOID
    shown = labels.clone()
    shown[45:, :45] = TREE
    found = Scorer(CodeReader(), [wanted(hole, looks)]).score(
        [picture(shown, {**looks, TREE: "green"})]
    )
    assert (found.iou, found.thin) == (1, 1)


def test_the_distance_is_to_the_rendered_scenes():
    labels, looks = scene()
    rendered = [
        (255 * picture(filled(c), {c: look})).round().numpy().astype(np.uint8)
        for c, look in ((SEA, "calm"), (SAND, "red"), (TREE, "green"))
    ]
    requests = [wanted(labels, looks, rendered=r) for r in rendered]
    same = [torch.from_numpy(r).float() / 255 for r in rendered]
    assert Scorer(CodeReader(), requests).score(same).frechet == pytest.approx(0, abs=1e-6)
    others = [picture(labels, looks)] * 3
    assert Scorer(CodeReader(), requests).score(others).frechet > 0.005


def test_rendered_scenes_are_judged_once():
    class Counter(CodeReader):
        looked = 0

        def forward(self, pictures):
            self.looked += 1
            return super().forward(pictures)

    labels, looks = scene()
    rendered = (255 * picture(labels, looks)).round().numpy().astype(np.uint8)
    scorer = Scorer(Counter(), [wanted(labels, looks, rendered=rendered)] * 2)
    first, second = (scorer.score([picture(labels, looks)] * 2) for _ in range(2))
    assert first.frechet == second.frechet
    assert scorer.judge.looked == 2 + 2 + 2


def test_a_judge_that_is_not_trained_yet_gives_shares():
    requests = unseen_scenes(2)
    shown = [torch.rand(128, 128, 3) for _ in requests]
    found = Scorer(Segmenter().eval(), requests).score(shown)
    assert 0 <= found.iou <= 1 and 0 <= found.looks <= 1 and found.frechet > 0


def thin(labels):
    return around_thin_parts(labels[None])[0]


def test_a_line_is_thin_and_so_is_what_is_around_it():
    near = thin(filled(SKY, FENCE=np.s_[:, 30]))
    assert near[:, 27:34].all() and int(near.sum()) == 7 * SIDE


@pytest.mark.parametrize(("width", "is_thin"), [(6, True), (7, False)])
def test_thin_is_less_than_seven_pixels(width, is_thin):
    assert bool(thin(filled(SKY, FENCE=np.s_[:, 20 : 20 + width])).any()) == is_thin


def test_large_regions_are_not_thin_up_to_the_edges():
    labels, _ = scene()
    labels[COLUMN] = SAND
    assert not thin(labels).any()


def test_a_line_of_void_is_no_structure():
    """The regions beside it are wide."""
    assert not thin(filled(SKY, VOID=np.s_[:, 30])).any()
