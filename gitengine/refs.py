"""Refs: list them, find what a name means, and compare-and-swap many at once.

Reading parses Git's own files (gitrepository-layout(5), git-pack-refs(1)): loose refs first, then
`packed-refs`, the order in which a ref that is just being packed is never missed. Moving is one
`git update-ref --stdin` transaction.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from pygit2.enums import ObjectType

from gitengine import objects, packed_refs, processes
from gitengine.errors import GitFailed, InvalidName, NoSuchRevision
from gitengine.packed_refs import PackedRefs
from gitengine.repository import GitRepository
from gitengine.types import ZERO_ID, ObjectId, Ref, RefChangeKind, RefCommand

BRANCHES = "refs/heads/"
TAGS = "refs/tags/"

FULL_ID = re.compile(r"[0-9a-f]{40}")
SHORT_ID = re.compile(r"[0-9a-fA-F]{4,40}")
LONGEST_NAME = 1000
# From so many on, refs are looked up and moved together.
MANY = 50
# Each ref is synced to disk: a hundred thousand of them take minutes.
MOVE_TIMEOUT = 3600.0

_FORBIDDEN = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//")

Visible = Callable[[str], bool]


def everything(name: str) -> bool:
    """See every ref: the `visible` of callers who hide none."""
    return True


def values(git: GitRepository, names: Iterable[str]) -> dict[str, ObjectId]:
    """Give what each of these refs points at, ZERO_ID where there is none."""
    wanted = list(names)
    if len(wanted) < MANY:
        found = {name: loose for name in wanted if (loose := _read_loose(git, name)) is not None}
    else:
        loose_refs = _loose(git)
        found = {name: loose_refs[name] for name in wanted if name in loose_refs}
    if len(found) < len(wanted):
        packed = packed_refs.read(git.path).by_name
        for name in wanted:
            if name not in found:
                found[name] = packed[name].target if name in packed else ZERO_ID
    return found


def find(git: GitRepository, name: str) -> Ref | None:
    """Give the ref of this full name."""
    loose = _read_loose(git, name) if is_well_formed(name) else None
    if loose is not None:
        return Ref(name, loose, _peel(git, {name: loose})[name])
    return packed_refs.read(git.path).by_name.get(name)


def list_refs(
    git: GitRepository, prefixes: Sequence[str] = ("refs/",), visible: Visible = everything
) -> list[Ref]:
    """Give the refs below any of these prefixes, sorted by name, annotated tags peeled."""
    loose, packed = snapshot(git, prefixes)
    if not loose and len(prefixes) == 1:
        return [ref for ref in packed.below(prefixes[0]) if visible(ref.name)]
    listed = {ref.name: ref for prefix in prefixes for ref in packed.below(prefix)} | loose
    return [listed[name] for name in sorted(listed) if visible(name)]


def snapshot(
    git: GitRepository, prefixes: Sequence[str] = ("refs/",)
) -> tuple[dict[str, Ref], PackedRefs]:
    """Give the loose refs below these prefixes, and all packed ones; a loose one hides its packed namesake."""
    starts = tuple(prefixes)
    found = {name: target for name, target in _loose(git).items() if name.startswith(starts)}
    # Loose ones first: a ref that is being packed meanwhile is in one of both.
    packed = packed_refs.read(git.path)
    peeled = _peel(git, found)
    return {name: Ref(name, target, peeled[name]) for name, target in found.items()}, packed


def resolve(
    git: GitRepository, revision: str, visible: Visible = everything
) -> tuple[ObjectId, str | None]:
    """Find the commit that a name or an id means, and the full ref if it was a name.

    Only names and ids: a full ref, `HEAD`, a branch, a tag, what stands below `refs/` such as
    `pull-requests/1/merge`, a whole or shortened commit id, in this order. Git's revision grammar (`~1`, `:/text`, `@{...}`) is never looked at. NoSuchRevision.
    """
    if revision == "HEAD":
        revision = git.head_branch()
    candidates = (
        [revision]
        if revision.startswith("refs/")
        else [BRANCHES + revision, TAGS + revision, f"refs/{revision}"]
    )
    for name in candidates:
        if visible(name) and (ref := find(git, name)) is not None:
            return commit_behind(git, ref.peeled, revision), name
    if SHORT_ID.fullmatch(revision):
        return commit_behind(git, revision.lower(), revision), None
    raise NoSuchRevision(revision)


def is_well_formed(name: str) -> bool:
    """Whether Git accepts this as a full ref name (git-check-ref-format(1))."""
    if not name.startswith("refs/") or name.endswith(("/", ".")) or len(name) > LONGEST_NAME:
        return False
    if _FORBIDDEN.search(name):
        return False
    parts = name.split("/")
    return len(parts) >= 3 and not any(
        part.startswith(".") or part.endswith(".lock") or len(os.fsencode(part)) > 250
        for part in parts
    )


def check_new_name(name: str) -> None:
    """Raise for invalid full ref names: those that Git refuses, a leading dash, more than 255 bytes."""
    short = name.split("/", 2)[-1]
    if not is_well_formed(name) or short.startswith("-") or short in {"HEAD", "@"}:
        raise InvalidName(f'"{short}" is not a name that a branch or tag can have.')
    if len(name.encode("utf-8", "surrogateescape")) > 255:
        raise InvalidName("The name is too long. Use at most 255 bytes.")


def moved(git: GitRepository, commands: Sequence[RefCommand]) -> list[bool]:
    """Return whether each command's ref has the requested value."""
    current = values(git, [command.name for command in commands])
    return [current[command.name] == command.new for command in commands]


