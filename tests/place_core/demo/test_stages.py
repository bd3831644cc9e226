"""The stages of the demo model, in a few steps each."""

from __future__ import annotations

import pytest
import torch

from in_server import tokenizer_folder
from place_core.checkpoint.diffusers_model import Model, load_model, save_ldm
from place_core.demo.autoencoder import autoencoder_loss, crops, train_autoencoder
from place_core.demo.base import encode_scenes, train_base
from place_core.demo.bundled import load_judge, save_judge
from place_core.demo.finetune import write_captioned, write_config, write_pairs
from place_core.demo.model import LATENT_CHANNELS
from place_core.demo.scenes import render_scene
from place_core.demo.segmenter import CLASS_OF_LOOK, LOOKS, Segmenter
from place_core.demo.segmenter_training import look_labels, segmenter_loss, train_segmenter
from place_core.layout import VOID
from place_core.training.config import read_config
from place_core.training.data import open_captioned, paired
from place_core.training.tokenizer import load_tokenizer


@pytest.fixture(scope="module")
def tokenizer():
    return load_tokenizer(tokenizer_folder(), None)


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    return tmp_path_factory.mktemp("work")


@pytest.fixture(scope="module")
def autoencoder(work):
    return train_autoencoder(work, steps=2)


@pytest.fixture(scope="module")
def scenes(work, autoencoder, tokenizer):
    return encode_scenes(autoencoder, tokenizer, work, scenes=14, close_ups=6)


def test_the_autoencoder_is_read_where_it_was_trained(work, autoencoder):
    again = train_autoencoder(work, steps=2)
    assert all(map(torch.equal, again.parameters(), autoencoder.parameters()))


def test_crops_depend_on_the_step_only():
    assert torch.equal(crops(3), crops(3))
    assert not torch.equal(crops(3), crops(4))
    assert crops(0).shape == (8, 3, 64, 64)


def test_the_autoencoders_loss_grows_with_wrong_latents(autoencoder):
    pictures = crops(0)
    right = autoencoder_loss(autoencoder, pictures, 0)
    with torch.no_grad():
        autoencoder.encoder.layers[-1].weight.mul_(3)
        wrong = autoencoder_loss(autoencoder, pictures, 0)
        autoencoder.encoder.layers[-1].weight.div_(3)
    assert wrong > right + 0.1


def test_scenes_are_encoded_with_their_captions(scenes, autoencoder, tokenizer):
    scene = render_scene(7)
    picture = torch.from_numpy(scene.picture).permute(2, 0, 1)[None] / 127.5 - 1
    latents = autoencoder.encode(picture).latents[0]
    # In half precision, and computed in bfloat16.
    assert (scenes.latents[7].float() - latents).abs().max() < 0.2
    assert torch.equal(scenes.tokens[7].long(), tokenizer.encode_caption(scene.caption))


def test_encoding_goes_on_where_it_was_stopped(tmp_path, scenes, autoencoder, tokenizer):
    class Stop(Exception):
        pass

    class Stopping:
        def encode_caption(self, caption):
            raise Stop

    with pytest.raises(Stop):
        encode_scenes(autoencoder, Stopping(), tmp_path, scenes=14, close_ups=6)
    again = encode_scenes(autoencoder, tokenizer, tmp_path, scenes=14, close_ups=6)
    assert torch.equal(again.latents, scenes.latents)
    assert torch.equal(again.tokens, scenes.tokens)


def test_the_base_becomes_a_file_that_loads(work, autoencoder, scenes, tokenizer):
    unet, text_encoder = train_base(scenes, tokenizer, work, steps=2)
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


# --- The judge ----------------------------------------------------------------------------------


def test_looks_of_pixels():
    scene = render_scene(3)
    labels = look_labels(scene)
    known = torch.from_numpy(scene.labels) != VOID
    assert (labels[~known] < 0).all()
    classes = CLASS_OF_LOOK[labels[known]]
    assert torch.equal(classes, torch.from_numpy(scene.labels)[known].long())
    for place in labels[known].unique().tolist():
        class_id, look = LOOKS[place]
        assert scene.attributes[class_id] == look


def test_the_judge_learns_and_is_kept(tmp_path):
    judge = train_segmenter(tmp_path, steps=2)
    save_judge(judge, tmp_path / "judge.safetensors")
    kept = load_judge(tmp_path / "judge.safetensors")
    picture = torch.rand(1, 3, 64, 96)
    with torch.no_grad():
        one, other = judge(picture), kept(picture)
    assert one.looks.shape == (1, len(LOOKS), 64, 96)
    torch.testing.assert_close(one.looks.exp(), other.looks.exp(), atol=0.01, rtol=0)
    assert one.classes().shape == (1, 64, 96)


def test_a_judge_fits_two_scenes():
    torch.manual_seed(0)
    judge = Segmenter()
    scenes = [render_scene(seed, (64, 64)) for seed in (1, 2)]
    optimizer = torch.optim.AdamW(judge.parameters(), 3e-3)
    first = segmenter_loss(judge, scenes, 0).item()
    for step in range(25):
        optimizer.zero_grad()
        loss = segmenter_loss(judge, scenes, step)
        loss.backward()
        optimizer.step()
    assert loss < 0.6 * first


# --- The fine-tuning's data ---------------------------------------------------------------------


def test_the_trainer_reads_the_pairs_and_captions(tmp_path):
    write_pairs(tmp_path / "pairs", count=3)
    write_captioned(tmp_path / "captioned", count=2)
    (tmp_path / "base.safetensors").touch()
    config = read_config(write_config(tmp_path, "place", "tokenizer", steps=5))
    assert config.steps == 5
    pairs, captioned = paired("folder", config.paired.path), open_captioned(config.captioned)
    assert len(pairs) == 3 and len(captioned) == 2
    pair = pairs.load(1)
    assert pair.image.size == (128, 128)
    assert set(pair.labels.unique().tolist()) <= {*pair.words, VOID}
    assert captioned.load(0).caption == render_scene(40_000_000).caption
