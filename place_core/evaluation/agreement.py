"""Agreement of label maps: intersection over union, summed over a whole set of pictures."""

from __future__ import annotations

from collections.abc import Collection

import torch
from torch import Tensor


class Agreement:
    """Counts pixels of wanted and found classes; the usual measure of layout control (mIoU).

    As in the paper's tables, intersections and unions are summed over all pictures before they are
    divided, so that a class does not count more in pictures where it is small.
    """

    def __init__(self, classes: int) -> None:
        """
        Args:
            classes: ids are 0 to ``classes − 1``.
        """
        self._counts = torch.zeros(classes, classes, dtype=torch.int64)

    def add(self, found: Tensor, wanted: Tensor) -> None:
        """Count a picture, or several.

        Args:
            found: ``[..., H, W]`` integer class ids of the picture, as a segmenter sees them.
            wanted: of the same shape, the layout. Void pixels (negative) do not count.

        Raises:
            ValueError: shapes that differ, or ids that there are not.
        """
        if found.shape != wanted.shape:
            raise ValueError(
                f"found is {list(found.shape)} and wanted {list(wanted.shape)}; resize the "
                "segmenter's output to the map first"
            )
        classes = len(self._counts)
        counted = wanted >= 0
        found, wanted = found[counted].long(), wanted[counted].long()
        for name, ids in (("found", found), ("wanted", wanted)):
            if len(ids) and not (0 <= int(ids.min()) and int(ids.max()) < classes):
                raise ValueError(f"{name} has ids outside of 0..{classes - 1}")
        pairs = torch.bincount(wanted * classes + found, minlength=classes * classes)
        self._counts += pairs.view(classes, classes).cpu()

    def iou(self) -> Tensor:
        """``[classes]`` intersection / union in 0..1; NaN for a class that no layout wanted."""
        both = self._counts.diagonal()
        wanted, found = self._counts.sum(1), self._counts.sum(0)
        ratio = both.double() / (wanted + found - both)
        return torch.where(wanted > 0, ratio, torch.nan)

    def mean_iou(self, classes: Collection[int] | None = None) -> float:
        """Mean over the wanted classes, or over those of them that are named; NaN for none."""
        values = self.iou()
        if classes is not None:
            values = values[sorted(classes)]
        return float(values.nanmean())

    def accuracy(self) -> float:
        """Share of pixels that show what was wanted there, 0..1."""
        return float(self._counts.diagonal().sum() / self._counts.sum())
