"""The judge of the demo model: a network that sees which class, look and style a picture shows."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from .attributes import ATTRIBUTES
from .styles import STYLES

_CHANNELS = (24, 48, 96, 128)

LOOKS: tuple[tuple[int, str], ...] = tuple(
    (class_id, look) for class_id, looks in ATTRIBUTES.items() for look in looks
)
"""Every class with every look that it may have: what a pixel is judged to be."""

CLASS_OF_LOOK = torch.tensor([class_id for class_id, _ in LOOKS])


@dataclass(frozen=True)
class Judgement:
    """What the judge sees.

    Attributes:
        looks: ``[B, L, H, W]`` log-probabilities of :data:`LOOKS`.
        styles: ``[B, S]`` scores of the styles, in the order of their table.
        features: ``[B, 128]`` a summary of the picture, to compare sets of pictures by.
    """

    looks: Tensor
    styles: Tensor
    features: Tensor

    def classes(self) -> Tensor:
        """``[B, H, W]`` the class of each pixel, summed over its looks."""
        count = int(CLASS_OF_LOOK.max()) + 1
        sums = self.looks.new_zeros(len(self.looks), count, *self.looks.shape[2:])
        index = CLASS_OF_LOOK.to(sums.device).view(1, -1, 1, 1).expand_as(self.looks)
        return sums.scatter_add_(1, index, self.looks.exp()).argmax(1)


class Segmenter(torch.nn.Module):
    """A U-Net of 0.9 M weights on pictures ``[B, 3, H, W]`` in −1..1, sides multiples of 8."""

    def __init__(self) -> None:
        super().__init__()
        widths = (3, *_CHANNELS)
        self.down = torch.nn.ModuleList(
            _block(a, b) for a, b in zip(widths[:-1], widths[1:], strict=True)
        )
        ups = zip(_CHANNELS[:0:-1], _CHANNELS[-2::-1], strict=True)
        self.up = torch.nn.ModuleList(_block(a + b, b) for a, b in ups)
        self.look = torch.nn.Conv2d(_CHANNELS[0], len(LOOKS), 1)
        self.style = torch.nn.Linear(sum(_CHANNELS), len(STYLES))

    def forward(self, pictures: Tensor) -> Judgement:
        x, skips = pictures, []
        for i, block in enumerate(self.down):
            x = block(x if i == 0 else functional.avg_pool2d(x, 2))
            skips.append(x)
        means = [skip.mean((2, 3)).float() for skip in skips]
        for block, skip in zip(self.up, skips[-2::-1], strict=True):
            x = functional.interpolate(x, scale_factor=2, mode="nearest")
            x = block(torch.cat([x, skip], 1))
        styles = self.style(torch.cat(means, 1)).float()
        return Judgement(self.look(x).float().log_softmax(1), styles, means[-1])


def _block(inputs: int, outputs: int) -> torch.nn.Sequential:
    layers = []
    for channels in (inputs, outputs):
        layers += [
            torch.nn.Conv2d(channels, outputs, 3, padding=1, bias=False),
            torch.nn.GroupNorm(8, outputs),
            torch.nn.ReLU(),
        ]
    return torch.nn.Sequential(*layers)
