"""Checkpoints of a training run: written whole or not at all, and resumed exactly."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from safetensors import SafetensorError

from ..files import why_not_written

_NAME = re.compile(r"^step-(\d+)$")
_FACTS = "run.json"


class CheckpointNotWritten(RuntimeError):
    """A checkpoint could not be written; the ones before it are untouched."""


class Checkpoints:
    """The checkpoints in a folder, named after their steps."""

    def __init__(self, accelerator: Accelerator, folder: Path, keep: int) -> None:
        """
        Args:
            accelerator: holds everything that is saved: model, optimizer, random states and
                registered objects.
            folder: made when the first one is written.
            keep: how many of the newest stay.
        """
        self._accelerator = accelerator
        self._folder = folder
        self._keep = keep

    def all(self) -> list[Path]:
        """Whole checkpoints, the oldest first."""
        found = [(int(m[1]), p) for p in self._folder.glob("step-*") if (m := _NAME.match(p.name))]
        return [path for _, path in sorted(found)]

    def save(self, step: int, facts: dict[str, Any]) -> Path:
        """Write one, then remove those that are too old. All processes must call it together.

        Raises:
            CheckpointNotWritten: in every process, if one of them failed.
        """
        part = self._folder / f"step-{step:08}.part"
        whole = part.with_suffix("")
        self._remove_unfinished()
        problem = ""
        try:
            part.mkdir(parents=True, exist_ok=True)
            self._accelerator.save_state(str(part))
            if self._accelerator.is_main_process:
                (part / _FACTS).write_text(json.dumps(facts, indent=2), encoding="utf-8")
        # What a full disk becomes in Python, in PyTorch and in safetensors.
        except (OSError, RuntimeError, SafetensorError) as error:
            problem = why_not_written(error, self._folder) or str(error).strip().splitlines()[0]
        failed = torch.tensor(int(bool(problem)), device=self._accelerator.device)
        if int(self._accelerator.reduce(failed, "sum")):
            self._remove_unfinished()
            raise CheckpointNotWritten(
                f"the checkpoint of step {step} could not be written to {self._folder} "
                f"({problem or 'another process failed'}). Checkpoints before it are untouched."
            )
        if self._accelerator.is_main_process:
            if whole.exists():
                shutil.rmtree(whole)
            os.replace(part, whole)
            for old in self.all()[: -self._keep]:
                shutil.rmtree(old)
        self._accelerator.wait_for_everyone()
        return whole

    def load(self, path: Path) -> dict[str, Any]:
        """Put everything back to where it was, and return the facts."""
        # LoRA checkpoints hold the trained weights alone.
        self._accelerator.load_state(str(path), strict=False)
        return self.facts(path)

    @staticmethod
    def facts(path: Path) -> dict[str, Any]:
        """What was said of the run when the checkpoint was written."""
        return json.loads((path / _FACTS).read_text(encoding="utf-8"))

    def _remove_unfinished(self) -> None:
        if self._accelerator.is_main_process:
            for part in self._folder.glob("step-*.part"):
                shutil.rmtree(part, ignore_errors=True)
        self._accelerator.wait_for_everyone()


def save_trained_weights_only(models: list, weights: list[dict], folder: str) -> None:
    """Hook for ``Accelerator.save_state``: leave out what is frozen and comes from the base."""
    for model, tensors in zip(models, weights, strict=True):
        module = getattr(model, "module", model)
        trained = {name for name, p in module.named_parameters() if p.requires_grad}
        for name in [name for name in tensors if name.removeprefix("module.") not in trained]:
            del tensors[name]
