"""Pictures of an evaluation against the authors' numbers."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from in_server import required_path
from place_core.checkpoint.diffusers_model import load_model
from place_core.evaluation.controls import Painter, place
from place_core.evaluation.request import LayoutRequest
from place_core.layout import Layout, LayoutClass
from place_core.training.diffusion import shapes_of
from place_core.training.model import PlaceUNet
from place_core.training.sampling import sample_guided


@pytest.mark.slow
def test_the_authors_latents(golden):
    """Ten steps of the 107 M UNet, from their noise and their context to their last latents."""
    model = load_model(required_path("PLACE_SEEDED_CHECKPOINT"))
    numbers = golden.tensors("plms_void")
    context = golden.randn("public/plms/void/context", (2, 77, 768))
    class_ids = golden.token_class_ids(numbers["tokens_cls"][0])

    class GoldenPainter(Painter):
        def encode(self, tokens):
            return context[[1, 0]]  # Theirs has the prompt first.

    empty = (torch.zeros(77, dtype=torch.int64), torch.full((77,), -1))
    words = SimpleNamespace(
        encode=lambda segments: empty,
        encode_layout=lambda layout, words, free: (empty[0], class_ids),
    )
    unet = PlaceUNet(model.unet, model.heads)
    shapes = shapes_of(model.unet, model.vae, (512, 512))
    table = tuple(LayoutClass(i, str(i), "", (0, 0, 0)) for i in range(256))
    layout = Layout(golden.label_map("void")[None], table)
    painter = GoldenPainter(unet, model.text_encoder, words, shapes)
    noise = golden.randn("public/plms/void/x_T", (1, 4, 64, 64))
    with torch.no_grad():
        predict = place()(painter, [LayoutRequest(layout, {})])
        found = sample_guided(predict, noise, 10, 2.0)[0, :, ::2, ::2]
    expected = numbers["latents"][-1]
    error = float((found - expected).norm() / expected.norm())
    assert error < 2e-4, error
