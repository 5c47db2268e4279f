"""Measure the pages and REST lists that grow with the number of repositories: dashboard, lists and pickers.

Run it as `make bench-lists`. The same server is asked with 400 and then with 5,000 repositories, as
an administrator and as a person who sees them through groups. The last column is the ratio of the
two: 1.0 is flat.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import requests

SIZES = (400, 5000)
PROJECTS = 40
AIMS = {
    "dashboard": 25,
    "projects": 12,
    "repositories": 12,
    "search": 12,
    "search, filtered": 12,
    "recent": 12,
    "REST repos": 12,
    "REST repos, by name": 12,
    "REST projects": 12,
    "REST repos of a project": 12,
}
PERSON = "dora"


def main() -> int:
    """Measure and print; the exit status tells whether the aims are met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=40, help="how often each page is asked for")
    parser.add_argument("--fill", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.fill:
        _fill(options.fill)
        return 0
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    import django

    django.setup()
    from benchmarks.measuring import database, signed_in
    from tests.server import ADMINISTRATOR, Server

    slow = []
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        server = Server(Path(folder) / "home", **database()).start()
        try:
            people = {"administrator": ADMINISTRATOR, "person": server.user(PERSON)}
            found: dict[tuple[str, str], list[float]] = {}
            for size in SIZES:
                command = [sys.executable, "-m", "benchmarks.lists", "--fill", str(size)]
                subprocess.run(command, env=os.environ | server.environment, check=True)
                for kind, (name, password) in people.items():
                    session = signed_in(server, name, password)
                    for page, url in _addresses(server.url).items():
                        auth = (name, password) if "/rest/" in url else None
                        found.setdefault((kind, page), []).append(
                            _median(session, url, auth, options.rounds)
                        )
            print(f"{'p50 ms':40} {SIZES[0]:>8} {SIZES[1]:>8} {'ratio':>6}")
            for (kind, page), (few, many) in found.items():
                print(f"{page + ', ' + kind:40} {few:8.1f} {many:8.1f} {many / few:6.2f}")
                if max(few, many) > AIMS[page]:
                    slow.append(f"{page}, {kind}")
        finally:
            server.stop()
    print("slower than the aim: " + ("; ".join(slow) or "none"))
    return int(bool(slow))


def _addresses(base: str) -> dict[str, str]:
    rest = f"{base}/rest/api/latest"
    return {
        "dashboard": f"{base}/dashboard",
        "projects": f"{base}/projects",
        "repositories": f"{base}/repos",
        "search": f"{base}/-/search?q=",
        "search, filtered": f"{base}/-/search?q=repo-00",
        "recent": f"{base}/-/recent",
        "REST repos": f"{rest}/repos",
        "REST repos, by name": f"{rest}/repos?name=repo-0033",
        "REST projects": f"{rest}/projects",
        "REST repos of a project": f"{rest}/projects/P07/repos",
    }


def _median(
    session: requests.Session, url: str, auth: tuple[str, str] | None, rounds: int
) -> float:
    from benchmarks.measuring import timed

    def ask() -> None:
        session.get(url, auth=auth).raise_for_status()

    for _ in range(4):
        ask()
    return statistics.median(timed(ask) * 1000 for _ in range(rounds))


def _fill(size: int) -> None:
    """Add projects and repositories, without Git folders, up to a number; a third is seen by a group, some by all."""
    import django

    django.setup()
    from accounts.models import Group, User
    from accounts.permissions import Permission
    from repos.models import Project, ProjectGrant, Repository, RepositoryGrant

    person = User.objects.get(name=PERSON)
    groups = [Group.objects.get_or_create(name=f"team-{number}")[0] for number in range(10)]
    for group in groups[::2]:
        group.members.add(person)
    for number in range(PROJECTS):
        project, is_new = Project.objects.get_or_create(
            key=f"P{number:02}", defaults={"name": f"Project {number:02}"}
        )
        if is_new and number % 4 == 1:
            Project.objects.filter(pk=project.pk).update(default_permission=Permission.PROJECT_READ)
        if is_new and number % 4 == 2:
            ProjectGrant.objects.create(
                project=project, group=groups[number % 10], permission=Permission.PROJECT_WRITE
            )
    projects = list(Project.objects.filter(key__startswith="P").order_by("key"))
    first = Repository.objects.count()
    made = Repository.objects.bulk_create(
        Repository(
            project=projects[number % PROJECTS],
            slug=f"repo-{number:04}",
            name=f"repo-{number:04}",
            is_public=number % 50 == 0,
        )
        for number in range(first, size)
    )
    RepositoryGrant.objects.bulk_create(
        RepositoryGrant(repository=one, group=groups[one.pk % 10], permission=Permission.REPO_READ)
        for one in made[::3]
    )


if __name__ == "__main__":
    sys.exit(main())
