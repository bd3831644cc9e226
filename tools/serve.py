"""`python3 tools serve`: a real ComfyUI with this pack, in the foreground, for development."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import cache
import comfyui
import seeded_checkpoint
from host_server import HostServer
from report import say

PORT = 8188


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "Other arguments go to ComfyUI, for example --preview-method auto."
    parser.add_argument("--port", type=int, default=PORT)
    parser.add_argument(
        "--models",
        type=Path,
        action="append",
        default=[],
        metavar="DIR",
        help="a models folder (with checkpoints/, loras/, …); may be repeated",
    )
    parser.add_argument(
        "--comfyui",
        default=comfyui.NEWEST,
        choices=list(comfyui.RELEASES),
        metavar="VERSION",
        help=f"{', '.join(comfyui.RELEASES)} (default: the first; COMFYUI_PATH comes before it)",
    )


def serve(options: argparse.Namespace, arguments: Sequence[str]) -> int:
    """Run until CTRL-C. Workflows, inputs and outputs stay in the cache until the next call."""
    host = comfyui.host(options.comfyui)
    checkpoint = seeded_checkpoint.cached(host)
    models = [*options.models, *([host.models] if host.models else [])]
    base = cache.folder() / "serve"
    server = HostServer(
        host,
        models=models,
        arguments=arguments,
        base=base,
        port=options.port,
        foreground=True,
    )
    server.add_model("checkpoints", checkpoint)
    say(f"Base directory (input, output, models): {base}")
    with server:
        say(f"\nComfyUI {host.version} with this pack: {server.url}   (CTRL-C ends it)\n")
        try:
            assert server.process is not None
            return server.process.wait()
        except KeyboardInterrupt:
            say("\nStopping …")
            return 0
