"""The text of a public SSH key, judged: one line, one key, of a kind and length that is still good."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from typing import Any

import asyncssh

from accounts.errors import UnfitKey
from core import site_settings

LONGEST_TEXT = 20_000
LONGEST_LABEL = 255

# By the name at the beginning of the text: Bitbucket's word for the algorithm.
ALGORITHMS = {
    "ssh-rsa": "RSA",
    "ssh-ed25519": "ED25519",
    "ecdsa-sha2-nistp256": "ECDSA",
    "ecdsa-sha2-nistp384": "ECDSA",
    "ecdsa-sha2-nistp521": "ECDSA",
    "sk-ssh-ed25519@openssh.com": "ED25519_SK",
    "sk-ecdsa-sha2-nistp256@openssh.com": "ECDSA_SK",
}
# What an administrator may ask of each; the first is what we ask in any case.
LENGTHS = {
    "RSA": (2048, 3072, 4096),
    "ECDSA": (256, 384, 521),
    "ED25519": (256,),
    "ECDSA_SK": (256,),
    "ED25519_SK": (256,),
}

_TEXT = re.compile(r"([a-z0-9@.-]+)[ \t]+([A-Za-z0-9+/]+={0,2})(?:[ \t]+(.*))?")


@dataclass(frozen=True)
class PublicKey:
    """A key as its text says it."""

    text: str
    comment: str
    algorithm: str
    bit_length: int
    fingerprint: str


def read(text: str) -> PublicKey:
    """Read the text of a public key in OpenSSH's form; UnfitKey with a sentence that says why not."""
    text = text.strip()
    if len(text) > LONGEST_TEXT:
        raise UnfitKey("This is too long to be a public key.")
    if "PRIVATE KEY" in text:
        raise UnfitKey(
            "This is a private key. Never give it away; paste the file that ends in .pub."
        )
    if len(text.splitlines()) > 1 or not text.isprintable():
        raise UnfitKey("Paste one public key, on one line.")
    match = _TEXT.fullmatch(text)
    if match is None:
        raise UnfitKey(
            "This is not a public SSH key. It must start with ssh-ed25519, ssh-rsa or ecdsa-sha2-."
        )
    kind, encoded, comment = match[1], match[2], (match[3] or "").strip()
    if kind == "ssh-dss":
        raise UnfitKey("DSA keys are too weak. Create a key with: ssh-keygen -t ed25519")
    if kind not in ALGORITHMS:
        raise UnfitKey(f"Keys of the kind {kind[:60]} are not taken.")
    try:
        data = base64.b64decode(encoded, validate=True)
        key = asyncssh.import_public_key(f"{kind} {encoded}")
    except (binascii.Error, ValueError, asyncssh.KeyImportError):
        raise UnfitKey("The key is damaged. Copy the complete key again.") from None
    if key.public_data != data or key.get_algorithm() != kind:
        raise UnfitKey("The key is damaged. Copy the complete key again.")
    found = PublicKey(
        text=f"{kind} {encoded}",
        comment=comment[:LONGEST_LABEL],
        algorithm=ALGORITHMS[kind],
        bit_length=_bits(key, kind),
        fingerprint=fingerprint(data),
    )
    if not is_allowed(found.algorithm, found.bit_length):
        raise UnfitKey(_why_not(found))
    return found


def fingerprint(data: bytes) -> str:
    """Give the fingerprint of a key's bytes, as ssh-keygen does without its "SHA256:"."""
    return base64.b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")


def is_allowed(algorithm: str, bit_length: int) -> bool:
    """Whether the site takes keys of this kind and length."""
    rule = restrictions()[algorithm]
    return bool(rule["allowed"]) and bit_length >= rule["minKeyLength"]


def restrictions() -> dict[str, dict[str, Any]]:
    """Give for every algorithm whether it is allowed and how long its keys must be."""
    changed = {
        rule["algorithm"]: rule for rule in site_settings.read(site_settings.SSH_KEY_RESTRICTIONS)
    }
    return {
        name: {"algorithm": name, "allowed": True, "minKeyLength": lengths[0]}
        | changed.get(name, {})
        for name, lengths in LENGTHS.items()
    }


def _why_not(key: PublicKey) -> str:
    rule = restrictions()[key.algorithm]
    if not rule["allowed"]:
        return f"{key.algorithm} keys are not allowed on this server."
    return (
        f"The key is too short: {key.algorithm} keys need {rule['minKeyLength']} bits at least, "
        f"and this one has {key.bit_length}."
    )


def _bits(key: asyncssh.SSHKey, kind: str) -> int:
    if kind == "ssh-rsa":
        return int(key.pyca_key.key_size)  # type: ignore[union-attr]
    found = re.search(r"nistp(\d+)", kind)
    return int(found[1]) if found else 256
