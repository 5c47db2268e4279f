"""Stories with the real git against the real server: the same over HTTP and over SSH."""

from __future__ import annotations

import pytest

from tests.builders import git
from tests.git.histories import assert_same, commit, everything, refs_of, work_tree

pytestmark = pytest.mark.slow

VERSIONS = [0, 1, 2]


@pytest.fixture(params=["http", "ssh"])
def place(request, server):
    """The server, by either of its doors."""
    return server.over(request.param)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_mirror_moves_over_whole_and_comes_back_identical(place, tmp_path, version):
    source = everything(tmp_path / "source.git")
    address = place.repository()
    protocol = ("-c", f"protocol.version={version}")

    told = git(*protocol, "push", "--mirror", address, cwd=source, check=False)

    # The place's own refs are refused, and nothing else.
    assert "refs/pull-requests/3/from" in told
    assert told.count("[remote rejected]") == 1
    assert "belong to the server" in told
    git(*protocol, "clone", "-q", "--mirror", address, "back.git", cwd=tmp_path)
    assert_same(source, tmp_path / "back.git")
    head = git("symbolic-ref", "HEAD", cwd=tmp_path / "back.git")
    assert head == "refs/heads/main"


@pytest.mark.parametrize("version", VERSIONS)
def test_a_fetch_brings_what_is_new(place, tmp_path, version):
    address = place.repository()
    work = work_tree(tmp_path / "work", commits=3)
    git("push", "-q", address, "main", cwd=work)
    protocol = ("-c", f"protocol.version={version}")
    git(*protocol, "clone", "-q", address, "other", cwd=tmp_path)

    new = [commit(work, f"more{number}", "x\n") for number in range(40)]
    git("tag", "-a", "-m", "t", "v1", cwd=work)
    git("push", "-q", "--follow-tags", address, "main", cwd=work)
    git(*protocol, "fetch", "-q", "origin", cwd=tmp_path / "other")

    assert git("rev-parse", "origin/main", cwd=tmp_path / "other") == new[-1]
    assert git("tag", cwd=tmp_path / "other") == "v1"
    git("fsck", cwd=tmp_path / "other")


@pytest.mark.parametrize("version", VERSIONS)
def test_shallow_and_partial_clones_deepen_to_the_whole(place, tmp_path, version):
    address = place.repository()
    work = work_tree(tmp_path / "work", commits=10)
    git("push", "-q", address, "main", cwd=work)
    protocol = ("-c", f"protocol.version={version}")

    git(*protocol, "clone", "-q", "--depth=2", address, "shallow", cwd=tmp_path)
    assert git("rev-list", "--count", "HEAD", cwd=tmp_path / "shallow") == "2"
    git(*protocol, "fetch", "-q", "--deepen=3", cwd=tmp_path / "shallow")
    assert git("rev-list", "--count", "HEAD", cwd=tmp_path / "shallow") == "5"
    git(*protocol, "fetch", "-q", "--unshallow", cwd=tmp_path / "shallow")
    assert git("rev-list", "--count", "HEAD", cwd=tmp_path / "shallow") == "10"

    git(
        *protocol,
        "clone",
        "-q",
        "--filter=blob:none",
        "--no-checkout",
        address,
        "lazy",
        cwd=tmp_path,
    )
    git(*protocol, "checkout", "-q", "main", cwd=tmp_path / "lazy")
    assert (tmp_path / "lazy" / "file3.txt").read_text() == "content 3\n"


@pytest.mark.parametrize("version", VERSIONS)
def test_a_single_branch_and_a_commit_by_its_id(place, tmp_path, version):
    address = place.repository()
    work = work_tree(tmp_path / "work", commits=3)
    git("push", "-q", address, "main", "HEAD~1:refs/heads/old", cwd=work)
    protocol = ("-c", f"protocol.version={version}")

    git(*protocol, "clone", "-q", "--single-branch", "-b", "old", address, "one", cwd=tmp_path)
    assert git("branch", "-r", cwd=tmp_path / "one") == "origin/old"
    wanted = git("rev-parse", "main~2", cwd=work)
    git("init", "-q", "by-id", cwd=tmp_path)
    git(*protocol, "fetch", "-q", address, wanted, cwd=tmp_path / "by-id")
    assert git("rev-parse", "FETCH_HEAD", cwd=tmp_path / "by-id") == wanted


def test_branches_and_tags_are_made_forced_and_deleted(place, tmp_path):
    address = place.repository()
    work = work_tree(tmp_path / "work", commits=3)
    git("tag", "light", cwd=work)
    git("tag", "-am", "t", "v1", cwd=work)
    git("push", "-q", address, "main", "main:feature/x", "--tags", cwd=work)

    git("push", "-q", "--force", address, "main~2:feature/x", ":refs/tags/light", cwd=work)

    listed = git("ls-remote", address, cwd=work).split("\n")
    assert [line.split("\t")[1] for line in listed] == [
        "HEAD",
        "refs/heads/feature/x",
        "refs/heads/main",
        "refs/tags/v1",
        "refs/tags/v1^{}",
    ]
    told = git("push", address, "main~1:feature/x", "main:main/below", cwd=work, check=False)
    assert "'refs/heads/main' exists; cannot create 'refs/heads/main/below'" in told
    told = git("push", address, ":main", cwd=work, check=False)
    assert "the default branch cannot be deleted" in told


