"""`make test`: the whole suite on SQLite, then what may differ on PostgreSQL once more there."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests import machines

# What asks no database, or asks it nothing that other tests do not ask: pages, limits of the web server
# and of git, and the matrix, which is the longest of all.
SQLITE_SAYS_ENOUGH = [
    "tests/architecture",
    "tests/availability",
    "tests/gitengine",
    "tests/web",
    "tests/access/test_every_route.py",
    # These bring a PostgreSQL of their own.
    "tests/serving/test_outages.py",
]

# What pytest answers when tests failed, and not pytest itself.
FAILED = 1

# On both cores; what carries a group stays in one process.
TOGETHER = ["-q", "-n", "2", "--dist", "loadgroup"]

# More than these have a common cause, which being alone does not cure.
MOST_TO_TRY_AGAIN = 8


def main() -> int:
    """Run both rounds; the worst exit status counts."""
    arguments = sys.argv[1:]
    print("== SQLite", flush=True)
    status = _round(arguments, dict(os.environ))
    if not machines.postgresql_is_installed():
        if os.environ.get("CI"):
            print("PostgreSQL is not installed, and CI must not skip it.")
            return 1
        print("== PostgreSQL is not installed: its round is skipped")
        return status
    with machines.postgresql() as url:
        print("== PostgreSQL", flush=True)
        leave_out = [f"--ignore={path}" for path in SQLITE_SAYS_ENOUGH]
        again = _round([*leave_out, *arguments], os.environ | {"DATABASE_URL": url})
    return status or again


def _round(arguments: list[str], environment: dict[str, str]) -> int:
    """Run the suite; what failed runs once more, alone and by name, since two cores are few for a browser.

    Who reads the output sees which tests needed that: each is a fault to be found.
    """
    pytest = [sys.executable, "-m", "pytest", "-m", "not torture"]
    with tempfile.TemporaryDirectory() as folder:
        note = Path(folder) / "failed"
        together = [*pytest, *TOGETHER, "--note-failed", str(note), *arguments]
        status = subprocess.run(together, env=environment, check=False).returncode
        failed = note.read_text().splitlines() if note.exists() else []
    if status != FAILED or not 0 < len(failed) <= MOST_TO_TRY_AGAIN:
        return status
    print("== once more, alone, what failed in company", flush=True)
    alone = [*pytest, "-v", "-n", "0", *failed]
    return subprocess.run(alone, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
