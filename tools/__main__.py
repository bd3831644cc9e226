"""The everyday commands: `python3 tools demo | test | serve | bench | pictures`.

They need Python 3.10 or newer and a package registry, nothing else. What they download goes to a
cache folder outside the repository (`PLACE_CACHE` moves it) and is reused, also without a network.
`COMFYUI_PATH` makes them use your own ComfyUI instead of a downloaded one; it is never written to.
"""

from __future__ import annotations

import argparse
import signal
import sys


def main() -> int:
    if sys.version_info < (3, 10):  # noqa: UP036 (it is the user who needs to be told)
        print(f"Python 3.10 or newer is needed; this is {sys.version.split()[0]}.", file=sys.stderr)
        return 2

    # After the check: older Pythons could not even read these modules.
    import demo
    import scripts
    import serve
    import testing
    from host_client import HostError
    from report import Failure, use_utf8

    use_utf8()
    # A plain end of the process, so that servers are stopped and half-made folders removed.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))

    parser = argparse.ArgumentParser(
        prog="python3 tools",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    demo.add_arguments(
        commands.add_parser("demo", help="run the example workflow in a real ComfyUI")
    )
    commands.add_parser(
        "test",
        help="lint and all tests; what follows goes to pytest",
        add_help=False,
    )
    serve.add_arguments(
        commands.add_parser("serve", help="start ComfyUI with this pack for development")
    )
    for command, does in (("bench", "run benchmarks"), ("pictures", "make the pictures anew")):
        scripts.add_arguments(commands.add_parser(command, help=does), command)

    options, rest = parser.parse_known_args()
    try:
        if options.command == "test":
            return testing.test(rest)
        if options.command == "serve":
            return serve.serve(options, rest)
        if rest:
            parser.error(f"unrecognized arguments: {' '.join(rest)}")
        return demo.demo(options) if options.command == "demo" else scripts.run(options)
    except (Failure, HostError) as problem:
        print(f"\n{problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