def swap(git: GitRepository, commands: Sequence[RefCommand], *, atomic: bool) -> list[RefCommand]:
    """Move refs from their old values to their new ones; gives each command, refused if it did not move.

    Under `exclusive` only. With `atomic`, all move or none does.
    """
    assert git.lock_fd is not None, "refs move under the repository's lock only"
    judged = _refuse_stale(git, _refuse_clashes(git, commands, atomic))
    if atomic and any(command.refusal for command in judged):
        return [
            command.refused("another ref of this atomic push was refused") for command in judged
        ]
    refusals: dict[str, str] = {}
    going = [command for command in judged if not command.refusal]
    if atomic:
        _transact(git, going, refusals, split=False)
    else:
        # Deletions first: `a` may have to go before `a/b` can come.
        _transact(git, [c for c in going if c.kind is RefChangeKind.DELETE], refusals, split=True)
        _transact(
            git, [c for c in going if c.kind is not RefChangeKind.DELETE], refusals, split=True
        )
    return [command.refused(refusals.get(command.name)) for command in judged]


def _transact(
    git: GitRepository, commands: list[RefCommand], refusals: dict[str, str], *, split: bool
) -> None:
    """Move all in one transaction; if Git refuses, halve to find which, or note what did not move."""
    if not commands:
        return
    try:
        _apply(git, commands)
    except GitFailed:
        have_moved = moved(git, commands)
        left = [command for command, done in zip(commands, have_moved, strict=True) if not done]
        if split and len(commands) > 1:
            middle = (len(left) + 1) // 2
            _transact(git, left[:middle], refusals, split=True)
            _transact(git, left[middle:], refusals, split=True)
        else:
            refusals.update({command.name: "git could not move the ref" for command in left})


def _apply(git: GitRepository, commands: list[RefCommand]) -> None:
    """Move all or none: many that have no loose file in `packed-refs` at once, others by git.

    Git syncs a file for each ref to disk, which takes seconds for thousands of them.
    """
    if len(commands) >= MANY and all(c.kind is not RefChangeKind.DELETE for c in commands):
        peeled = _peel(git, {command.name: command.new for command in commands})
        old = {c.name: None if c.old == ZERO_ID else c.old for c in commands}
        try:
            packed_refs.add(git.path, (Ref(c.name, c.new, peeled[c.name]) for c in commands), old)
        except GitFailed:
            # Some have a loose file, or git is at it: it knows what to do.
            pass
        else:
            return
    processes.run(
        ["update-ref", "--no-deref", "--stdin", "-z"],
        git_dir=git.path,
        stdin=_transaction(commands),
        timeout=MOVE_TIMEOUT,
        pass_fds=[git.lock_fd] if git.lock_fd is not None else [],
    )


