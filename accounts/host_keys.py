"""The server's own SSH keys: made once, kept in the home, the same on every node and after every upgrade."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import asyncssh
from django.conf import settings

from accounts import public_keys

# The first is the one whose fingerprint is shown.
KINDS = {"ed25519": "ssh-ed25519", "ecdsa": "ecdsa-sha2-nistp256", "rsa": "ssh-rsa"}
RSA_BITS = 3072


def load() -> list[asyncssh.SSHKey]:
    """Give every host key; those that are missing are made."""
    return [_load(name) for name in KINDS]


def shown() -> tuple[str, str]:
    """Give the algorithm and the fingerprint of the key that people compare with what ssh shows them."""
    key = _load(next(iter(KINDS)))
    return "SHA-256", public_keys.fingerprint(key.public_data)


def _load(name: str) -> asyncssh.SSHKey:
    folder: Path = settings.BITBUCKET_HOME / "ssh"
    path = folder / f"host_{name}"
    try:
        return asyncssh.read_private_key(path)
    except FileNotFoundError:
        pass
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    options: dict[str, Any] = {"key_size": RSA_BITS} if name == "rsa" else {}
    key = asyncssh.generate_private_key(KINDS[name], **options)
    # Linked into its place whole: of several that start at once, the first one's key is everybody's.
    descriptor, making = tempfile.mkstemp(prefix=".new-", dir=folder)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(key.export_private_key())
            file.flush()
            os.fsync(file.fileno())
        os.link(making, path)
    except FileExistsError:
        return asyncssh.read_private_key(path)
    finally:
        os.unlink(making)
    return key
