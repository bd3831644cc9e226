"""A real ComfyUI server as a subprocess, with this pack among its custom nodes.

It works in a base directory of its own, so a user's installation is read and never written.
"""

from __future__ import annotations

import functools
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO

from comfyui import Host
from host_client import HostClient, HostError
from report import step, tail

REPOSITORY = Path(__file__).resolve().parent.parent
PACK_NAME = "comfyui-place"
"""What a clone is called. From the registry it is `place-layout`, and users may rename it."""

START_SECONDS = 300.0
STOP_SECONDS = 15.0
NOT_PART_OF_THE_PACK = {"benchmarks", "output", "tests", "tools"}
"""Folders of the repository that a copied pack does without; folders inside of others may have
the same names."""

_GPU_SCRIPT = """
import torch
for name in ("cuda", "xpu", "mps"):
    if hasattr(torch, name) and getattr(torch, name).is_available():
        torch.ones(1, device=name).sum().item()
        break
else:
    raise SystemExit(1)
"""


@functools.lru_cache
def has_gpu(python: Path) -> bool:
    """Whether the torch of this Python can compute on a GPU."""
    command = [str(python), "-c", _GPU_SCRIPT]
    return subprocess.run(command, capture_output=True).returncode == 0


class HostServer:
    """A server that lives as long as the `with` block.

    host        the ComfyUI to run.
    packs       what is installed in custom_nodes, by its name there: folders, which are linked, or
                zip files, which are unpacked; None means this repository as a clone, and an empty
                mapping leaves custom_nodes as it is.
    models      folders with ComfyUI's layout (checkpoints/, loras/, …) to find models in.
    arguments   more words for ComfyUI's command line.
    python_path folders in which the host's Python looks for modules before its own.
    prefix      words before the command: a program that runs it.
    cpu         leave the GPU alone; None means: only where there is no usable one.
    base        base directory that stays; None makes one that goes with the server.
    port        None picks a free one.
    foreground  show the server's log on the terminal instead of keeping it in a file.
    """

    def __init__(
        self,
        host: Host,
        *,
        packs: Mapping[str, Path] | None = None,
        models: Sequence[Path] = (),
        arguments: Sequence[str] = (),
        python_path: Sequence[Path] = (),
        prefix: Sequence[str] = (),
        cpu: bool | None = None,
        base: Path | None = None,
        port: int | None = None,
        foreground: bool = False,
    ) -> None:
        self.host = host
        self.packs = {PACK_NAME: REPOSITORY} if packs is None else dict(packs)
        self.models = list(models)
        self.arguments = list(arguments)
        self.python_path = list(python_path)
        self.prefix = list(prefix)
        self.cpu = not has_gpu(host.python) if cpu is None else cpu
        self.port = port or _free_port()
        self.foreground = foreground
        self.client = HostClient(f"http://127.0.0.1:{self.port}", diagnose=self._state)
        self.process: subprocess.Popen[bytes] | None = None
        self._temporary = base is None
        self.base = base or Path(tempfile.mkdtemp(prefix="place-host-"))
        self.log = self.base / "server.log"

    @property
    def url(self) -> str:
        """Where the server answers, e.g. http://127.0.0.1:8188."""
        return self.client.url

    def __enter__(self) -> HostServer:
        where = "the CPU" if self.cpu else "the GPU"
        try:
            with step(f"Starting ComfyUI {self.host.version} on {where}"):
                self._prepare()
                self._start()
                self._wait_until_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def add_model(self, kind: str, file: Path) -> str:
        """Make a file known as a model of `kind` ("checkpoints", …); returns its name there."""
        target = self.base / "models" / kind / file.name
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists():
            _link(file, target)
        return file.name

    def stop(self) -> None:
        """End the server and remove its temporary base directory."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if self._temporary:
            shutil.rmtree(self.base, ignore_errors=True)

    def _prepare(self) -> None:
        for name in ("custom_nodes", "models", "input", "output", "temp", "user"):
            (self.base / name).mkdir(parents=True, exist_ok=True)
        for name, pack in self.packs.items():
            install_pack(pack, self.base / "custom_nodes" / name)

    def _command(self) -> list[str]:
        command = [*self.prefix, str(self.host.python), "main.py", "--listen", "127.0.0.1"]
        command += ["--port", str(self.port), "--base-directory", str(self.base)]
        command += ["--disable-auto-launch", "--disable-api-nodes"]
        # Every installation may be running already, with its database locked.
        command += ["--database-url", "sqlite:///:memory:"]
        if self.cpu:
            command.append("--cpu")
        if self.models:
            command += ["--extra-model-paths-config", str(self._write_model_paths())]
        return command + self.arguments

    def _write_model_paths(self) -> Path:
        """JSON is YAML too, so no YAML library is needed to write the host's configuration."""
        paths = {
            f"models_{index}": {
                "base_path": str(folder.absolute()),
                **{kind.name: kind.name for kind in sorted(folder.iterdir()) if kind.is_dir()},
            }
            for index, folder in enumerate(self.models)
        }
        file = self.base / "model_paths.yaml"
        file.write_text(json.dumps(paths, indent=2), encoding="utf-8")
        return file

    def _start(self) -> None:
        variables = dict(os.environ, PYTHONUNBUFFERED="1")
        if self.host.users_own:
            variables["PYTHONDONTWRITEBYTECODE"] = "1"
        if self.python_path:
            variables["PYTHONPATH"] = os.pathsep.join(map(str, self.python_path))
        log: IO[bytes] | None = None if self.foreground else self.log.open("wb")
        self.process = subprocess.Popen(
            self._command(),
            cwd=self.host.path,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT if log else None,
        )
        if log:
            log.close()

    def _wait_until_ready(self) -> None:
        assert self.process is not None
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise HostError(f"ComfyUI ended while starting. {self._state()}")
            try:
                self.client.object_info()
            except HostError:
                time.sleep(0.3)
            else:
                self._require_packs()
                return
        raise HostError(f"ComfyUI did not answer within {START_SECONDS:.0f} s. {self._state()}")

    def _require_packs(self) -> None:
        """The host goes on without a custom node that fails to import; here that is an error."""
        if self.foreground:
            return
        text = tail(self.log, lines=10_000)
        for line in text.splitlines():
            if "IMPORT FAILED" in line and Path(line.partition(": ")[2]).name in self.packs:
                trace = text[text.find("Traceback") : text.find("Import times")].rstrip()
                raise HostError(f"ComfyUI could not import the pack.\n{trace}")

    def _state(self) -> str:
        """Whether the server still runs, and the end of its log."""
        code = self.process.poll() if self.process else None
        state = "It is still running." if code is None else f"It ended with code {code}."
        return state if self.foreground else f"{state} Its log ends with:\n{tail(self.log)}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def install_pack(pack: Path, target: Path) -> None:
    """Put a pack, a folder or a zip file, at `target` in a folder for custom nodes."""
    if target.is_symlink():
        target.unlink()
    elif target.exists():
        shutil.rmtree(target)
    if pack.is_file():
        with zipfile.ZipFile(pack) as archive:
            archive.extractall(target)
        return
    try:
        target.symlink_to(pack, target_is_directory=True)
    except OSError:  # Windows without the right to make symlinks
        shutil.copytree(pack, target, ignore=functools.partial(_ignored, pack))


def _ignored(pack: Path, folder: str, names: list[str]) -> set[str]:
    """What a copy of the pack leaves out of one of its folders; see shutil.copytree."""
    ignored = {name for name in names if name == "__pycache__" or name.startswith(".")}
    return ignored | (NOT_PART_OF_THE_PACK & set(names) if Path(folder) == pack else set())


def _link(file: Path, target: Path) -> None:
    for make in (os.symlink, os.link, shutil.copyfile):
        try:
            make(file.absolute(), target)
        except OSError:
            continue
        return
    raise HostError(f"Could not put {file} at {target}.")
