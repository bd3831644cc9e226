"""How well pictures show their words: the cosine of CLIP's embeddings."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from PIL import Image
from torch import Tensor
from transformers import AutoProcessor, CLIPModel

from .errors import EvaluationError


class TextAlignment:
    """A CLIP network of transformers."""

    def __init__(self, name: str, device: torch.device) -> None:
        """
        Args:
            name: on the hub, or a folder.
            device: where it runs.

        Raises:
            EvaluationError: it cannot be had.
        """
        try:
            self._processor = AutoProcessor.from_pretrained(name)
            self._model = CLIPModel.from_pretrained(name).eval().to(device)
        except (OSError, ValueError, ImportError) as error:
            raise EvaluationError(
                f"the CLIP network {name!r} can neither be read nor be downloaded "
                f"({str(error).splitlines()[0]}). Give a folder with --clip, or leave text "
                "alignment out: --without clip."
            ) from error
        self._device = device

    @torch.no_grad()
    def __call__(self, pictures: Sequence[Image.Image], prompts: Sequence[str]) -> Tensor:
        """The cosine of each picture and its prompt: ``[B]`` in −1..1, on the CPU.

        A prompt that is longer than CLIP reads is cut.
        """
        inputs = self._processor(
            text=list(prompts),
            images=list(pictures),
            return_tensors="pt",
            padding=True,
            truncation=True,
            max_length=self._model.config.text_config.max_position_embeddings,
        )
        found = self._model(**inputs.to(self._device))
        # Both have length 1 already.
        return (found.image_embeds * found.text_embeds).sum(-1).float().cpu()
