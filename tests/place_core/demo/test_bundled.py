"""The model and the judge that come with the pack do what the model card says."""

from __future__ import annotations

import pytest
import torch

from in_server import tokenizer_folder
from place_core.checkpoint.diffusers_model import load_model
from place_core.demo.bundled import JUDGE, MODEL, load_judge
from place_core.demo.measure import through_vae
from place_core.demo.requests import hand_drawn, unseen_scenes
from place_core.demo.scores import Scorer
from place_core.evaluation.controls import place, plain
from place_core.evaluation.sampling import SamplingSettings, sample_requests
from place_core.pixels import to_unit
from place_core.training.model import PlaceUNet
from place_core.training.tokenizer import load_tokenizer

# Fewer layouts and steps than in the model card, and limits below what was measured there.
COUNT = 24
SETTINGS = SamplingSettings(steps=20)
JUDGE_SEES, VAE_SHOWS = 0.75, 0.68
FOLLOWED, DRAWN_FOLLOWED, WIDE_FOLLOWED = 0.35, 0.28, 0.37
LOOKS_TOLD = 0.8


@pytest.fixture(scope="module")
def judge():
    return load_judge()


@pytest.fixture(scope="module")
def paint():
    """Pictures of the demo model for requests, under a control."""
    model = load_model(MODEL)
    unet = PlaceUNet(model.unet, model.heads).eval()
    tokenizer = load_tokenizer(tokenizer_folder(), None)

    def pictures(requests, control):
        wanted = [r.request for r in requests]
        return sample_requests(model, unet, tokenizer, wanted, control, SETTINGS)

    return pictures


def test_the_files_are_small():
    assert MODEL.stat().st_size < 24e6
    assert JUDGE.stat().st_size < 8e6


def test_the_model_has_heads_and_describes_itself():
    model = load_model(MODEL)
    assert model.heads is not None and len(model.heads.layers) == 7
    assert model.latent_colors is not None


def test_the_judge_sees_rendered_scenes(judge):
    scenes = unseen_scenes(COUNT)
    assert Scorer(judge, scenes).score([to_unit(s.picture) for s in scenes]).iou > JUDGE_SEES


def test_the_vae_keeps_what_the_judge_needs(judge):
    scenes = unseen_scenes(COUNT)
    shown = through_vae(load_model(MODEL).vae, [s.picture for s in scenes])
    assert Scorer(judge, scenes).score(shown).iou > VAE_SHOWS


def test_pictures_follow_their_layouts_and_words(judge, paint):
    scenes = unseen_scenes(COUNT)
    scorer = Scorer(judge, scenes)
    with_layout = scorer.score(paint(scenes, place()))
    without = scorer.score(paint(scenes, plain))
    assert with_layout.iou > FOLLOWED
    assert with_layout.iou > 2 * without.iou
    assert with_layout.looks > LOOKS_TOLD


def test_maps_drawn_by_hand_are_followed(judge, paint):
    drawn = hand_drawn(COUNT)
    assert Scorer(judge, drawn).score(paint(drawn, place())).iou > DRAWN_FOLLOWED


def test_pictures_that_are_not_square_follow_too(judge, paint):
    wide = unseen_scenes(COUNT, ((192, 128),))
    assert Scorer(judge, wide).score(paint(wide, place())).iou > WIDE_FOLLOWED


def test_the_same_seed_gives_the_same_picture(paint):
    first, second = (paint(hand_drawn(1), place())[0] for _ in range(2))
    assert torch.equal(first, second)
