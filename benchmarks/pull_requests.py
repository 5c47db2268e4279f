"""Measure pull requests where there are many: 10,000 in one repository, one of them large, 500 open to one branch.

Run it as `make bench-prs`. The large one has 300 commits, 500 files and 2,000 comments. The peer of
the push is the same push before there were pull requests; the peer of the diff is the git program.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import requests

COMMITS = 300
FILES = 500
COMMENTS = 2000
CLOSED = 9_499
OPEN = 500
ROUNDS = 5
AIMS = {"list": 100, "overview": 200, "activities": 100, "merge status": 100}


def main() -> int:
    """Measure and print; the exit status tells whether the aims are met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=40, help="how often each page is asked for")
    parser.add_argument("--fill", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.fill:
        _fill()
        return 0
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    import django

    django.setup()
    from benchmarks.measuring import database
    from tests.server import Server

    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        server = Server(Path(folder) / "home", **database()).start()
        try:
            return int(_measure(server, Path(folder), options.rounds))
        finally:
            server.stop()


def _measure(server, folder: Path, rounds: int) -> bool:  # type: ignore[no-untyped-def]
    from benchmarks.measuring import plain_git, signed_in, timed
    from tests.builders import git

    work = folder / "work"
    address = server.repository(key="BENCH", name="many")
    _make(work)
    git("push", "-q", address, "--all", cwd=work)
    before = [_push(work, address, git, turn) for turn in range(ROUNDS)]
    environment = (
        os.environ | server.environment | {"DJANGO_SETTINGS_MODULE": "bitbucket_clone.settings"}
    )
    command = [sys.executable, "-m", "benchmarks.pull_requests", "--fill"]
    subprocess.run(command, env=environment, check=True)
    after = [_push(work, address, git, turn) for turn in range(ROUNDS, 2 * ROUNDS)]
    started = time.monotonic()
    rest = f"{server.url}/rest/api/latest/projects/BENCH/repos/many/pull-requests"
    from tests.server import ADMINISTRATOR

    while (
        requests.get(f"{rest}/10000/merge", auth=ADMINISTRATOR, timeout=60).json()["outcome"]
        == "UNKNOWN"
    ):
        time.sleep(0.05)
    urgent = time.monotonic() - started
    while _waiting(server, command, environment):
        time.sleep(1)
    print(
        f"push: {statistics.median(before):.3f} s before, {statistics.median(after):.3f} s with {OPEN} open to its branch, ratio {statistics.median(after) / statistics.median(before):.2f}"
    )
    print(
        f"mergeability after a push: the newest known after {urgent:.1f} s, all {OPEN} after {time.monotonic() - started:.1f} s"
    )
    session = signed_in(server)
    page = f"{server.url}/projects/BENCH/repos/many/pull-requests"
    questions = {
        "list": f"{page}?state=ALL",
        "list, filtered": f"{page}?state=MERGED&filter=number",
        "overview": f"{page}/1/overview",
        "diff": f"{page}/1/diff",
        "commits": f"{page}/1/commits",
        "REST list": f"{rest}?state=ALL",
        "activities": f"{rest}/1/activities",
        "merge status": f"{rest}/10000/merge",
        "changes": f"{rest}/1/changes?limit=500",
    }
    slow = statistics.median(after) > 1.5 * statistics.median(before)
    print(f"{'page':20} {'first':>8} {'p50 ms':>8} {'p95 ms':>8}")
    for name, url in questions.items():

        def ask(url: str = url) -> None:
            session.get(url, auth=ADMINISTRATOR if "/rest/" in url else None).raise_for_status()

        first = timed(ask) * 1000
        taken = [timed(ask) * 1000 for _ in range(rounds)]
        p95 = statistics.quantiles(taken, n=20)[-1]
        print(f"{name:20} {first:8.0f} {statistics.median(taken):8.1f} {p95:8.1f}", flush=True)
        slow |= p95 > AIMS.get(name, 10_000)
    first_bytes = [_first_byte(session, questions["diff"]) for _ in range(rounds)]
    peer = [timed(lambda: plain_git(["diff", "main...large"], work)) * 1000 for _ in range(rounds)]
    p95 = statistics.quantiles(first_bytes, n=20)[-1]
    print(
        f"diff, first byte: p50 {statistics.median(first_bytes):.0f}, p95 {p95:.0f} ms; git diff {statistics.median(peer):.0f} ms"
    )
    return bool(slow or p95 > 300)


def _first_byte(session: requests.Session, url: str) -> float:
    start = time.perf_counter()
    with session.get(url, stream=True) as answer:
        next(answer.iter_content(1))
    return (time.perf_counter() - start) * 1000


def _push(work: Path, address: str, git, turn: int) -> float:  # type: ignore[no-untyped-def]
    (work / "pushed").write_text(f"{turn}\n")
    git("add", "pushed", cwd=work)
    git("commit", "-q", "-m", f"push {turn}", cwd=work)
    start = time.perf_counter()
    git("push", "-q", address, "main", cwd=work)
    return time.perf_counter() - start


def _make(work: Path) -> None:
    """A branch of 300 commits that change 500 files, and 500 branches of one commit."""
    script: list[str] = []

    def commit(branch: str, start: str, files: dict[str, str]) -> None:
        script.append(
            f"commit refs/heads/{branch}\ncommitter Ada <ada@example.com> 1700000000 +0000\ndata 5\nbench\n"
        )
        script.append(f"from {start}\n" if start else "")
        for name, text in files.items():
            script.append(f"M 100644 inline {name}\ndata {len(text)}\n{text}\n")

    lines = "".join(f"line {number}\n" for number in range(40))
    commit("main", "", {f"dir{n % 20}/file{n}.txt": lines for n in range(FILES)})
    for number in range(COMMITS):
        touched = {n for n in range(FILES) if n % COMMITS == number}
        files = {
            f"dir{n % 20}/file{n}.txt": lines.replace("line 7\n", f"changed {n}\n") for n in touched
        }
        commit("large", "refs/heads/main" if number == 0 else "", files)
    for number in range(OPEN):
        commit(f"topic/{number}", "refs/heads/main", {f"topic/{number}.txt": f"{number}\n"})
    work.mkdir()
    subprocess.run(["git", "init", "-q", "-b", "main"], cwd=work, check=True)
    subprocess.run(
        ["git", "fast-import", "--quiet"], cwd=work, input="".join(script).encode(), check=True
    )
    subprocess.run(["git", "reset", "-q", "--hard", "main"], cwd=work, check=True)


def _waiting(server, command, environment) -> bool:  # type: ignore[no-untyped-def]
    code = (
        "import django; django.setup(); from pullrequests.models import PullRequest; "
        "print(PullRequest.objects.filter(state='OPEN', is_updating=True).count())"
    )
    told = subprocess.run(
        [command[0], "-c", code], env=environment, check=True, capture_output=True
    )
    return told.stdout.strip() != b"0"


def _fill() -> None:
    """Write rows as years of work would leave them; run with the server's own settings."""
    import django

    django.setup()
    from accounts.actor import Actor, Via
    from accounts.models import User
    from discussions.models import Comment, Thread
    from discussions.services import comments
    from discussions.subjects import AnchorRequest
    from pullrequests.models import Activity, Participant, PullRequest, PullRequestSequence
    from pullrequests.services import lifecycle
    from pullrequests.services.discussion import PullRequestSubject
    from pullrequests.services.lifecycle import Proposal
    from repos.models import Repository

    user = User.objects.get(name="admin")
    actor = Actor(user=user, via=Via.SESSION)
    repository = Repository.objects.get(slug="many")

    def propose(source: str) -> PullRequest:
        return lifecycle.propose(
            actor, repository, Proposal(f"Merge {source}", repository, source, "main")
        )

    large = propose("large")
    subject = PullRequestSubject(large)
    for number in range(COMMENTS // 10):
        path = f"dir{number % 20}/file{number % FILES}.txt"
        anchor = AnchorRequest(path, line=8, line_type="ADDED", file_type="TO")
        first = comments.begin(actor, subject, text=f"Comment {number}", anchor=anchor)
        Comment.objects.bulk_create(
            Comment(thread=first.thread, parent=first, depth=1, author=user, text=f"Answer {n}")
            for n in range(9)
        )
    assert Thread.objects.count() == COMMENTS // 10
    rows = PullRequest.objects.bulk_create(
        [
            PullRequest(
                repository=repository,
                number=number,
                title=f"Pull request number {number}",
                state=PullRequest.State.MERGED,
                author=user,
                from_repository=repository,
                from_ref=f"refs/heads/gone/{number}",
                from_id=large.from_id,
                to_ref="refs/heads/main",
                to_id=large.to_id,
                pair=f"{number:064}",
                closed_at=large.created_at,
            )
            for number in range(2, CLOSED + 2)
        ],
        batch_size=500,
    )
    Participant.objects.bulk_create(
        [Participant(pull_request=row, user=user, role=Participant.Role.AUTHOR) for row in rows],
        batch_size=500,
    )
    Activity.objects.bulk_create(
        [Activity(pull_request=row, user=user, action=Activity.Action.OPENED) for row in rows],
        batch_size=500,
    )
    PullRequestSequence.objects.filter(repository=repository).update(last=CLOSED + 1)
    for number in range(OPEN):
        propose(f"topic/{number}")


if __name__ == "__main__":
    sys.exit(main())
