"""Objects that the server makes itself: collected in memory, then brought in as a client's pack is.

So Git's own checks (git-fsck(1)) judge a tree made here exactly as they judge one that was pushed,
and nothing of it lies in the repository before it is accepted.
"""

from __future__ import annotations

import hashlib
import re
import struct
import zlib
from collections.abc import Mapping

from gitengine.errors import EditRefused, NoSuchRevision, ProtocolError
from gitengine.quarantine import Quarantine
from gitengine.repository import GitRepository
from gitengine.types import ObjectId, Person

TREE_MODE = 0o040000
COMMIT, TREE, BLOB, TAG = "commit", "tree", "blob", "tag"

_IN_A_PACK = {COMMIT: 1, TREE: 2, BLOB: 3, TAG: 4}
_NOT_IN_A_NAME = re.compile(r"[\x00-\x1f\x7f<>\u2028\u2029]")
_CRUD = " .,:;\"'\\"


class ObjectWriter:
    """New objects over those of a repository."""

    def __init__(self, git: GitRepository):
        self.git = git
        self._opened = git.libgit2()
        self._made: dict[ObjectId, tuple[str, bytes]] = {}

    def add(self, kind: str, data: bytes) -> ObjectId:
        """Take an object in; gives its id."""
        header = f"{kind} {len(data)}\0".encode()
        object_id = hashlib.sha1(header + data, usedforsecurity=False).hexdigest()
        self._made[object_id] = (kind, data)
        return object_id

    def read(self, object_id: ObjectId) -> bytes:
        """Give an object's bytes, made here or there before; NoSuchRevision."""
        if object_id in self._made:
            return self._made[object_id][1]
        try:
            return bytes(self._opened.read(object_id)[1])
        except (KeyError, ValueError):
            raise NoSuchRevision(object_id) from None

    def entries(self, tree: ObjectId) -> dict[bytes, tuple[bytes, bytes]]:
        """Read a tree: each name with its mode as it is written and its id in bytes."""
        return entries_of(self.read(tree))

    def commit(
        self, tree: ObjectId, parents: list[ObjectId], person: Person, time: int, message: str
    ) -> ObjectId:
        """Make a commit whose author and committer are one."""
        who = stamp(person, time)
        lines = [f"tree {tree}", *(f"parent {parent}" for parent in parents)]
        lines += [f"author {who}", f"committer {who}", "", clean_message(message)]
        return self.add(COMMIT, "\n".join(lines).encode())

    def tag(self, name: str, target: ObjectId, person: Person, time: int, message: str) -> ObjectId:
        """Make the object of an annotated tag that names a commit, by its short name."""
        lines = [f"object {target}", "type commit", f"tag {name}", f"tagger {stamp(person, time)}"]
        lines += ["", clean_message(message)]
        return self.add(TAG, "\n".join(lines).encode("utf-8", "surrogateescape"))

    def bring_into(self, incoming: Quarantine, tip: ObjectId) -> None:
        """Write the objects of `tip` into a quarantine; raises EditRefused with Git's reason."""
        pack = self._pack(tip)
        try:
            incoming.unpack([pack], most_bytes=len(pack))
        except ProtocolError as error:
            raise EditRefused(f"Git refuses this change: {error}") from None

    def _pack(self, tip: ObjectId) -> bytes:
        """Write them as a pack, none as a delta (gitformat-pack(5))."""
        needed = self._needed(tip)
        parts = [b"PACK" + struct.pack(">II", 2, len(needed))]
        for object_id in needed:
            kind, data = self._made[object_id]
            parts += [_pack_header(_IN_A_PACK[kind], len(data)), zlib.compress(data)]
        whole = b"".join(parts)
        return whole + hashlib.sha1(whole, usedforsecurity=False).digest()

    def _needed(self, tip: ObjectId) -> list[ObjectId]:
        """Find what was made and is reached from the tip; trees on the way to it may be in no commit."""
        needed: dict[ObjectId, None] = {}
        waiting = [tip]
        while waiting:
            object_id = waiting.pop()
            if object_id in needed or object_id not in self._made:
                continue
            needed[object_id] = None
            kind, data = self._made[object_id]
            if kind == TREE:
                waiting += [found.hex() for _, found in entries_of(data).values()]
            elif kind == COMMIT:
                head = data.split(b"\n\n", 1)[0].decode("utf-8", "surrogateescape")
                lines = [line.split(" ", 1) for line in head.split("\n")]
                waiting += [line[1] for line in lines if line[0] in {"tree", "parent"}]
        return list(needed)


def stamp(person: Person, time: int) -> str:
    """Write who and when as commits do; what would break the line, or end the name, is left out."""
    name = _NOT_IN_A_NAME.sub("", person.name).strip(_CRUD) or "unknown"
    email = _NOT_IN_A_NAME.sub("", person.email).replace(" ", "").strip(_CRUD)
    return f"{name} <{email}> {time} +0000"


def clean_message(message: str) -> str:
    """Give a message as git would keep it: unix lines, no NUL, no blank ends, one newline at the end."""
    lines = message.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(line.rstrip() for line in lines).strip("\n") + "\n"


def _pack_header(kind: int, size: int) -> bytes:
    byte = (kind << 4) | (size & 15)
    size >>= 4
    header = bytearray()
    while size:
        header.append(byte | 0x80)
        byte = size & 0x7F
        size >>= 7
    header.append(byte)
    return bytes(header)


def write_tree(entries: Mapping[bytes, tuple[bytes, bytes]]) -> bytes:
    """Write a tree in Git's order, in which a folder's name counts as ending with a slash."""
    ordered = sorted(
        entries.items(), key=lambda one: one[0] + b"/" if int(one[1][0], 8) == TREE_MODE else one[0]
    )
    return b"".join(b"%s %s\0%s" % (mode, name, id_) for name, (mode, id_) in ordered)


def entries_of(data: bytes) -> dict[bytes, tuple[bytes, bytes]]:
    """Read a tree: each name with its mode as it is written and its id in bytes."""
    found: dict[bytes, tuple[bytes, bytes]] = {}
    position = 0
    while position < len(data):
        end = data.index(b"\0", position)
        mode, _, name = data[position:end].partition(b" ")
        found[name] = (mode, data[end + 1 : end + 21])
        position = end + 21
    return found
