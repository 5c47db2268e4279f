"""Trees that hold each other many times: few objects, very many paths."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.builders import GIT_ENVIRONMENT, git

ENTRIES = 10


def bomb(folder: Path, *, levels: int, branch: str = "bomb", content: str = "x\n") -> str:
    """Make a commit of 10 ** levels files in a repository, on a branch of its own; gives its id.

    There is one ordinary file beside them, `README.md`.
    """
    name = _written(folder, "hash-object", "-w", "--stdin", text=content)
    entry = f"100644 blob {name}"
    for _ in range(levels):
        lines = "".join(f"{entry}\t{number}\n" for number in range(ENTRIES))
        entry = f"040000 tree {_written(folder, 'mktree', text=lines)}"
    root = _written(folder, "mktree", text=f"100644 blob {name}\tREADME.md\n{entry}\tbomb\n")
    made = git("commit-tree", root, "-m", "many paths", cwd=folder)
    git("update-ref", f"refs/heads/{branch}", made, cwd=folder)
    return made


def _written(folder: Path, *args: str, text: str) -> str:
    done = subprocess.run(
        ["git", *args],
        cwd=folder,
        input=text.encode(),
        env=GIT_ENVIRONMENT,
        capture_output=True,
        check=True,
    )
    return done.stdout.decode().strip()
