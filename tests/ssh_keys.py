"""SSH keys for the tests, made anew for each test process, and the way to use them."""

from __future__ import annotations

import functools
import subprocess
import tempfile
from pathlib import Path


@functools.cache
def mine() -> Path:
    """The key that git uses unless told otherwise; the public half lies beside it, in `.pub`."""
    return make(Path(tempfile.mkdtemp(prefix="ssh-")) / "key")


def make(path: Path, *options: str) -> Path:
    """Make a key pair, as a user would; Ed25519 unless the options say otherwise."""
    subprocess.run(
        ["ssh-keygen", "-q", "-N", "", "-f", path, *(options or ("-t", "ed25519"))], check=True
    )
    return path


def command(key: Path | None = None) -> str:
    """How git, or a test, calls ssh with one key and without the user's own settings."""
    return (
        f"ssh -F none -i {key or mine()} -o IdentitiesOnly=yes -o BatchMode=yes -o LogLevel=ERROR "
        "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null"
    )
