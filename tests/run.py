"""`make test`: the whole suite on SQLite, then what may differ on PostgreSQL once more there."""

from __future__ import annotations

import os
import subprocess
import sys

from tests import machines

# What no database is asked for, and what asks it nothing that other tests do not ask: pages, and the
# matrix, which is the longest of all.
SQLITE_SAYS_ENOUGH = [
    "tests/architecture",
    "tests/gitengine",
    "tests/web",
    "tests/access/test_every_route.py",
]


def main() -> int:
    """Run both rounds; the worst exit status counts."""
    arguments = sys.argv[1:]
    pytest = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-n",
        "2",
        "--dist",
        "loadgroup",
        "-m",
        "not torture",
    ]
    print("== SQLite", flush=True)
    status = subprocess.run([*pytest, *arguments], check=False).returncode
    if not machines.postgresql_is_installed():
        if os.environ.get("CI"):
            print("PostgreSQL is not installed, and CI must not skip it.")
            return 1
        print("== PostgreSQL is not installed: its round is skipped")
        return status
    with machines.postgresql() as url:
        print("== PostgreSQL", flush=True)
        leave_out = [f"--ignore={path}" for path in SQLITE_SAYS_ENOUGH]
        environment = os.environ | {"DATABASE_URL": url}
        again = subprocess.run([*pytest, *leave_out, *arguments], env=environment, check=False)
    return status or again.returncode


if __name__ == "__main__":
    sys.exit(main())
