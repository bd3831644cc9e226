"""The demo model's loss curves: demo_training.png.

Reads the work folder of `python -m place_core.demo`: PLACE_DEMO, or `demo` in the cache. Stages
that were not trained there are left out.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
from matplotlib import pyplot
from matplotlib.axes import Axes
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

TARGET = Path(__file__).parent / "demo_training.png"
STAGES = (
    ("decoder", "Decoder of the VAE"),
    ("base", "Base: text to image"),
    ("segmenter", "Judge"),
)
FINE_TUNES = (("details", "Fine-tune on details"), ("place", "Fine-tune on scenes"))
SMOOTHED = 50
"""Steps of the fine-tune whose mean makes a point, as in the logs of the other stages."""


def read_log(path: Path) -> tuple[list[int], list[float]]:
    """Steps and losses of a stage; what a run wrote again after a stop counts once."""
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    by_step = {line["step"]: line["loss"] for line in lines}
    return list(by_step), list(by_step.values())


def read_scalars(logs: EventAccumulator, tag: str) -> tuple[np.ndarray, np.ndarray]:
    """Steps and means of a value of the fine-tune."""
    by_step = {event.step: event.value for event in logs.Scalars(tag)}
    steps = sorted(by_step)[: len(by_step) // SMOOTHED * SMOOTHED]
    values = np.array([by_step[s] for s in steps]).reshape(-1, SMOOTHED)
    return np.array(steps).reshape(-1, SMOOTHED)[:, -1], values.mean(1)


def draw_stage(axes: Axes, work: Path, name: str, title: str) -> None:
    axes.plot(*read_log(work / f"{name}.jsonl"))
    axes.set(title=title, xlabel="step", ylabel="loss", yscale="log")


def draw_fine_tune(losses: Axes, alpha: Axes, folder: Path, title: str) -> None:
    logs = EventAccumulator(str(folder), size_guidance={"scalars": 0})
    logs.Reload()
    for tag in sorted(logs.Tags()["scalars"]):
        kind, _, name = tag.partition("/")
        if name != "total":
            (losses if kind == "loss" else alpha).plot(*read_scalars(logs, tag), label=name)
    losses.set(title=title, xlabel="step", ylabel="loss", yscale="log")
    alpha.set(title="α, mean of the layers", xlabel="step", ylim=(0, 1))
    for axes in (losses, alpha):
        axes.legend(fontsize="small")


def main() -> None:
    work = Path(os.environ.get("PLACE_DEMO") or Path(os.environ["PLACE_CACHE"], "demo"))
    trained = [(name, title) for name, title in STAGES if (work / f"{name}.jsonl").exists()]
    tuned = [(work / name / "logs", title) for name, title in FINE_TUNES]
    if not trained or not all(logs.exists() for logs, _ in tuned):
        print(f"Left as it is: {TARGET.name}. There is no training in {work}.")
        return
    columns = len(trained) + 2 * len(tuned)
    figure, axes = pyplot.subplots(1, columns, figsize=(4 * columns, 4), layout="constrained")
    for place, (name, title) in zip(axes, trained, strict=False):
        draw_stage(place, work, name, title)
    for number, (logs, title) in enumerate(tuned):
        place = len(trained) + 2 * number
        draw_fine_tune(axes[place], axes[place + 1], logs, title)
    figure.savefig(TARGET, dpi=70)


if __name__ == "__main__":
    main()
