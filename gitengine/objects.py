"""Objects read as tolerantly as git reads them: old histories hold what stricter readers refuse.

libgit2 gives the bytes; commits and tags are taken apart here. Whatever a push may bring in
(`quarantine` says what is tolerated) must be readable here.
"""

from __future__ import annotations

import codecs
import re

import pygit2
from pygit2.enums import ObjectType

from gitengine.errors import NoSuchRevision
from gitengine.types import Annotation, Commit, ObjectId, Person

NOBODY = Person("", "")
DEEPEST_TAG = 100
LATEST_TIME = 2**40

_PERSON = re.compile(rb"(?P<name>[^<]*)<(?P<email>[^>]*)>[^0-9-]*(?P<time>-?\d+)?")
# Only codecs for text: others decode what was never meant for them.
_CODECS = re.compile(
    r"utf-?(8|16|16le|16be)|us-ascii|ascii|latin-?1|iso-?8859-?\d{1,2}|cp\d{3,4}|windows-125\d"
    r"|koi8-?[ru]|euc-?(jp|kr|cn|tw)|shift_?jis|sjis|iso-2022-(jp|kr)|gb2312|gbk|gb18030|big5"
)


def peel(opened: pygit2.Repository, object_id: ObjectId) -> tuple[ObjectId, ObjectType | None]:
    """Follow tags to what they name; gives its id and kind, None for what is not there."""
    kind: ObjectType | None = None
    for _ in range(DEEPEST_TAG):
        try:
            found, data = opened.read(object_id)
        except (KeyError, ValueError):
            return object_id, None
        kind = ObjectType(found)
        if kind is not ObjectType.TAG:
            break
        target = re.match(rb"object ([0-9a-f]{40})\n", data)
        if target is None:
            break
        object_id = target[1].decode()
    return object_id, kind


def read_commit(opened: pygit2.Repository, object_id: ObjectId) -> Commit:
    """Read a commit by its whole id; NoSuchRevision if there is none."""
    try:
        kind, data = opened.read(object_id)
    except (KeyError, ValueError):
        raise NoSuchRevision(object_id) from None
    if kind != ObjectType.COMMIT:
        raise NoSuchRevision(object_id)
    return _parse(object_id, data)


def read_annotation(opened: pygit2.Repository, object_id: ObjectId) -> Annotation | None:
    """Read what a tag object says; None for what is no tag."""
    try:
        kind, data = opened.read(object_id)
    except (KeyError, ValueError):
        return None
    if kind != ObjectType.TAG:
        return None
    head, _, message = data.partition(b"\n\n")
    line = next((one for one in head.split(b"\n") if one.startswith(b"tagger ")), b"tagger ")
    tagger, time = _person(line.removeprefix(b"tagger "), "utf-8")
    # What proves the tag stands in its message, and is for programs.
    told, _, _ = message.partition(b"-----BEGIN ")
    return Annotation(tagger, time, _text(told, "utf-8").strip("\n"))


def tree_of(opened: pygit2.Repository, object_id: ObjectId) -> pygit2.Tree:
    """Give the tree of a commit; NoSuchRevision if either is not there."""
    try:
        found = opened[read_commit(opened, object_id).tree]
    except (KeyError, ValueError):
        raise NoSuchRevision(object_id) from None
    if not isinstance(found, pygit2.Tree):
        raise NoSuchRevision(object_id)
    return found


def _parse(object_id: ObjectId, data: bytes) -> Commit:
    head, _, message = data.partition(b"\n\n")
    fields: dict[bytes, bytes] = {}
    parents = []
    for header in head.split(b"\n"):
        keyword, _, value = header.partition(b" ")
        if keyword == b"parent":
            parents.append(value.decode("ascii", "replace"))
        else:
            fields.setdefault(keyword, value)
    encoding = _codec(fields.get(b"encoding", b"utf-8"))
    author, author_time = _person(fields.get(b"author", b""), encoding)
    committer, committer_time = _person(fields.get(b"committer", b""), encoding)
    return Commit(
        id=object_id,
        tree=fields.get(b"tree", b"").decode("ascii", "replace"),
        parents=tuple(parents),
        author=author,
        author_time=author_time,
        committer=committer,
        committer_time=committer_time,
        message=_text(message, encoding).rstrip("\n"),
    )


def _person(value: bytes, encoding: str) -> tuple[Person, int]:
    found = _PERSON.match(value)
    if found is None:
        return NOBODY, 0
    name = _text(found["name"].strip(), encoding)
    time = int((found["time"] or b"0")[:20])
    person = Person(name, _text(found["email"].strip(), encoding))
    # A time that no calendar holds is none.
    return person, time if abs(time) < LATEST_TIME else 0


def _codec(name: bytes) -> str:
    text = name.decode("ascii", "replace").strip().lower()
    try:
        return codecs.lookup(text).name if _CODECS.fullmatch(text) else "utf-8"
    except LookupError:
        return "utf-8"


def _text(data: bytes, encoding: str) -> str:
    try:
        text = data.decode(encoding)
    except ValueError:
        text = data.decode("utf-8", "replace")
    clean = text.encode("utf-8", "replace").decode("utf-8")
    return clean.replace("\x00", "\ufffd")
