"""A whole evaluation, in small."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from place_core.alpha import AlphaHeads
from place_core.checkpoint.diffusers_model import save_ldm
from place_core.checkpoint.names import cross_attention_names
from place_core.evaluation.errors import EvaluationError
from place_core.evaluation.pictures import read_words
from place_core.evaluation.run import evaluate
from place_core.layout import VOID
from place_core.training.config import PairedConfig
from place_core.training.data import DataError, paired
from small_evaluation import MeanColors, small_settings, write_clip, write_segformer
from small_training import small_model, write_pairs

SKY = 2  # The label that the segmenter sees everywhere; class 0 of the maps.


@pytest.fixture(scope="module")
def material(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("material")
    model = small_model()
    save_ldm(model, folder / "base.safetensors", {"modelspec.description": "Random weights."})
    layers = tuple(cross_attention_names(model.unet.state_dict()))
    width = model.unet.time_embedding.linear_2.out_features
    model.heads = AlphaHeads(layers, torch.zeros(len(layers), width), torch.zeros(len(layers)))
    save_ldm(model, folder / "place.safetensors", {})
    write_pairs(folder / "pairs", size=(64, 48))
    write_segformer(folder / "segmenter", always=SKY)
    write_clip(folder / "clip")
    return folder


def run(material, output, fid_network=None, said=None, **changes):
    settings = small_settings(material, output, **changes)
    network = MeanColors() if fid_network is None else fid_network
    return evaluate(settings, network, (said if said is not None else []).append)


def only_pictures(**changes):
    return {"segmenter": None, "clip": None, "fid": False, **changes}


def pictures(output: Path) -> dict[str, bytes]:
    folder = output / "pictures"
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*.png")}


def test_all_measures(material, tmp_path):
    results = run(material, tmp_path / "out", compare="ade20k")
    source = paired("folder", material / "pairs")
    labels = torch.stack([source.load(i).labels for i in range(4)])
    share = float((labels == 0).float().mean())
    # Sky everywhere: of its union, which is every pixel, its own share is right.
    assert results.iou == pytest.approx({"sky": share, "sea": 0, "sand": 0})
    assert results.miou == pytest.approx(share / 3) == results.photographs_miou
    assert results.accuracy == pytest.approx(share)
    assert results.fid > 0
    assert -1 <= results.text_similarity <= 1
    assert results.pictures == results.maps == 4
    assert sorted(pictures(tmp_path / "out")) == [f"images/{i}.png" for i in range(4)]
    with Image.open(tmp_path / "out" / "pictures" / "images" / "0.png") as picture:
        assert picture.size == (64, 64)
    with Image.open(tmp_path / "out" / "labels" / "images" / "0.png") as found:
        assert found.size == (64, 48)
        assert set(np.unique(np.asarray(found))) == {SKY}
    text = (tmp_path / "out" / "table.md").read_text()
    assert "| PLACE, in the paper | 50.7 | 22.3 | – |" in text
    assert "Random weights." in text
    content = json.loads((tmp_path / "out" / "results.json").read_text())
    assert content["results"]["miou"] == results.miou
    assert content["settings"]["steps"] == 2


def test_it_goes_on_where_it_was(material, tmp_path, monkeypatch):
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    run(material, whole, **only_pictures(batch=1))
    run(material, parts, **only_pictures(batch=1, limit=2))
    assert len(pictures(parts)) == 2
    kept = parts / "pictures" / "images" / "0.png"
    before = kept.stat().st_mtime_ns
    (parts / "pictures" / "images" / "1.png").unlink()
    results = run(material, parts, **only_pictures(batch=1))
    assert pictures(parts) == pictures(whole)
    assert kept.stat().st_mtime_ns == before
    assert results.pictures == 4
    # Nothing is left to do: the network is not called, and what was left out is measured now.
    monkeypatch.setattr("place_core.evaluation.pictures.PlaceUNet", None)
    assert run(material, parts).miou is not None


def test_the_batch_does_not_change_the_noise(material, tmp_path):
    run(material, tmp_path / "one", **only_pictures(batch=1, limit=2))
    run(material, tmp_path / "two", **only_pictures(batch=2, limit=2))
    for name in ("0.png", "1.png"):
        one, two = (
            np.asarray(Image.open(tmp_path / o / "pictures" / "images" / name)).astype(int)
            for o in ("one", "two")
        )
        assert np.abs(one - two).max() <= 1


def test_layout_words_and_seed_change_the_pictures(material, tmp_path):
    base = {"model": material / "place.safetensors", "limit": 1}
    changes = {
        "learned": {},
        "cosine": {"alpha": "cosine"},
        "seed": {"seed": 1},
        "words": {"words": {0: "a purple storm"}},
        "style": {"global_prompt": "an oil painting"},
    }
    found = set()
    for name, change in changes.items():
        run(material, tmp_path / name, **only_pictures(**base, **change))
        found.add(pictures(tmp_path / name)["images/0.png"])
    assert len(found) == len(changes)


def test_other_settings_are_refused(material, tmp_path):
    run(material, tmp_path / "out", **only_pictures(limit=1))
    with pytest.raises(EvaluationError, match=r"steps \(was 2, is 3\).*another --output"):
        run(material, tmp_path / "out", **only_pictures(limit=1, steps=3))
    with pytest.raises(EvaluationError, match="model_sha256"):
        run(
            material,
            tmp_path / "out",
            **only_pictures(limit=1, alpha="cosine", model=material / "place.safetensors"),
        )
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").touch()
    with pytest.raises(EvaluationError, match="not empty"):
        run(material, tmp_path / "full", **only_pictures())


def test_what_is_missing_is_said_before_anything_is_sampled(material, tmp_path):
    output = tmp_path / "out"
    nowhere = str(tmp_path / "nowhere")
    for change, words in (
        ({"segmenter": nowhere}, "--without miou"),
        ({"clip": nowhere}, "--without clip"),
        ({"limit": 1}, "2 pictures or more, there is 1.*--without fid"),
        ({"alpha": "learned"}, "no PLACE heads"),
        ({"segmenter": str(write_segformer(tmp_path / "dogs", {0: "dog"}))}, "knows 0 of 3"),
        ({"segmenter": str(material / "clip")}, "segmenter"),
    ):
        with pytest.raises(EvaluationError, match=words):
            run(material, output, **change)
    assert not output.exists()


def test_inception_that_cannot_be_downloaded(material, tmp_path, monkeypatch):
    torch_fidelity = pytest.importorskip("torch_fidelity.feature_extractor_inceptionv3")

    def offline(*arguments, **options):
        raise OSError("no network")

    monkeypatch.setattr(torch_fidelity, "load_state_dict_from_url", offline)
    with pytest.raises(EvaluationError, match=r"no network.*Put https.*--without fid"):
        evaluate(small_settings(material, tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_a_model_that_makes_no_numbers(material, tmp_path):
    model = small_model()
    torch.nn.init.constant_(model.unet.conv_out.bias, torch.nan)
    save_ldm(model, tmp_path / "broken.safetensors", {})
    with pytest.raises(EvaluationError, match="no numbers.*maps 0, 1"):
        run(material, tmp_path / "out", **only_pictures(model=tmp_path / "broken.safetensors"))
    assert not pictures(tmp_path / "out")


def test_a_segmenter_without_a_head_is_refused(material, tmp_path):
    """A network that was only trained to classify, say, would begin with random numbers."""
    from safetensors.torch import load_file, save_file

    folder = write_segformer(tmp_path / "segmenter")
    weights = load_file(folder / "model.safetensors")
    left = {n: t for n, t in weights.items() if not n.startswith("decode_head.classifier")}
    save_file(left, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(EvaluationError, match="lacks the weight decode_head.classifier"):
        run(material, tmp_path / "out", segmenter=str(folder))


def test_maps_that_cannot_be_read_are_passed_over(material, tmp_path):
    pairs = write_pairs(tmp_path / "pairs", count=3, size=(64, 48))
    (pairs / "maps" / "1.png").write_bytes(b"")
    said = []
    data = PairedConfig("folder", pairs)
    results = run(material, tmp_path / "out", data=data, said=said)
    assert results.pictures == 2
    assert results.maps == 3
    assert "1.png" in said[0] and "1.png" in results.passed_over[0]
    text = (tmp_path / "out" / "table.md").read_text()
    assert "1 maps could not be read" in text
    for number in (0, 2):
        (pairs / "maps" / f"{number}.png").write_bytes(b"")
    with pytest.raises(DataError, match="none of 3 maps can be read"):
        run(material, tmp_path / "none", data=data)


def test_maps_without_photographs(material, tmp_path):
    pairs = write_pairs(tmp_path / "pairs", count=2)
    for photograph in (pairs / "images").iterdir():
        photograph.unlink()
    with pytest.raises(DataError, match="no picture has a map"):
        run(material, tmp_path / "out", data=PairedConfig("folder", pairs))


def test_void_is_not_measured(material, tmp_path):
    pairs = write_pairs(tmp_path / "pairs", count=2)
    for path in (pairs / "maps").iterdir():
        with Image.open(path) as picture:
            labels = np.array(picture)
        labels[labels != 0] = 255
        Image.fromarray(labels).save(path)
    assert (paired("folder", pairs).load(0).labels == VOID).any()
    results = run(material, tmp_path / "out", data=PairedConfig("folder", pairs))
    assert results.iou == {"sky": 1.0}


def test_words_of_a_file(material, tmp_path):
    source = paired("folder", material / "pairs")
    file = tmp_path / "words.txt"
    file.write_text("// style\nsky = red sky\nsand = glittering snow\n")
    assert read_words(file, source) == {0: "red sky", 2: "glittering snow"}
    file.write_text("skies = red")
    with pytest.raises(EvaluationError, match="words.txt.*line 1.*'skies'"):
        read_words(file, source)
    with pytest.raises(EvaluationError, match="cannot be read"):
        read_words(tmp_path / "none.txt", source)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"steps": 0}, "--steps is 0"),
        ({"resolution": 500}, "multiple of 8"),
        ({"batch": 0}, "--batch is 0"),
        ({"limit": 0}, "--limit is 0"),
    ],
)
def test_values_out_of_range(material, tmp_path, change, words):
    with pytest.raises(EvaluationError, match=words):
        dataclasses.replace(small_settings(material, tmp_path), **change)
