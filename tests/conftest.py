"""Fixtures of all tests."""

from __future__ import annotations

import json
import zlib
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import safe_open
from torch import Tensor

from host_server import HostServer
from in_archive import pack_archive
from in_server import running_package
from missing import not_run

GOLDEN = Path(__file__).parent / "golden"


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter,
) -> Generator[None, None, None]:
    """Says last of all, but for pytest's own last line, what this run says nothing of."""
    yield
    if lines := not_run(terminalreporter.stats.get("skipped", [])):
        terminalreporter.section("not run on this machine", yellow=True)
        for line in lines:
            terminalreporter.write_line(line)


class Golden:
    """Excerpts of the authors' numbers, and the inputs that they belong to."""

    def tensors(self, name: str) -> dict[str, Tensor]:
        with safe_open(GOLDEN / f"{name}.safetensors", framework="pt") as file:
            return {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118

    def metadata(self, name: str) -> dict[str, Any]:
        with safe_open(GOLDEN / f"{name}.safetensors", framework="pt") as file:
            return json.loads(file.metadata()["json"])

    def manifest(self, name: str) -> dict[str, Any]:
        return json.loads((GOLDEN / f"manifest_{name}.json").read_text())

    def label_map(self, name: str) -> Tensor:
        """``[512, 512]`` int16 class ids, −1 where void."""
        with np.load(GOLDEN / f"lcm_{name}.npz") as file:
            return torch.from_numpy(file["label"].astype(np.int16) - 1)

    def counts(self, name: str) -> dict[str, np.ndarray]:
        with np.load(GOLDEN / f"lcm_{name}.npz") as file:
            return dict(file)

    @staticmethod
    def token_class_ids(tokens_cls: Tensor) -> Tensor:
        """Their token list (special tokens from 49406 on) in our form (free tokens are −1)."""
        return torch.where(tokens_cls >= 49406, -1, tokens_cls).long()

    @staticmethod
    def randn(key: str, shape: tuple[int, ...]) -> Tensor:
        """The normal draw that belongs to a key."""
        generator = np.random.RandomState(zlib.crc32(key.encode()) & 0xFFFFFFFF)
        return torch.from_numpy(generator.standard_normal(shape).astype(np.float32))


@pytest.fixture(scope="session")
def golden() -> Golden:
    return Golden()


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The zip file that the node registry gives to users, of the working tree as it is."""
    return pack_archive(tmp_path_factory.mktemp("archive"))


# Of a module, so that its memory is free for the tests after it.
@pytest.fixture(scope="module")
def package_server(archive: Path) -> Iterator[HostServer]:
    """A ComfyUI with the package from the registry and nothing else."""
    with running_package(archive) as server:
        yield server
