"""The changed files as a tree of folders, as HTML: folders with one folder in them are one step."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html import escape
from urllib.parse import quote

_LETTERS = {"added": "A", "deleted": "D", "modified": "M", "moved": "R", "copied": "C"}


@dataclass(frozen=True)
class TreeNode:
    """A changed file: its path as people read it, in a word what happened, and how many lines came and went."""

    path: str
    kind: str
    added: int = 0
    removed: int = 0


@dataclass
class _Folder:
    folders: dict[str, _Folder] = field(default_factory=dict)
    leaves: list[TreeNode] = field(default_factory=list)


def draw(leaves: Iterable[TreeNode]) -> str:
    """Write the tree; each file links to its place on the page."""
    root = _Folder()
    for leaf in leaves:
        folder = root
        for name in leaf.path.split("/")[:-1]:
            folder = folder.folders.setdefault(name, _Folder())
        folder.leaves.append(leaf)
    return f"<ul>{''.join(_inside(root))}</ul>"


def _inside(folder: _Folder) -> Iterator[str]:
    for name, below in sorted(folder.folders.items()):
        while len(below.folders) == 1 and not below.leaves:
            ((inner, below),) = below.folders.items()
            name = f"{name}/{inner}"
        inside = "".join(_inside(below))
        yield f"<li><details open><summary>{escape(name)}</summary><ul>{inside}</ul></details></li>"
    for leaf in folder.leaves:
        yield _leaf(leaf)


def _leaf(leaf: TreeNode) -> str:
    name = escape(leaf.path.rpartition("/")[2])
    counts = f'<span class="count-added">+{leaf.added}</span>' if leaf.added else ""
    counts += f'<span class="count-removed">−{leaf.removed}</span>' if leaf.removed else ""
    title = escape(f"{leaf.path} ({leaf.kind})")
    sign = f'<span class="sign sign-{leaf.kind}" aria-hidden="true">{_LETTERS[leaf.kind]}</span>'
    return (
        f'<li><a href="#{quote(leaf.path)}" title="{title}">{sign}<span class="name">{name}</span>'
        f'<span class="counts">{counts}</span></a></li>'
    )
