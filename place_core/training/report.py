"""What a run tells about itself: progress bar, TensorBoard, pictures, files passed over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import TracebackType

import torch
from accelerate import Accelerator
from PIL import Image
from torch import Tensor
from tqdm.auto import tqdm

from ..pixels import from_unit
from .config import Config
from .step import Losses

# More bad files than this are counted, not named.
_NAMED = 20


class Report:
    """Open within its ``with`` block. Only the main process writes; all name their bad files."""

    def __init__(self, accelerator: Accelerator, config: Config, first_step: int) -> None:
        self._accelerator = accelerator
        self._config = config
        self._bar = tqdm(
            total=config.steps,
            initial=first_step,
            unit="step",
            disable=not accelerator.is_main_process,
            dynamic_ncols=True,
        )
        self._passed_over: set[str] = set()
        self._log_failed = False

    def __enter__(self) -> Report:
        self._accelerator.init_trackers("")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.close()
        if self._passed_over:
            print(f"{len(self._passed_over)} files were passed over.")
        with self._outliving_a_full_disk():
            for tracker in self._accelerator.trackers:
                tracker.finish()

    def say(self, text: str) -> None:
        """A line above the progress bar."""
        if self._accelerator.is_main_process:
            self._bar.write(text)

    def passed_over(self, problems: Iterable[str]) -> None:
        """Name files that could not be used, each once."""
        for problem in problems:
            if problem in self._passed_over:
                continue
            self._passed_over.add(problem)
            if len(self._passed_over) <= _NAMED:
                self._bar.write(f"Passed over: {problem}")
            elif len(self._passed_over) == _NAMED + 1:
                self._bar.write("More files are passed over; they are counted from here on.")

    def losses(self, step: int, losses: Losses, alpha: Mapping[int, float]) -> None:
        """The losses of a step, mean over the processes, and α by timestep, mean over layers."""
        terms = {"total": losses.total, "denoising": losses.denoising}
        if self._config.alignment_weight > 0:
            terms["alignment"] = losses.alignment
        if self._config.preservation_weight > 0:
            terms["preservation"] = losses.preservation
        means = self._accelerator.reduce(torch.stack(list(terms.values())), "mean").tolist()
        values = dict(zip(terms, means, strict=True))
        with self._outliving_a_full_disk():
            self._accelerator.log(
                {f"loss/{name}": value for name, value in values.items()}
                | {f"alpha/timestep {timestep}": value for timestep, value in alpha.items()},
                step=step,
            )
        self._bar.set_postfix({name: f"{value:.4f}" for name, value in values.items()})
        self._bar.update(step - self._bar.n)

    def pictures(self, step: int, name: str, pictures: Sequence[Tensor]) -> None:
        """Pictures ``[H, W, 3]`` in 0..1, into TensorBoard and the folder ``validation``."""
        if not self._accelerator.is_main_process:
            return
        folder = self._config.output / "validation"
        writer = self._accelerator.get_tracker("tensorboard", unwrap=True)
        with self._outliving_a_full_disk():
            folder.mkdir(parents=True, exist_ok=True)
            for number, picture in enumerate(pictures):
                writer.add_image(f"{name}/{number}", picture, step, dataformats="HWC")
                file = folder / f"{name}-{number}-{step:06}.png"
                Image.fromarray(from_unit(picture)).save(file)

    @contextmanager
    def _outliving_a_full_disk(self) -> Iterator[None]:
        """A run goes on without its log; for checkpoints there are rules of their own."""
        try:
            yield
        except OSError as error:
            if not self._log_failed:
                self.say(f"The log cannot be written ({error}). Training goes on without it.")
            self._log_failed = True
