"""A polite stop: the running step is finished and saved before the process ends."""

from __future__ import annotations

import signal
from types import FrameType, TracebackType

import torch
from accelerate import Accelerator


class StopSignal:
    """Within its ``with`` block, CTRL-C and SIGTERM are remembered; a second one ends at once."""

    def __init__(self, accelerator: Accelerator) -> None:
        self._accelerator = accelerator
        self._seen = False
        self._before: dict[int, object] = {}

    def __enter__(self) -> StopSignal:
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._remember)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def requested(self) -> bool:
        """Whether any process was asked to stop. All processes must ask together."""
        if self._accelerator.num_processes == 1:
            return self._seen
        seen = torch.tensor(int(self._seen), device=self._accelerator.device)
        return bool(self._accelerator.reduce(seen, "sum"))

    def _remember(self, number: int, frame: FrameType | None) -> None:
        if self._seen:
            raise KeyboardInterrupt
        self._seen = True
        self._accelerator.print("\nStopping after this step; the state is saved, wait for it.")


def ignore_interrupt(worker: int) -> None:
    """For the processes that read data: the main process decides when they end."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
