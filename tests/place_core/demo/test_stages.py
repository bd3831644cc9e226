"""The stages of the demo model, in a few steps each."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from in_server import tokenizer_folder
from place_core.checkpoint.describe import describe
from place_core.checkpoint.diffusers_model import Model, load_model, save_ldm
from place_core.checkpoint.model_config import VELOCITY
from place_core.demo import __main__ as demo
from place_core.demo import pool as pool_module
from place_core.demo.__main__ import BASE, JUDGE, STAGES
from place_core.demo.autoencoder import components_of, crops, decoder_loss, train_decoder
from place_core.demo.base import encode_pool, train_base
from place_core.demo.bundled import load_judge, save_network
from place_core.demo.bundled_base import load_base
from place_core.demo.finetune import (
    DETAILS,
    SCENES,
    write_captioned,
    write_config,
    write_pairs,
)
from place_core.demo.model import LATENT_CHANNELS, as_tensor, new_text_encoder, new_unet
from place_core.demo.pool import DETAIL_POOL, UNKNOWN, look_labels, render_pool
from place_core.demo.recipe import CPU, Training
from place_core.demo.scenes import ALL, render_close_up, render_scene
from place_core.demo.segmenter import CLASS_OF_LOOK, LOOKS, Segmenter
from place_core.demo.segmenter_training import segmenter_loss, train_segmenter
from place_core.demo.styles import STYLES
from place_core.layout import VOID
from place_core.training.config import read_config
from place_core.training.data import open_captioned, paired
from place_core.training.tokenizer import load_tokenizer

PICTURES = 40
FEW = Training(steps=2, batch=8, rate=1e-3)


@pytest.fixture(scope="module")
def tokenizer():
    return load_tokenizer(tokenizer_folder(), None)


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    return tmp_path_factory.mktemp("work")


@pytest.fixture(scope="module")
def pool(work):
    return render_pool(work, PICTURES)


@pytest.fixture(scope="module")
def components(pool):
    return components_of(pool)


@pytest.fixture(scope="module")
def autoencoder(work, pool, components):
    return train_decoder(components, pool, work, training=FEW)


@pytest.fixture(scope="module")
def judge(work, pool):
    return train_segmenter(pool, work, training=replace(FEW, batch=2))


@pytest.fixture(scope="module")
def scenes(work, pool, components, tokenizer):
    return encode_pool(components, tokenizer, pool, work)


@pytest.fixture(scope="module")
def details(work, components, tokenizer):
    folder = work / "pool_details"
    return encode_pool(components, tokenizer, render_pool(folder, PICTURES, DETAIL_POOL), folder)


# --- The pool -----------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [6, 35])
def test_a_picture_of_the_pool_is_a_scene_or_a_close_up(pool, number):
    scene = (render_close_up if number % 2 else render_scene)(number)
    assert (pool.pictures[number] == scene.picture).all()
    assert (pool.looks[number] == look_labels(scene)).all()
    assert STYLES[pool.styles[number]] == scene.style
    assert pool.captions[number] == scene.caption


def test_a_pool_is_read_where_it_was_rendered(work, pool, monkeypatch):
    def fail(kind, numbers):
        raise AssertionError("rendered again")

    monkeypatch.setattr(pool_module, "_render", fail)
    again = render_pool(work, PICTURES)
    assert (again.pictures == pool.pictures).all() and again.captions == pool.captions


def test_rendering_goes_on_where_it_was_stopped(tmp_path, pool):
    render_pool(tmp_path, PICTURES)
    progress = tmp_path / "pool.json"
    progress.unlink()
    (tmp_path / "pictures.npy").unlink()
    again = render_pool(tmp_path, PICTURES)
    assert (again.pictures == pool.pictures).all() and (again.looks == pool.looks).all()


def test_images_are_those_of_the_numbers(pool):
    assert torch.equal(pool.images([3, 1]), as_tensor([pool.pictures[3], pool.pictures[1]]))


# --- The VAE and the base -----------------------------------------------------------------------


def test_the_decoder_is_read_where_it_was_trained(work, pool, components, autoencoder):
    again = train_decoder(components, pool, work, training=FEW)
    assert all(map(torch.equal, again.parameters(), autoencoder.parameters()))


def test_crops_depend_on_the_step_only(pool):
    assert torch.equal(crops(pool, 3, 8), crops(pool, 3, 8))
    assert not torch.equal(crops(pool, 3, 8), crops(pool, 4, 8))
    assert crops(pool, 0, 8).shape == (8, 3, 64, 64)


def test_the_decoders_loss_grows_with_wrong_latents(pool, components, autoencoder):
    pictures = crops(pool, 0, 8)
    latents = components.encode(pictures, LATENT_CHANNELS)
    right = decoder_loss(autoencoder.decoder, latents, pictures, 0)
    wrong = decoder_loss(autoencoder.decoder, latents.flip(0), pictures, 0)
    assert wrong > right + 0.1


def test_the_pool_is_encoded_with_its_captions(scenes, autoencoder, tokenizer, pool):
    with torch.no_grad():
        latents = autoencoder.encode(pool.images([7])).latents[0]
    # In half precision.
    assert (scenes.latents[7].float() - latents).abs().max() < 0.01
    assert torch.equal(scenes.tokens[7], tokenizer.encode_caption(pool.captions[7]))


def test_an_encoded_pool_is_read_where_it_was_encoded(work, pool, scenes):
    again = encode_pool(None, None, pool, work)
    assert torch.equal(again.latents, scenes.latents)
    assert torch.equal(again.tokens, scenes.tokens)


def test_the_base_learns_details_and_scenes(details, scenes):
    assert details.latents.shape == (PICTURES, LATENT_CHANNELS, 8, 8)
    assert scenes.latents.shape == (PICTURES, LATENT_CHANNELS, 16, 16)


def test_the_base_predicts_the_velocity(autoencoder):
    described = describe(new_unet(), autoencoder, new_text_encoder())
    assert described.unet.prediction == VELOCITY


def test_the_base_becomes_a_file_that_loads(work, autoencoder, scenes, details, tokenizer):
    unet, text_encoder = train_base(scenes, details, tokenizer, work, training=FEW)
    path = work / "base.safetensors"
    save_ldm(Model(unet, autoencoder, text_encoder), path, {}, torch.float16)
    # The limit of the repository, with room for the heads.
    assert path.stat().st_size < 24e6
    model = load_model(path)
    latents = torch.randn(1, LATENT_CHANNELS, 16, 16)
    context = model.text_encoder(torch.full((1, 77), 49407)).last_hidden_state
    arguments = (latents, torch.tensor([500]))
    with torch.no_grad():
        found = model.unet(*arguments, context).sample
        own = text_encoder(torch.full((1, 77), 49407)).last_hidden_state
        torch.testing.assert_close(found, unet(*arguments, own).sample, atol=0.05, rtol=0)


def test_the_bases_unet_is_kept_beside_the_model(tmp_path, autoencoder):
    torch.manual_seed(3)
    base = Model(new_unet(), autoencoder, new_text_encoder())
    save_network(base.unet, tmp_path / "base_unet.safetensors")
    tuned = replace(base, unet=new_unet())
    save_ldm(tuned, tmp_path / "place.safetensors", {}, torch.float16)
    again = load_base(tmp_path / "place.safetensors", tmp_path / "base_unet.safetensors")
    assert again.heads is None
    for one, other in zip(again.unet.parameters(), base.unet.parameters(), strict=True):
        torch.testing.assert_close(one, other, atol=1e-3, rtol=1e-3)


# --- The judge ----------------------------------------------------------------------------------


def test_looks_of_pixels():
    scene = render_scene(3)
    labels = torch.from_numpy(look_labels(scene)).long()
    known = torch.from_numpy(scene.labels) != VOID
    assert (labels[~known] == UNKNOWN).all()
    classes = CLASS_OF_LOOK[labels[known]]
    assert torch.equal(classes, torch.from_numpy(scene.labels)[known].long())
    for place in labels[known].unique().tolist():
        class_id, look = LOOKS[place]
        assert scene.attributes[class_id] == look


def test_the_judge_learns_and_is_kept(tmp_path, judge):
    save_network(judge, tmp_path / "judge.safetensors")
    kept = load_judge(tmp_path / "judge.safetensors")
    picture = torch.rand(1, 3, 64, 96)
    with torch.no_grad():
        one, other = judge(picture), kept(picture)
    assert one.looks.shape == (1, len(LOOKS), 64, 96)
    torch.testing.assert_close(one.looks.exp(), other.looks.exp(), atol=0.01, rtol=0)
    assert one.classes().shape == (1, 64, 96)


def test_the_statistics_of_the_judge_are_those_of_its_averaged_weights(pool, judge):
    convolution, norm, _ = judge.stem
    with torch.no_grad():
        seen = convolution(pool.images(range(PICTURES)))
    error = (norm.running_mean - seen.mean((0, 2, 3))).norm() / seen.mean((0, 2, 3)).norm()
    assert error < 0.2


def test_a_judge_fits_two_pictures(pool):
    torch.manual_seed(0)
    judge, two = Segmenter(), np.array([2, 4])
    optimizer = torch.optim.AdamW(judge.parameters(), 3e-3)
    first = segmenter_loss(judge, pool, two, 0).item()
    for step in range(25):
        optimizer.zero_grad()
        loss = segmenter_loss(judge, pool, two, step)
        loss.backward()
        optimizer.step()
    assert loss < 0.6 * first


@pytest.mark.parametrize("stage, file", [("base", BASE), ("judge", JUDGE)])
def test_a_stage_leaves_what_is_finished(tmp_path, stage, file):
    (tmp_path / file).write_bytes(b"finished")
    STAGES[stage](tmp_path, "no tokenizer")
    assert [p.name for p in tmp_path.iterdir()] == [file]
    assert (tmp_path / file).read_bytes() == b"finished"


# --- The fine-tuning's data ---------------------------------------------------------------------


@pytest.mark.parametrize("subjects, side", [(SCENES, 128), (DETAILS, 64)])
def test_the_trainer_reads_the_pairs_and_captions(tmp_path, subjects, side):
    write_pairs(tmp_path / "pairs", 3, subjects)
    write_captioned(tmp_path / "captioned", 2, subjects)
    config = read_config(write_config(tmp_path, "place", "tokenizer", CPU, FEW))
    assert config.steps == 2
    pairs, captioned = paired("folder", config.paired.path), open_captioned(config.captioned)
    assert len(pairs) == 3 and len(captioned) == 2
    pair = pairs.load(1)
    assert pair.image.size == (side, side)
    assert set(pair.labels.unique().tolist()) <= {*pair.words, VOID}
    shown = subjects.render(subjects.captioned_seed, (side, side), ALL)
    assert captioned.load(0).caption == shown.caption


def test_the_fine_tune_learns_details_and_then_scenes(tmp_path, monkeypatch):
    runs = []

    def train(config, output):
        runs.append(read_config(config))
        output.mkdir()
        # The trainer names its results after their folder.
        (output / f"{output.name}-{runs[-1].steps:06}.safetensors").write_bytes(b"trained")

    monkeypatch.setattr(demo, "make_pairs", lambda work, tokenizer: _make_folders(work))
    monkeypatch.setattr(demo, "run_trainer", train)
    (tmp_path / BASE).touch()
    STAGES["place"](tmp_path, "tokenizer")
    details, scenes = runs
    assert details.model == tmp_path / BASE
    assert scenes.model == tmp_path / "details" / f"details-{details.steps:06}.safetensors"
    assert [run.resolution for run in runs] == [(64, 64), (128, 128)]
    assert [run.paired.path.name for run in runs] == ["pairs_details", "pairs"]
    STAGES["place"](tmp_path, "tokenizer")
    assert len(runs) == 2


def test_a_stopped_first_part_is_not_followed_by_the_second(tmp_path, monkeypatch):
    runs = []
    monkeypatch.setattr(demo, "make_pairs", lambda work, tokenizer: _make_folders(work))
    monkeypatch.setattr(demo, "run_trainer", lambda config, output: runs.append(output.name))
    (tmp_path / BASE).touch()
    STAGES["place"](tmp_path, "tokenizer")
    assert runs == ["details"]


def _make_folders(work):
    for name in ("pairs", "captioned", "pairs_details", "captioned_details"):
        (work / name).mkdir(exist_ok=True)
