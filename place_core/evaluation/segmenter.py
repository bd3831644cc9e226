"""What a segmentation network of transformers sees in pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from PIL import Image
from torch import Tensor
from transformers import (
    MODEL_FOR_UNIVERSAL_SEGMENTATION_MAPPING,
    AutoConfig,
    AutoImageProcessor,
    AutoModelForSemanticSegmentation,
    AutoModelForUniversalSegmentation,
)

from .errors import EvaluationError


class Segmenter:
    """UperNet, SegFormer, Mask2Former, MaskFormer or another network for semantic segmentation."""

    def __init__(self, name: str, device: torch.device) -> None:
        """
        Args:
            name: on the hub, or a folder.
            device: where it runs.

        Raises:
            EvaluationError: it cannot be had, or is no network for segmentation.
        """
        try:
            config = AutoConfig.from_pretrained(name)
            universal = type(config) in MODEL_FOR_UNIVERSAL_SEGMENTATION_MAPPING
            kind = (
                AutoModelForUniversalSegmentation if universal else AutoModelForSemanticSegmentation
            )
            self._processor = AutoImageProcessor.from_pretrained(name)
            model, info = kind.from_pretrained(name, output_loading_info=True)
        except (OSError, ValueError, ImportError) as error:
            raise EvaluationError(
                f"the segmenter {name!r} can neither be read nor be downloaded "
                f"({str(error).splitlines()[0]}). Give a folder with --segmenter, or leave mIoU "
                "out: --without miou."
            ) from error
        # Left alone, what is missing would be random numbers.
        trained = dict(model.named_parameters())
        if missing := sorted(key for key in info["missing_keys"] if key in trained):
            raise EvaluationError(
                f"the segmenter {name!r} lacks the weight {missing[0]}: it was not trained to "
                "segment. Choose another --segmenter."
            )
        self._model = model.eval().to(device)
        self._device = device
        self._try_out(name)

    @property
    def labels(self) -> Mapping[int, str]:
        """The name of each label."""
        return {int(label): name for label, name in self._model.config.id2label.items()}

    @torch.no_grad()
    def __call__(self, pictures: Sequence[Image.Image]) -> list[Tensor]:
        """The label at each pixel, ``[H, W]`` int64 of the picture's size, on the CPU."""
        inputs = self._processor(images=list(pictures), return_tensors="pt").to(self._device)
        sizes = [(picture.height, picture.width) for picture in pictures]
        found = self._processor.post_process_semantic_segmentation(
            self._model(**inputs), target_sizes=sizes
        )
        return [labels.long().cpu() for labels in found]

    def _try_out(self, name: str) -> None:
        """Now, and not after hours of sampling."""
        try:
            self([Image.new("RGB", (64, 64))])
        except Exception as error:  # Networks for other tasks fail in ways of their own.
            raise EvaluationError(
                f"the segmenter {name!r} does not segment a picture by itself ({error!r}). Choose "
                "a network for semantic segmentation, such as UperNet or Mask2Former."
            ) from error
