"""Pull requests through real git and real HTTP: the whole story, and everybody at once."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.builders import git
from tests.git.histories import commit, work_tree
from tests.server import ADMINISTRATOR, Server

pytestmark = pytest.mark.slow


class Story:
    """A project with people, and REST as each of them."""

    def __init__(self, server: Server, folder):
        self.server, self.folder = server, folder
        self.address = server.repository()
        self.key = self.address.split("/scm/")[1].split("/")[0].upper()
        self.place = f"projects/{self.key}/repos/repo"
        self.work = work_tree(folder / "work", commits=2)
        git("push", "-q", self.address, "main", cwd=self.work)
        git("remote", "add", "origin", self.address, cwd=self.work)
        self.people = {name: self._person(name) for name in ("anna", "ben", "cleo")}

    def _person(self, name):
        pair = (f"{name}-{self.key.lower()}", ADMINISTRATOR[1])
        fields = {"displayName": name.title(), "emailAddress": f"{pair[0]}@example.com"}
        self.server.rest("POST", "admin/users", name=pair[0], password=pair[1], **fields)
        path = f"projects/{self.key}/permissions/users"
        self.server.rest("PUT", path, name=pair[0], permission="PROJECT_WRITE")
        return pair

    def call(self, who, method, path, body=None, *, raw=""):
        url = f"{self.server.url}{raw or f'/rest/api/latest/{self.place}/{path}'.rstrip('/')}"
        pair = self.people.get(who, ADMINISTRATOR)
        return requests.request(method, url, json=body, auth=pair, timeout=60)

    def ask(self, who, method, path, body=None, **how):
        answer = self.call(who, method, path, body, **how)
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def propose(self, source, target="main", who="anna", **fields):
        body = {"title": source, "fromRef": {"id": source}, "toRef": {"id": target}} | fields
        return self.ask(who, "POST", "pull-requests", body)["id"]

    def branch(self, name, **files):
        git("checkout", "-q", "-B", name, "main", cwd=self.work)
        for file, text in (files or {name: name}).items():
            commit(self.work, file, text)
        git("push", "-q", "-f", "origin", name, cwd=self.work)
        git("checkout", "-q", "main", cwd=self.work)

    def settled(self, number):
        """Wait until the job has looked at the refs; gives the merge status."""
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            found = self.ask("anna", "GET", f"pull-requests/{number}/merge")
            if found["outcome"] != "UNKNOWN" and not any(
                "being updated" in one["summaryMessage"] for one in found["vetoes"]
            ):
                return found
            time.sleep(0.1)
        raise AssertionError(f"pull request {number} is not settled")

    def tip(self, name="main"):
        return git("ls-remote", self.address, f"refs/heads/{name}", cwd=self.work).split()[0]


@pytest.fixture
def story(server, tmp_path):
    return Story(server, tmp_path)


def test_from_a_fork_to_the_merge(story, tmp_path):
    """Fork, push, propose, review by three, tasks, builds, a rewritten branch, a conflict, the merge."""
    fork = story.ask("anna", "POST", "", {})
    home = f"{fork['project']['key'].lower()}/repo.git"
    address = story.server.address(home, story.people["anna"])
    git("clone", "-q", address, "fork", cwd=tmp_path)
    mine = tmp_path / "fork"
    git("checkout", "-q", "-b", "topic", cwd=mine)
    commit(mine, "shared", "from the fork\n")
    told = git("push", "origin", "topic", cwd=mine, check=False)
    assert "Create pull request for topic:" in told
    assert "pull-requests?create&sourceBranch=refs/heads/topic" in told

    source = {
        "id": "topic",
        "repository": {"slug": "repo", "project": {"key": fork["project"]["key"]}},
    }
    reviewers = [{"user": {"name": story.people[name][0]}} for name in ("ben", "cleo")]
    number = story.propose("", fromRef=source, title="Share", reviewers=reviewers)
    pull = f"pull-requests/{number}"
    told = git(
        "push",
        "origin",
        f"{commit(mine, 'shared', 'again')}:refs/heads/topic",
        cwd=mine,
        check=False,
    )
    assert "View pull request for topic => main:" in told
    wanted = {
        "requiredAllTasksComplete": True,
        "requiredApprovers": 2,
        "requiredSuccessfulBuilds": 1,
        "unapproveOnUpdate": True,
    }
    story.ask("the administrator", "POST", "settings/pull-requests", wanted)
    task = story.ask("ben", "POST", f"{pull}/blocker-comments", {"text": "Say why."})
    for name in ("ben", "cleo"):
        story.ask(
            name, "PUT", f"{pull}/participants/{story.people[name][0]}", {"status": "APPROVED"}
        )
    story.settled(number)
    vetoes = story.ask("ben", "GET", f"{pull}/merge")["vetoes"]
    assert len(vetoes) == 2, vetoes
    story.ask("anna", "PUT", f"{pull}/comments/{task['id']}", {"state": "RESOLVED", "version": 0})

    # A conflict, and its resolution; what was approved has changed.
    commit(story.work, "shared", "from the target\n")
    git("push", "-q", "origin", "main", cwd=story.work)
    assert story.settled(number)["conflicted"]
    git("fetch", "-q", story.address, "main", cwd=mine)
    git(
        "merge",
        "-q",
        "-X",
        "ours",
        "--no-edit",
        "--allow-unrelated-histories",
        "FETCH_HEAD",
        cwd=mine,
    )
    git("push", "-q", "origin", "HEAD:topic", cwd=mine)
    head = git("rev-parse", "HEAD", cwd=mine)
    build = {"key": "B", "state": "SUCCESSFUL", "url": "https://ci.example.com/1"}
    story.call("ben", "POST", "", build, raw=f"/rest/build-status/1.0/commits/{head}")
    found = story.settled(number)
    assert not found["conflicted"] and len(found["vetoes"]) == 1, found
    for name in ("ben", "cleo"):
        story.ask(
            name, "PUT", f"{pull}/participants/{story.people[name][0]}", {"status": "APPROVED"}
        )
    shown = story.ask("ben", "GET", pull)
    merged = story.ask("ben", "POST", f"{pull}/merge?version={shown['version']}")
    assert merged["state"] == "MERGED"
    assert merged["properties"]["mergeCommit"]["id"] == story.tip()
    git("clone", "-q", "--mirror", story.address, "mirror", cwd=tmp_path)
    refs = git("for-each-ref", "--format=%(refname)", cwd=tmp_path / "mirror").split()
    assert f"refs/pull-requests/{number}/from" in refs
    git("fsck", "--strict", cwd=tmp_path / "mirror")


def test_of_twenty_merges_one_is_made(story):
    story.branch("topic")
    number = story.propose("topic")
    story.settled(number)
    version = story.ask("ben", "GET", f"pull-requests/{number}")["version"]
    path = f"pull-requests/{number}/merge?version={version}"
    with ThreadPoolExecutor(20) as pool:
        told = list(pool.map(lambda _: story.call("ben", "POST", path, {}), range(20)))
    assert sorted({one.status_code for one in told}) == [200, 409], [one.text for one in told]
    assert sum(one.status_code == 200 for one in told) == 1
    git("fetch", "-q", "origin", "main", cwd=story.work)
    merges = git("rev-list", "--merges", "--count", "FETCH_HEAD", cwd=story.work)
    assert merges == "1"


def test_whatever_happens_at_once_the_state_equals_the_refs(story):
    """Merge against decline, against a push to the target and to the source, against an objection."""
    for turn in range(6):
        base = story.tip()
        git("fetch", "-q", "origin", "main", cwd=story.work)
        git("checkout", "-q", "-B", "main", "FETCH_HEAD", cwd=story.work)
        story.branch(f"t{turn}")
        number = story.propose(f"t{turn}")
        story.settled(number)
        pull = f"pull-requests/{number}"
        version = story.ask("ben", "GET", pull)["version"]
        other = commit(story.work, f"other{turn}", "x") if turn % 3 == 1 else ""

        def rival(turn=turn, pull=pull, other=other, version=version):
            if turn % 3 == 0:
                return story.call("anna", "POST", f"{pull}/decline?version={version}").status_code
            if turn % 3 == 1:
                return git(
                    "push", "origin", f"{other}:refs/heads/main", cwd=story.work, check=False
                )
            slug = story.people["cleo"][0]
            return story.call(
                "cleo", "PUT", f"{pull}/participants/{slug}", {"status": "NEEDS_WORK"}
            )

        with ThreadPoolExecutor(2) as pool:
            merge = pool.submit(story.call, "ben", "POST", f"{pull}/merge", {"version": version})
            against = pool.submit(rival)
            merged, _ = merge.result().status_code == 200, against.result()
        state = story.ask("ben", "GET", pull)
        git("fetch", "-q", "origin", "main", f"t{turn}", cwd=story.work)
        head = git("rev-parse", f"t{turn}", cwd=story.work)
        tip = story.tip()
        reached = tip != base and git("merge-base", head, tip, cwd=story.work) == head
        assert merged == (state["state"] == "MERGED") == reached, (turn, merged, state["state"])


@pytest.mark.parametrize("moment", [0.05, 0.15])
def test_a_merge_that_is_killed_is_whole_or_nothing(tmp_path, moment):
    kill_and_look(tmp_path, moment)


@pytest.mark.torture
@pytest.mark.parametrize("step", range(20))
def test_twenty_killed_merges(tmp_path, step):
    kill_and_look(tmp_path, step / 60)


def kill_and_look(tmp_path, moment):
    server = Server(tmp_path / "home").start()
    try:
        story = Story(server, tmp_path)
        story.branch("topic")
        number = story.propose("topic")
        story.settled(number)
        base = story.tip()
        with ThreadPoolExecutor(1) as pool:
            merge = pool.submit(_try_to_merge, story, number)
            time.sleep(moment)
            server.kill()
            acknowledged = merge.result()
        server.start()
        deadline = time.monotonic() + 20
        while True:
            shown = story.ask("anna", "GET", f"pull-requests/{number}")
            moved = story.tip() != base
            if moved == (shown["state"] == "MERGED") or time.monotonic() > deadline:
                break
            time.sleep(0.2)
        assert moved == (shown["state"] == "MERGED")
        assert moved or not acknowledged
        if not moved:
            story.settled(number)
            assert _try_to_merge(story, number)
    finally:
        server.stop()


def _try_to_merge(story, number):
    try:
        body = {"version": story.ask("ben", "GET", f"pull-requests/{number}")["version"]}
        return story.call("ben", "POST", f"pull-requests/{number}/merge", body).status_code == 200
    except requests.RequestException:
        return False
