"""A picture of the demo model beside its map."""

from __future__ import annotations

import sys

import pytest
import torch
from PIL import Image

from place_core.demo import compare
from place_core.demo.bundled import save_judge
from place_core.demo.classes import BOAT, CLASSES, SEA, SKY
from place_core.demo.segmenter import Segmenter
from place_core.layout import Layout

COLORS = torch.tensor([c.color for c in CLASSES]) / 255


class ColorJudge:
    """Takes each pixel for the class of the nearest color; wants sides that are multiples of 8."""

    def __call__(self, pictures):
        assert all(side % 8 == 0 for side in pictures.shape[2:])
        self.found = torch.cdist((pictures[0].movedim(0, -1) + 1) / 2, COLORS).argmin(-1)[None]
        return self

    def classes(self):
        return self.found


def layout(height: int = 60, width: int = 100) -> Layout:
    labels = torch.full((1, height, width), SKY, dtype=torch.int16)
    labels[:, height // 2 :] = SEA
    labels[:, height // 3 : height // 3 * 2, width // 4 : width // 2] = BOAT
    return Layout(labels, CLASSES)


@pytest.mark.parametrize("factor", [1, 2, 5])
def test_a_picture_is_judged_in_the_size_of_its_map(factor):
    wanted = layout()
    picture = COLORS[wanted.labels[0].long()]
    picture = picture.repeat_interleave(factor, 0).repeat_interleave(factor, 1)
    found = compare.seen_classes(ColorJudge(), picture, wanted)
    assert torch.equal(found, wanted.labels)


def test_the_comparison_shows_map_picture_and_what_was_seen():
    wanted = layout()
    seen = torch.full_like(wanted.labels, BOAT)
    sheet = compare.draw_comparison(wanted, torch.full((60, 100, 3), 0.5), seen)
    colors = {color for _, color in sheet.getcolors(1 << 20)}
    assert {CLASSES[BOAT].color, CLASSES[SEA].color, (128, 128, 128)} <= colors


def run(monkeypatch, capsys, *arguments):
    monkeypatch.setattr(sys, "argv", ["compare", *map(str, arguments)])
    return compare.main(), capsys.readouterr()


def test_the_command_prints_the_agreement(tmp_path, monkeypatch, capsys):
    torch.manual_seed(0)
    save_judge(Segmenter(), tmp_path / "judge.safetensors")
    colors = (COLORS * 255).round().byte()
    image = Image.fromarray(colors[layout().labels[0].long()].numpy())
    image.save(tmp_path / "map.png")
    arguments = ("--map", tmp_path / "map.png", "--picture", tmp_path / "map.png")
    arguments += ("--judge", tmp_path / "judge.safetensors", "--output", tmp_path / "beside.png")
    code, printed = run(monkeypatch, capsys, *arguments)
    assert code == 0
    assert "mIoU 0." in printed.out and "over 3 classes" in printed.out
    assert Image.open(tmp_path / "beside.png").width > 3 * 100


def test_a_missing_picture_is_named(tmp_path, monkeypatch, capsys):
    code, printed = run(monkeypatch, capsys, "--map", tmp_path / "no.png", "--picture", "x.png")
    assert code == 1
    assert "no.png" in printed.err