def test_a_push_that_is_not_a_fast_forward_is_told_to_fetch_first(place, tmp_path):
    address = place.repository()
    work = work_tree(tmp_path / "work", commits=2)
    git("push", "-q", address, "main", cwd=work)
    git("clone", "-q", address, "other", cwd=tmp_path)
    commit(tmp_path / "other", "a", "a")
    git("push", "-q", "origin", "main", cwd=tmp_path / "other")
    commit(work, "b", "b")

    told = git("push", address, "main", cwd=work, check=False)

    assert "fetch first" in told


def test_an_atomic_push_moves_all_or_nothing(place, tmp_path):
    address = place.repository()
    work = work_tree(tmp_path / "work", commits=2)
    git("push", "-q", address, "main", cwd=work)
    commit(work, "new", "new")

    told = git(
        "push", "--atomic", address, "main", "main:refs/pull-requests/1/from", cwd=work, check=False
    )
    assert "belong to the server" in told
    assert git("ls-remote", address, "main", cwd=work).split()[0] == git(
        "rev-parse", "main~1", cwd=work
    )

    git("push", "-q", "--atomic", address, "main", *(f"main:b{n}" for n in range(50)), cwd=work)
    assert len(refs_of(_bare(address, tmp_path))) == 51


def test_chunked_and_compressed_requests(server, tmp_path):
    """A pack beyond http.postBuffer comes in chunks; a long negotiation comes compressed."""
    address = server.repository()
    work = work_tree(tmp_path / "work", commits=2)
    commit(work, "large.bin", bytes(range(256)) * 12_000)
    git("-c", "http.postBuffer=70000", "push", "-q", address, "main", cwd=work)
    git("clone", "-q", address, "other", cwd=tmp_path)
    # 300 commits that the server does not know make the list of haves long.
    for number in range(300):
        git("commit", "-q", "--allow-empty", "-m", f"local {number}", cwd=tmp_path / "other")
    commit(work, "news", "news")
    git("push", "-q", address, "main", cwd=work)

    for version in VERSIONS:
        git("-c", f"protocol.version={version}", "fetch", "-q", cwd=tmp_path / "other")
        git("update-ref", "-d", "refs/remotes/origin/main", cwd=tmp_path / "other")


def test_an_empty_repository_is_cloned_and_gets_its_first_branch(place, tmp_path):
    address = place.repository(defaultBranch="trunk")
    for version in VERSIONS:
        git(
            "-c", f"protocol.version={version}", "clone", "-q", address, f"c{version}", cwd=tmp_path
        )
    assert git("symbolic-ref", "HEAD", cwd=tmp_path / "c2") == "refs/heads/trunk"

    work = work_tree(tmp_path / "work", branch="develop")
    git("push", "-q", address, "develop", cwd=work)

    # The first branch that comes is shown first.
    assert git("ls-remote", "--symref", address, "HEAD", cwd=work).startswith(
        "ref: refs/heads/develop"
    )


def test_without_git_in_the_address_and_in_any_case(place, tmp_path):
    address = place.repository()
    work = work_tree(tmp_path / "work")
    git("push", "-q", address.removesuffix(".git"), "main", cwd=work)

    key = address.split("/")[-2]
    git("clone", "-q", address.replace(key, key.upper()), "again", cwd=tmp_path)


def test_a_personal_repository(place, tmp_path):
    place.rest("POST", "projects/~admin/repos", {"name": f"mine-{tmp_path.name}"})
    address = place.address(f"~admin/mine-{tmp_path.name}.git")
    work = work_tree(tmp_path / "work")

    git("push", "-q", address, "main", cwd=work)

    git("clone", "-q", address, "back", cwd=tmp_path)


def test_old_addresses_lead_to_where_the_repository_is_now(place, tmp_path):
    address = place.repository()
    key = address.split("/")[-2]
    work = work_tree(tmp_path / "work", commits=2)
    git("push", "-q", address, "main~1:refs/heads/main", cwd=work)
    place.rest("PUT", f"projects/{key}/repos/repo", {"name": "renamed"})
    place.rest("PUT", f"projects/{key}", {"key": f"{key}x"})

    git("push", "-q", address, "main", cwd=work)
    git("clone", "-q", address, "back", cwd=tmp_path)

    assert git("rev-parse", "HEAD", cwd=tmp_path / "back") == git("rev-parse", "main", cwd=work)


