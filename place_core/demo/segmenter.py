"""The judge of the demo model: a network that sees which class, look and style a picture shows."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from .attributes import ATTRIBUTES
from .styles import STYLES

# At half, a quarter, an eighth and a sixteenth of the resolution; residual blocks at each.
_CHANNELS, _DEPTHS = (48, 96, 144, 192), (1, 1, 2, 2)
# At the full resolution: on the way in, and on the way out.
_FIRST, _LAST = 24, 32

SIDES = 2 ** len(_CHANNELS)
"""Width and height of what the judge looks at are multiples of it."""

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
        features: ``[B, 192]`` a summary of the picture, to compare sets of pictures by.
    """

    looks: Tensor
    styles: Tensor
    features: Tensor

    def cpu(self) -> Judgement:
        """The same on the CPU."""
        return Judgement(self.looks.cpu(), self.styles.cpu(), self.features.cpu())

    def classes(self) -> Tensor:
        """``[B, H, W]`` the class of each pixel, summed over its looks."""
        count = int(CLASS_OF_LOOK.max()) + 1
        sums = self.looks.new_zeros(len(self.looks), count, *self.looks.shape[2:])
        index = CLASS_OF_LOOK.to(sums.device).view(1, -1, 1, 1).expand_as(self.looks)
        return sums.scatter_add_(1, index, self.looks.exp()).argmax(1)


class Segmenter(torch.nn.Module):
    """A U-Net of 3.2 M weights on pictures ``[B, 3, H, W]`` in −1..1.

    Most of it works at half the resolution and below; its first and last layers see each pixel, for
    what is thin. H and W are multiples of :data:`SIDES`.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stem = _layer(3, _FIRST, 3)
        self.halve = torch.nn.Sequential(
            torch.nn.PixelUnshuffle(2), _layer(4 * _FIRST, _CHANNELS[0], 3)
        )
        self.shrink = torch.nn.ModuleList(
            _layer(a, b, 2, stride=2) for a, b in zip(_CHANNELS[:-1], _CHANNELS[1:], strict=True)
        )
        self.down = torch.nn.ModuleList(
            torch.nn.Sequential(*(_Residual(channels) for _ in range(count)))
            for channels, count in zip(_CHANNELS, _DEPTHS, strict=True)
        )
        self.join = torch.nn.ModuleList(
            _layer(a + b, a, 1) for a, b in zip(_CHANNELS[:-1], _CHANNELS[1:], strict=True)
        )
        self.up = torch.nn.ModuleList(_Residual(channels) for channels in _CHANNELS[:-1])
        self.enlarge = torch.nn.Sequential(
            torch.nn.Conv2d(_CHANNELS[0], 4 * _LAST, 1), torch.nn.PixelShuffle(2)
        )
        self.fine = torch.nn.Sequential(_layer(_LAST + _FIRST, _LAST, 3), _layer(_LAST, _LAST, 3))
        self.look = torch.nn.Conv2d(_LAST, len(LOOKS), 1)
        self.style = torch.nn.Linear(sum(_CHANNELS), len(STYLES))

    def forward(self, pictures: Tensor) -> Judgement:
        pixels = self.stem(pictures)
        x = self.down[0](self.halve(pixels))
        skips = [x]
        for shrink, block in zip(self.shrink, self.down[1:], strict=True):
            x = block(shrink(x))
            skips.append(x)
        means = [skip.mean((2, 3)).float() for skip in skips]
        for number in reversed(range(len(self.up))):
            x = functional.interpolate(x, scale_factor=2, mode="nearest")
            x = self.up[number](self.join[number](torch.cat([x, skips[number]], 1)))
        x = self.fine(torch.cat([self.enlarge(x), pixels], 1))
        styles = self.style(torch.cat(means, 1)).float()
        return Judgement(self.look(x).float().log_softmax(1), styles, means[-1])


class _Residual(torch.nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = _layer(channels, channels, 3)
        self.second = torch.nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm = torch.nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(x + self.norm(self.second(self.first(x))))


def _layer(inputs: int, outputs: int, side: int, stride: int = 1) -> torch.nn.Sequential:
    return torch.nn.Sequential(
        torch.nn.Conv2d(inputs, outputs, side, stride, padding=(side - 1) // 2, bias=False),
        torch.nn.BatchNorm2d(outputs),
        torch.nn.ReLU(),
    )
