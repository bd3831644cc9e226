"""`python -m place_core.evaluation`, as people start it."""

from __future__ import annotations

from pathlib import Path

import pytest

from in_server import tokenizer_folder
from place_core.checkpoint.diffusers_model import save_ldm
from place_core.evaluation.__main__ import main
from place_core.palettes import COCO_STUFF, load_classes
from small_evaluation import write_clip, write_segformer
from small_training import small_model, write_pairs

COCO = Path(__file__).parents[4] / "shared" / "data" / "coco_stuff_sample"


@pytest.fixture(scope="module")
def material(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("material")
    save_ldm(small_model(), folder / "base.safetensors", {})
    write_pairs(folder / "pairs")
    write_segformer(folder / "segmenter")
    write_clip(folder / "clip")
    return folder


def start(material, output, *more, kind="folder", path=None):
    values = {
        "model": material / "base.safetensors",
        "data": kind,
        "path": path or material / "pairs",
        "output": output,
        "tokenizer": tokenizer_folder(),
        "clip": material / "clip",
        "steps": 2,
        "resolution": 64,
    }
    arguments = [part for name, value in values.items() for part in (f"--{name}", str(value))]
    return main([*arguments, *map(str, more)])


def test_it_prints_the_table(material, tmp_path, capsys):
    segmenter = ("--segmenter", material / "segmenter")
    (tmp_path / "words.txt").write_text("sky = a storm")
    words = ("--words", tmp_path / "words.txt", "--global-prompt", "by Monet")
    compare = ("--compare", "new-style")
    out = tmp_path / "out"
    assert start(material, out, "--without", "fid", *segmenter, *words, *compare) == 0
    printed = capsys.readouterr().out
    assert "| PLACE, in the paper | – | – | 0.279 |" in printed
    assert printed.startswith((out / "table.md").read_text())


def test_problems_are_one_line(material, tmp_path, capsys):
    for more, words in (
        ((), "--segmenter"),
        (("--without", "miou", "--path", tmp_path), "classes.json|images"),
        (("--without", "miou", "--model", tmp_path / "no.ckpt"), "no.ckpt does not exist"),
        (("--without", "miou", "--tokenizer", "/no/where"), "sd1_tokenizer"),
        (("--without", "miou", "--steps", "0"), "--steps is 0"),
    ):
        assert start(material, tmp_path / "out", *more) == 1
        said = capsys.readouterr().err
        assert any(word in said for word in words.split("|")), said
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_it_runs_on_the_coco_stuff_sample(material, tmp_path, capsys):
    if not COCO.is_dir():
        pytest.skip(f"{COCO.name} is not beside the repository (../shared/data)")
    labels = {i: c.name for i, c in enumerate(load_classes(COCO_STUFF)[:181])}
    segmenter = ("--segmenter", write_segformer(tmp_path / "segmenter", labels))
    without = ("--without", "fid")
    out = tmp_path / "out"
    assert start(material, out, *segmenter, *without, kind="coco-stuff", path=COCO) == 0
    printed = capsys.readouterr().out
    assert "| PLACE, in the paper | 42.6 | 14.0 | – |" in printed
    assert "4 of 4 maps of coco-stuff, val2017" in printed
    assert len(list((out / "pictures").rglob("*.png"))) == 4
