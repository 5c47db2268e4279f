"""Push a real repository as a mirror, clone it back, and hold both against git on local paths.

Run it as `python -m benchmarks.mirrors --repository /path/to/a/mirror.git`.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import tempfile
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from benchmarks.measuring import database, memory, timed  # noqa: E402
from tests.builders import git  # noqa: E402
from tests.git.histories import assert_same  # noqa: E402
from tests.server import Server  # noqa: E402

AIM_MEGABYTES = 250


def main() -> int:
    """Measure and print; the exit status tells whether the server is small enough."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repository", type=Path, required=True, help="a git repository to push")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        place = Path(folder)
        server = Server(place / "home", **database()).start()
        try:
            idle = memory(server.pid)
            print(f"idle memory of all processes (PSS): {idle:.0f} MB, aim {AIM_MEGABYTES} MB")
            _measure(server, options.repository.resolve(), place)
        finally:
            server.stop()
    return int(idle > AIM_MEGABYTES)


def _measure(server: Server, source: Path, place: Path) -> None:
    address = server.repository(key="BENCH", name="big")
    mirror = place / "mirror.git"
    git("clone", "-q", "--mirror", str(source), str(mirror), cwd=place)
    counted = git("count-objects", "-v", cwd=mirror)
    objects = sum(int(number) for number in re.findall(r"(?:^count|in-pack): (\d+)", counted, re.M))
    print(
        f"repository: {objects} objects, {len(git('for-each-ref', cwd=mirror).splitlines())} refs"
    )
    peer = place / "peer.git"
    git("init", "-q", "--bare", str(peer), cwd=place)
    ours = timed(lambda: git("push", "-q", "--mirror", address, cwd=mirror, check=False))
    theirs = timed(lambda: git("push", "-q", "--mirror", str(peer), cwd=mirror))
    print(
        f"push --mirror: {ours:.1f} s; git to a local path: {theirs:.1f} s; ratio {ours / theirs:.2f}"
    )
    back = place / "back.git"
    ours = timed(lambda: git("clone", "-q", "--mirror", address, str(back), cwd=place))
    no_links = ("clone", "-q", "--mirror", "--no-local", str(peer), str(place / "peer-back.git"))
    theirs = timed(lambda: git(*no_links, cwd=place))
    print(
        f"clone --mirror: {ours:.1f} s; git from a local path: {theirs:.1f} s; ratio {ours / theirs:.2f}"
    )
    assert_same(mirror, back)
    git("fsck", "--full", cwd=back)
    print("what came back is identical, and fsck is content")


if __name__ == "__main__":
    sys.exit(main())
