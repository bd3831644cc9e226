"""Small networks with random weights that measure pictures, and small evaluations."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from transformers import (
    CLIPConfig,
    CLIPImageProcessor,
    CLIPModel,
    CLIPProcessor,
    CLIPTokenizer,
    ConvNextConfig,
    Mask2FormerConfig,
    Mask2FormerForUniversalSegmentation,
    Mask2FormerImageProcessor,
    SegformerConfig,
    SegformerForSemanticSegmentation,
    SegformerImageProcessor,
    SwinConfig,
    UperNetConfig,
    UperNetForSemanticSegmentation,
)

from in_server import tokenizer_folder
from place_core.evaluation.settings import Settings
from place_core.training.config import PairedConfig

LABELS = {0: "sand", 1: "tree", 2: "sky", 3: "sea, ocean"}
_SIDE = {"height": 64, "width": 64}


def _names(labels: Mapping[int, str]) -> dict[str, Any]:
    return {"id2label": dict(labels), "label2id": {name: i for i, name in labels.items()}}


def write_segformer(
    folder: Path, labels: Mapping[int, str] = LABELS, always: int | None = None
) -> Path:
    """A segmenter that sees anything, or one label everywhere."""
    torch.manual_seed(0)
    config = SegformerConfig(
        hidden_sizes=[8, 8, 8, 8],
        depths=[1, 1, 1, 1],
        num_attention_heads=[1, 1, 1, 1],
        decoder_hidden_size=8,
        **_names(labels),
    )
    model = SegformerForSemanticSegmentation(config)
    if always is not None:
        with torch.no_grad():
            model.decode_head.classifier.weight.zero_()
            model.decode_head.classifier.bias.zero_()[always] = 1
    model.save_pretrained(folder)
    SegformerImageProcessor(size=_SIDE).save_pretrained(folder)
    return folder


def write_upernet(folder: Path, labels: Mapping[int, str] = LABELS) -> Path:
    torch.manual_seed(0)
    backbone = ConvNextConfig(
        hidden_sizes=[8, 8, 8, 8],
        depths=[1, 1, 1, 1],
        out_features=["stage1", "stage2", "stage3", "stage4"],
    )
    config = UperNetConfig(
        backbone_config=backbone,
        hidden_size=8,
        use_auxiliary_head=False,
        **_names(labels),
    )
    UperNetForSemanticSegmentation(config).save_pretrained(folder)
    SegformerImageProcessor(size=_SIDE).save_pretrained(folder)
    return folder


def write_mask2former(folder: Path, labels: Mapping[int, str] = LABELS) -> Path:
    torch.manual_seed(0)
    backbone = SwinConfig(
        image_size=64,
        embed_dim=8,
        depths=[1, 1, 1, 1],
        num_heads=[1, 1, 2, 2],
        window_size=2,
        out_features=["stage1", "stage2", "stage3", "stage4"],
    )
    config = Mask2FormerConfig(
        backbone_config=backbone,
        feature_size=32,
        mask_feature_size=32,
        hidden_dim=32,
        encoder_feedforward_dim=16,
        dim_feedforward=16,
        encoder_layers=1,
        decoder_layers=2,
        num_attention_heads=2,
        num_queries=6,
        **_names(labels),
    )
    Mask2FormerForUniversalSegmentation(config).save_pretrained(folder)
    Mask2FormerImageProcessor(size=_SIDE).save_pretrained(folder)
    return folder


def write_clip(folder: Path) -> Path:
    torch.manual_seed(0)
    part = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1}
    part["num_attention_heads"] = 1
    config = CLIPConfig(
        text_config={**part, "vocab_size": 49408},
        vision_config={**part, "image_size": 32, "patch_size": 16},
        projection_dim=8,
    )
    CLIPModel(config).save_pretrained(folder)
    images = CLIPImageProcessor(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32})
    CLIPProcessor(images, CLIPTokenizer.from_pretrained(tokenizer_folder())).save_pretrained(folder)
    return folder


class MeanColors(torch.nn.Module):
    """In place of Inception: the mean colors of four parts of a picture."""

    num_features = 12

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.adaptive_avg_pool2d(pictures.float(), 2).flatten(1)


def small_settings(material: Path, output: Path, **changes: Any) -> Settings:
    """A quick evaluation of ``base.safetensors`` on ``pairs``."""
    values = {
        "model": material / "base.safetensors",
        "data": PairedConfig("folder", material / "pairs"),
        "output": output,
        "tokenizer": tokenizer_folder(),
        "segmenter": str(material / "segmenter"),
        "clip": str(material / "clip"),
        "steps": 2,
        "resolution": 64,
    }
    return Settings(**(values | changes))
