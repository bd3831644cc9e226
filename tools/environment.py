"""Python environments made from a lock file, kept in the cache, and never half finished.

A layer is a folder with a few packages more, for those who look into it.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Callable
from pathlib import Path

import cache
from report import Failure, run_logged, say, step

HERE = Path(__file__).resolve().parent
HOST_LOCK = HERE / "requirements.lock"
VALIDATE_LOCK = HERE / "requirements-validate.lock"
MANAGER_LAYER = HERE / "layer-manager.txt"
FRONT_END_LAYER = HERE / "layer-front-end.txt"

UV = "uv==0.13.9"
GIGABYTE = 10**9
# On Linux the registry's torch brings CUDA along.
HOST_SIZE = 7 * GIGABYTE if sys.platform == "linux" else 3 * GIGABYTE
VALIDATE_SIZE = GIGABYTE // 5
LAYER_SIZE = GIGABYTE // 5


def host_python() -> Path:
    """The Python that runs ComfyUI and the tests; its environment is made on the first call."""
    return _python_of(_environment("host", HOST_LOCK, HOST_SIZE))


def validation_python() -> Path:
    """The Python that has comfy-cli, for `-m comfy_cli node validate`; made on the first call."""
    return _python_of(_environment("validate", VALIDATE_LOCK, VALIDATE_SIZE))


def manager_layer() -> Path:
    """A folder for PYTHONPATH with ComfyUI-Manager; made on the first call."""
    return _layer("manager", MANAGER_LAYER)


def newest_front_end() -> Path:
    """The folder of the newest front end for --front-end-root; made on the first call."""
    return _layer("front-end", FRONT_END_LAYER) / "comfyui_frontend_package" / "static"


def _python_of(folder: Path) -> Path:
    if os.name == "nt":
        return folder / "Scripts" / "python.exe"
    return folder / "bin" / "python"


def _environment(name: str, lock: Path, size: int) -> Path:
    def fill(folder: Path, log: Path) -> None:
        with step(f"Making the {name} environment in {folder}"):
            venv.EnvBuilder(symlinks=os.name != "nt").create(folder)
            _install_pip(_python_of(folder), log)
        with step(f"Installing the packages of {lock.name} (log: {log})"):
            _install(_python_of(folder), lock, log)

    # False also when the base Python, to which the environment links, has gone.
    return _made(name, lock, size, fill, lambda folder: _python_of(folder).exists())


def _layer(name: str, lock: Path) -> Path:
    """Packages in a folder of their own, which need those of the host's environment."""
    python = host_python()

    def fill(folder: Path, log: Path) -> None:
        with step(f"Installing the packages of {lock.name} (log: {log})"):
            command = [python, "-m", "pip", "install", "--no-deps", "--only-binary", ":all:"]
            run_logged([*command, "--target", folder, "-r", lock], log)

    return _made(name, lock, LAYER_SIZE, fill, Path.is_dir)


def _made(
    name: str,
    lock: Path,
    size: int,
    fill: Callable[[Path, Path], None],
    is_whole: Callable[[Path], bool],
) -> Path:
    """The folder that was filled from a lock file, now or before; `fill` gets it and a log."""
    stamp = cache.folder() / "environments" / f"{name}-{_key(lock)}.txt"
    if (ready := _finished(stamp)) and is_whole(ready):
        return ready
    stamp.parent.mkdir(exist_ok=True)
    with cache.locked(f"{name} environment"):
        if (ready := _finished(stamp)) and is_whole(ready):
            return ready
        return _make(name, size, stamp, fill)


def _key(lock: Path) -> str:
    """Changes with the lock file, the Python version and the machine's kind."""
    python = f"{sys.implementation.name}{sys.version_info.major}.{sys.version_info.minor}"
    machine = f"{sys.platform}-{platform.machine()}"
    return f"{python}-{machine}-{hashlib.sha256(lock.read_bytes()).hexdigest()[:12]}"


def _finished(stamp: Path) -> Path | None:
    """The folder that the stamp names, if its set-up came to the end."""
    try:
        return stamp.parent / stamp.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None


def _make(name: str, size: int, stamp: Path, fill: Callable[[Path, Path], None]) -> Path:
    """Fill a new folder, and only then write the stamp that makes it count."""
    _remove_others(stamp)
    cache.require_space(size, f"The {name} environment")
    # A new name each time: the installer of a killed run may still be writing to the old one.
    folder = Path(tempfile.mkdtemp(prefix=f"{stamp.stem}-", dir=stamp.parent))
    log = cache.folder() / f"{name}-environment.log"
    log.write_text("", encoding="utf-8")
    try:
        fill(folder, log)
        with cache.written_whole(stamp) as path:
            path.write_text(folder.name, encoding="utf-8")
        _remove_others(stamp, keep=folder)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return folder


def _remove_others(stamp: Path, keep: Path | None = None) -> None:
    """Remove unfinished set-ups of the same environment."""
    for leftover in stamp.parent.glob(f"{stamp.stem}-*"):
        if leftover != keep:
            say(f"Removing an unfinished set-up, {leftover.name} …")
            shutil.rmtree(leftover, ignore_errors=True)


def _install_pip(python: Path, log: Path) -> None:
    """Debian's Python may come without ensurepip; then another pip can do it."""
    try:
        run_logged([python, "-m", "ensurepip"], log)
    except Failure:
        try:
            run_logged([sys.executable, "-m", "pip", "--python", python, "install", "pip"], log)
        except Failure as problem:
            raise Failure(
                f"{sys.executable} has neither ensurepip nor a recent pip. Install one "
                "(Debian and Ubuntu: `apt install python3-venv`) and start again."
            ) from problem


def _install(python: Path, lock: Path, log: Path) -> None:
    """With uv, which is several times as fast; with pip where uv is not to be had or fails."""
    settings = _pip_settings(python)
    # uv knows nothing of a pip that is set up to live without an index.
    if "no-index" not in settings:
        try:
            run_logged([python, "-m", "pip", "install", "--only-binary", ":all:", UV], log)
            run_logged(
                [python, "-m", "uv", "pip", "install", "--python", python, "-r", lock],
                log,
                env=_uv_variables(settings),
            )
            return
        except Failure:
            say(f"  uv could not do it (see {log}); trying pip, which is slower")
    run_logged([python, "-m", "pip", "install", "-r", lock], log)


def _pip_settings(python: Path) -> dict[str, str]:
    """What pip is set up with by files and variables, as {"index-url": …}; variables win."""
    command = [str(python), "-m", "pip", "config", "list"]
    lines = subprocess.run(command, capture_output=True, text=True).stdout.splitlines()
    settings: dict[str, str] = {}
    for section in ("global", "install", ":env:"):
        for line in lines:
            name, _, value = line.partition("=")
            where, _, option = name.rpartition(".")
            if where == section:
                settings[option] = value.strip("'\"")
    return settings


def _uv_variables(settings: dict[str, str]) -> dict[str, str]:
    """uv does not read pip's configuration: pass on the registry and the certificates."""
    variables = dict(os.environ)
    # In the cache, so that files are linked into the environment and not copied.
    variables.setdefault("UV_CACHE_DIR", str(cache.folder() / "uv"))
    variables.setdefault("UV_HTTP_TIMEOUT", "300")
    if "index-url" in settings and "UV_INDEX_URL" not in variables:
        variables.setdefault("UV_DEFAULT_INDEX", settings["index-url"])
    if "cert" in settings:
        variables.setdefault("SSL_CERT_FILE", settings["cert"])
    return variables
