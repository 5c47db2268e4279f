"""`make test`: the whole suite on SQLite, then what touches the database once more on PostgreSQL."""

from __future__ import annotations

import os
import subprocess
import sys

from tests import machines

WITHOUT_DATABASE = ["tests/architecture", "tests/gitengine", "tests/web/test_browser.py"]


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
        leave_out = [f"--ignore={path}" for path in WITHOUT_DATABASE]
        environment = os.environ | {"DATABASE_URL": url}
        again = subprocess.run([*pytest, *leave_out, *arguments], env=environment, check=False)
    return status or again.returncode


if __name__ == "__main__":
    sys.exit(main())