def test_a_public_repository_is_cloned_by_anybody_and_pushed_by_nobody(server, tmp_path):
    address = server.repository(public=True)
    work = work_tree(tmp_path / "work")
    git("push", "-q", address, "main", cwd=work)
    anonymous = f"{server.url}/scm/{address.split('/scm/')[1]}"

    git("clone", "-q", anonymous, "back", cwd=tmp_path)
    told = git("push", anonymous, "main:other", cwd=work, check=False)

    assert "could not read Username" in told or "Authentication failed" in told


def test_pull_request_refs_are_fetched_by_wildcard_and_not_by_a_clone(place, tmp_path):
    address = place.repository()
    work = work_tree(tmp_path / "work", commits=2)
    git("push", "-q", address, "main~1:refs/heads/main", cwd=work)
    number = place.rest("GET", f"projects/{address.split('/')[-2]}/repos/repo")["id"]
    hidden = git("rev-parse", "main", cwd=work)
    git("push", "-q", str(place.path_of(number)), "main:refs/pull-requests/1/from", cwd=work)

    git("clone", "-q", address, "plain", cwd=tmp_path)
    assert hidden not in git("rev-list", "--all", cwd=tmp_path / "plain")
    git("fetch", "-q", "origin", "+refs/pull-requests/*:refs/remotes/pr/*", cwd=tmp_path / "plain")
    assert git("rev-parse", "refs/remotes/pr/1/from", cwd=tmp_path / "plain") == hidden


def _bare(address, tmp_path):
    git("clone", "-q", "--mirror", address, "mirror.git", cwd=tmp_path)
    return tmp_path / "mirror.git"


@pytest.mark.parametrize("version", VERSIONS)
def test_a_clone_that_is_given_again_is_the_same_until_something_is_pushed(
    server, tmp_path, version
):
    address = server.repository()
    number = server.rest("GET", f"projects/{address.split('/')[-2]}/repos/repo")["id"]
    work = work_tree(tmp_path / "work", commits=3)
    git("push", "-q", address, "main", cwd=work)
    kept = server.home / "caches" / "packs"
    protocol = ("-c", f"protocol.version={version}")

    git(*protocol, "clone", "-q", "--mirror", address, "first", cwd=tmp_path)
    assert len(list(kept.glob(f"{number}-*.answer"))) == 1
    git(*protocol, "clone", "-q", "--mirror", address, "second", cwd=tmp_path)
    assert len(list(kept.glob(f"{number}-*.answer"))) == 1
    assert_same(tmp_path / "first", tmp_path / "second")

    new = commit(work, "new", "new")
    git("push", "-q", address, "main", cwd=work)
    git(*protocol, "clone", "-q", "--mirror", address, "third", cwd=tmp_path)
    assert git("rev-parse", "main", cwd=tmp_path / "third") == new


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("atomic", [(), ("--atomic",)], ids=["", "atomic"])
def test_a_shallow_clone_pushes_commits_and_tags(place, tmp_path, version, atomic):
    """As a build does that tags what it made, or bumps a version."""
    address = place.repository()
    work = work_tree(tmp_path / "work", commits=10)
    git("push", "-q", address, "main", cwd=work)
    protocol = ("-c", f"protocol.version={version}")
    git(*protocol, "clone", "-q", "--depth=1", address, "shallow", cwd=tmp_path)
    shallow = tmp_path / "shallow"
    git("tag", "-a", "-m", "built", "v0", cwd=shallow)
    new = commit(shallow, "version.txt", "2\n")
    git("tag", "v1", cwd=shallow)

    git(*protocol, "push", "-q", *atomic, "origin", "HEAD:main", "v0", "v1", cwd=shallow)

    git("clone", "-q", "--bare", address, "whole.git", cwd=tmp_path)
    assert git("rev-parse", "main", "v1", cwd=tmp_path / "whole.git").split() == [new, new]
    assert git("rev-list", "--count", "main", cwd=tmp_path / "whole.git") == "11"
    git("fsck", "--strict", cwd=tmp_path / "whole.git")


@pytest.mark.parametrize("version", VERSIONS)
def test_history_that_ends_in_nothing_is_refused_alone(place, tmp_path, version):
    work = work_tree(tmp_path / "work", commits=10)
    git("clone", "-q", "--depth=2", f"file://{work}", "shallow", cwd=tmp_path)
    shallow = tmp_path / "shallow"
    git("checkout", "-q", "--orphan", "alone", cwd=shallow)
    commit(shallow, "alone.txt", "x\n")
    protocol = ("-c", f"protocol.version={version}")
    address = place.repository()

    told = git(*protocol, "push", address, "main", "alone", cwd=shallow, check=False)
    assert "[remote rejected]" in told and "shallow update not allowed" in told
    assert told.count("[remote rejected]") == 1
    listed = git("ls-remote", address, cwd=tmp_path)
    assert "refs/heads/alone" in listed and "refs/heads/main" not in listed

    other = place.repository()
    told = git(*protocol, "push", "--atomic", other, "main", "alone", cwd=shallow, check=False)
    assert "main -> main (shallow update not allowed)" in told
    assert "alone -> alone (another ref of this atomic push was refused)" in told
    assert git("ls-remote", other, cwd=tmp_path) == ""
