"""A small training loop that writes checkpoints and goes on where it was stopped."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from diffusers.training_utils import EMAModel
from torch import Tensor

from ..files import replaced
from ..training.learning_rate import rate_share
from .precision import fast_autocast

_SAVE_SECONDS = 120.0


def training_device() -> torch.device:
    """A CUDA GPU if there is one, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def train_steps(
    state: Path,
    modules: Mapping[str, torch.nn.Module],
    learning_rate: float,
    steps: int,
    loss_of: Callable[[int], Tensor],
    ema_decay: float = 0.999,
    rate_factors: Mapping[str, float] | None = None,
) -> None:
    """Train to ``steps`` with AdamW, a warm-up and a cosine decay; leave the averaged weights.

    The loss is computed in bfloat16 where the device knows it: about twice as fast there.

    What a step sees must depend on its number only; then a run that was stopped ends where one
    that was not does.

    Args:
        state: file that is written every two minutes and at the end; losses go beside it
            (``.jsonl``, a line for every 50 steps: their mean loss and how many seconds they took).
        modules: what is trained, by name; on return they hold the moving average.
        learning_rate: at its highest, after the warm-up.
        steps: of the whole run.
        loss_of: step number → loss.
        ema_decay: of the moving average.
        rate_factors: by name of a module, factor on its learning rate; 1 for the others.
    """
    parameters = [p for module in modules.values() for p in module.parameters()]
    groups = _by_factor(modules, rate_factors or {})
    optimizer = torch.optim.AdamW(
        [{"params": group} for group in groups.values()], learning_rate, weight_decay=0.01
    )
    average = EMAModel(parameters, decay=ema_decay, foreach=True)
    first = _load(state, modules, optimizer, average)
    saved, logged, recent = time.monotonic(), time.monotonic(), []
    for step in range(first, steps):
        rate = learning_rate * rate_share(step, steps, steps // 50, cosine=True)
        for group, factor in zip(optimizer.param_groups, groups, strict=True):
            group["lr"] = factor * rate
        with fast_autocast(parameters[0].device):
            loss = loss_of(step)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        average.step(parameters)
        # Not read yet: a GPU would have to be waited for.
        recent.append(loss.detach())
        if (step + 1) % 50 == 0:
            mean = torch.stack(recent).mean().item()
            _log(state, step + 1, mean, time.monotonic() - logged)
            recent, logged = [], time.monotonic()
        if step + 1 == steps or time.monotonic() - saved > _SAVE_SECONDS:
            _save(state, step + 1, modules, optimizer, average)
            saved = time.monotonic()
    average.copy_to(parameters)


def _by_factor(
    modules: Mapping[str, torch.nn.Module], factors: Mapping[str, float]
) -> dict[float, list[torch.nn.Parameter]]:
    """Parameters by the factor on their learning rate."""
    groups: dict[float, list[torch.nn.Parameter]] = {}
    for name, module in modules.items():
        groups.setdefault(factors.get(name, 1.0), []).extend(module.parameters())
    return groups


def _load(
    state: Path,
    modules: Mapping[str, torch.nn.Module],
    optimizer: torch.optim.Optimizer,
    average: EMAModel,
) -> int:
    if not state.exists():
        return 0
    saved = torch.load(state, weights_only=True, map_location=training_device())
    for name, module in modules.items():
        module.load_state_dict(saved["modules"][name])
    optimizer.load_state_dict(saved["optimizer"])
    average.load_state_dict(saved["average"])
    return saved["step"]


def _save(
    state: Path,
    step: int,
    modules: Mapping[str, torch.nn.Module],
    optimizer: torch.optim.Optimizer,
    average: EMAModel,
) -> None:
    content = {
        "step": step,
        "modules": {name: module.state_dict() for name, module in modules.items()},
        "optimizer": optimizer.state_dict(),
        "average": average.state_dict(),
    }
    with replaced(state) as part:
        torch.save(content, part)


def _log(state: Path, step: int, loss: float, seconds: float) -> None:
    line = json.dumps({"step": step, "loss": round(loss, 6), "seconds": round(seconds, 1)})
    with state.with_suffix(".jsonl").open("a", encoding="utf-8") as file:
        file.write(f"{line}\n")
    print(f"{state.stem} {step}: {loss:.4f}", flush=True)
