"""A picture of the demo model beside its map."""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest
import torch
from PIL import Image

from place_core.demo import compare
from place_core.demo.bundled import save_network
from place_core.demo.classes import BOAT, CLASSES, SEA, SKY
from place_core.demo.segmenter import Segmenter
from place_core.layout import VOID, Layout, LayoutClass
from place_core.painted import write_drawing

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


def test_a_drawing_becomes_a_layout_of_the_demo_model(tmp_path):
    names = {7: "sea", 2: "boat"}
    classes = [LayoutClass(i, name, "any words", (i, i, i)) for i, name in names.items()]
    labels = np.full((256, 512), VOID, np.int16)
    labels[:128], labels[192:, :256] = 7, 2
    node = {
        "type": "PLACELayoutPainter",
        "widgets_values": [write_drawing(labels, classes)],
    }
    (tmp_path / "graph.json").write_text(json.dumps({"nodes": [node, {"type": "VAEDecode"}]}))
    found = compare.read_layout(tmp_path / "graph.json")
    assert found.classes == CLASSES
    wanted = torch.full((1, 85, 171), VOID, dtype=torch.int16)
    wanted[:, :43], wanted[:, 64:, :85] = SEA, BOAT
    assert torch.equal(found.labels, wanted)


def test_a_class_that_the_demo_model_does_not_have_is_named():
    teapot = Layout(
        torch.zeros(1, 8, 8, dtype=torch.int16), (LayoutClass(0, "teapot", "", (1, 2, 3)),)
    )
    with pytest.raises(ValueError, match="'teapot'; it has sky, cloud"):
        compare.demo_layout(teapot)


def test_a_workflow_without_a_drawing_is_refused(tmp_path):
    (tmp_path / "graph.json").write_text('{"nodes": []}')
    with pytest.raises(ValueError, match="0 Layout Painters"):
        compare.read_layout(tmp_path / "graph.json")


def run(monkeypatch, capsys, *arguments):
    monkeypatch.setattr(sys, "argv", ["compare", *map(str, arguments)])
    return compare.main(), capsys.readouterr()


def test_the_command_prints_the_agreement(tmp_path, monkeypatch, capsys):
    torch.manual_seed(0)
    save_network(Segmenter(), tmp_path / "judge.safetensors")
    colors = (COLORS * 255).round().byte()
    image = Image.fromarray(colors[layout().labels[0].long()].numpy())
    image.save(tmp_path / "map.png")
    arguments = ("--layout", tmp_path / "map.png", "--picture", tmp_path / "map.png")
    arguments += ("--judge", tmp_path / "judge.safetensors", "--output", tmp_path / "beside.png")
    code, printed = run(monkeypatch, capsys, *arguments)
    assert code == 0
    assert "mIoU 0." in printed.out and "over 3 classes" in printed.out
    assert Image.open(tmp_path / "beside.png").width > 3 * 100


def test_a_missing_picture_is_named(tmp_path, monkeypatch, capsys):
    code, printed = run(monkeypatch, capsys, "--layout", tmp_path / "no.png", "--picture", "x.png")
    assert code == 1
    assert "no.png" in printed.err