def _transaction(commands: Iterable[RefCommand]) -> bytes:
    lines = [b"start\0"]
    for command in commands:
        name = os.fsencode(command.name)
        if command.kind is RefChangeKind.DELETE:
            lines.append(b"delete %s\0%s\0" % (name, command.old.encode()))
        else:
            lines.append(
                b"update %s\0%s\0%s\0" % (name, command.new.encode(), command.old.encode())
            )
    return b"".join([*lines, b"prepare\0", b"commit\0"])


def _refuse_stale(git: GitRepository, commands: Sequence[RefCommand]) -> list[RefCommand]:
    current = values(git, [command.name for command in commands])
    return [
        command
        if current[command.name] == command.old
        else command.refused("the ref was updated by someone else")
        for command in commands
    ]


def _refuse_clashes(
    git: GitRepository, commands: Sequence[RefCommand], atomic: bool
) -> list[RefCommand]:
    """Raise for ref names that conflict with others: Git cannot have both `a` and `a/b`."""
    if not any(command.kind is RefChangeKind.ADD for command in commands):
        return list(commands)
    gone = set() if atomic else {c.name for c in commands if c.kind is RefChangeKind.DELETE}
    loose, packed = _loose(git), packed_refs.read(git.path)
    loose_folders = {above for name in loose if name not in gone for above in _folders(name)}
    added: set[str] = set()
    added_folders: set[str] = set()

    def stands(name: str) -> bool:
        return name in added or (name not in gone and (name in loose or name in packed.by_name))

    def is_folder(name: str) -> bool:
        if name in added_folders or name in loose_folders:
            return True
        return any(ref.name not in gone for ref in packed.below(f"{name}/"))

    judged = []
    for command in commands:
        if command.kind is RefChangeKind.ADD:
            above = next((folder for folder in _folders(command.name) if stands(folder)), None)
            if above or is_folder(command.name):
                clash = above or f"{command.name}/..."
                command = command.refused(f"'{clash}' exists; cannot create '{command.name}'")
            else:
                added.add(command.name)
                added_folders.update(_folders(command.name))
        judged.append(command)
    return judged


def _folders(name: str) -> list[str]:
    parts = name.split("/")
    return ["/".join(parts[:count]) for count in range(2, len(parts))]


def commit_behind(git: GitRepository, object_id: ObjectId, revision: str = "") -> ObjectId:
    """Give the commit that an id, perhaps shortened, or the tag of that id leads to; NoSuchRevision."""
    revision = revision or object_id
    opened = git.libgit2()
    if len(object_id) < 40:
        try:
            object_id = str(opened.expand_id(object_id))
        except (KeyError, ValueError):
            raise NoSuchRevision(revision) from None
    found, kind = objects.peel(opened, object_id)
    if kind is not ObjectType.COMMIT:
        raise NoSuchRevision(revision)
    return found


def _peel(git: GitRepository, targets: Mapping[str, ObjectId]) -> dict[str, ObjectId]:
    """Find the objects behind annotated tags; a branch is a commit already."""
    peeled = dict(targets)
    others = [name for name in targets if not name.startswith(BRANCHES)]
    if others:
        opened = git.libgit2()
        for name in others:
            peeled[name] = objects.peel(opened, targets[name])[0]
    return peeled


def _read_loose(git: GitRepository, name: str) -> ObjectId | None:
    try:
        text = (git.path / name).read_bytes()[:40].decode("ascii", "replace")
    except (OSError, ValueError):
        return None
    return text if FULL_ID.fullmatch(text) else None


def _loose(git: GitRepository) -> dict[str, ObjectId]:
    found = {}
    start = len(os.fspath(git.path)) + 1
    for folder, _, files in os.walk(git.path / "refs"):
        for file in files:
            name = os.path.join(folder, file)[start:]
            if not name.endswith(".lock") and (target := _read_loose(git, name)) is not None:
                found[name] = target
    return found
