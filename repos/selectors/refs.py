"""Branches and tags of a repository, and what a revision means."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

from accounts import access as site_access
from accounts.actor import Actor
from accounts.permissions import Permission
from core import site_settings
from core.paging import Page, PageRequest, page_of
from gitengine import branching, history, reachability, refs
from gitengine.errors import NoSuchRevision
from gitengine.repository import GitRepository
from gitengine.types import Annotation, Commit, ObjectId, Ref
from repos import storage
from repos.errors import NoDefaultBranch, NoSuchBranch, NoSuchTag
from repos.models import Repository
from repos.selectors import ahead_behind, branch_metadata, ref_lists, stable_paging
from repos.selectors.ref_lists import RefOrder, RefSearch
from repos.selectors.ref_types import Branch, Revision, Tag


def resolve(git: GitRepository, at: str) -> Revision:
    """Find what `at` means, the default branch if it is empty.

    A commit that is named by its id must be reached from a ref that is shown: what a deleted branch
    left behind is as good as gone. NoSuchRevision, NoDefaultBranch.
    """
    if not at:
        name = git.head_branch()
        head = refs.find(git, name)
        if head is None:
            raise NoDefaultBranch("The repository is empty or its default branch is missing.")
        return Revision(head.target, name)
    commit_id, ref_name = refs.resolve(git, at, storage.is_shown)
    if ref_name is None and reachability.unreachable(git, {commit_id}, storage.is_shown):
        raise NoSuchRevision(at)
    return Revision(commit_id, ref_name)


def resolve_for_page(
    actor: Actor, repository: Repository, git: GitRepository, at: str, wanted: PageRequest
) -> Revision:
    """Find what `at` means, on later pages of a list what it meant on the first.

    What it meant must still be reached from a ref that is shown; else it is looked up anew.
    NoSuchRevision, NoDefaultBranch.
    """
    kept: Revision | None = stable_paging.begun(actor, repository, "revision", at)
    if wanted.start > 0 and kept is not None:
        try:
            resolve(git, kept.commit_id)
        except NoSuchRevision:
            pass
        else:
            return kept
    found = resolve(git, at)
    if wanted.start == 0 and found != kept and found.commit_id != at:
        stable_paging.begin(actor, repository, "revision", at, value=found)
    return found


def revision(actor: Actor, repository: Repository, at: str = "") -> Revision:
    """Find what `at` means: NoSuchCommit, or NoDefaultBranch where there is nothing yet."""
    with storage.opened(repository) as git:
        return resolve(git, at)


def is_empty(actor: Actor, repository: Repository) -> bool:
    """Whether the repository has no branches and tags."""
    with storage.opened(repository) as git:
        return not refs.list_refs(git, (refs.BRANCHES, refs.TAGS))


def site_default_branch(actor: Actor) -> str:
    """Return the default branch of new repositories; raises NoSuchBranch if none is configured."""
    site_access.require(actor, Permission.LICENSED_USER)
    name = str(site_settings.read(site_settings.DEFAULT_BRANCH))
    if not name:
        raise NoSuchBranch("No default branch is configured.")
    return name


def default_branch_name(actor: Actor, repository: Repository) -> str:
    """The full name of the branch that is shown first, whether it exists yet or not."""
    with storage.opened(repository) as git:
        return git.head_branch()


def default_branch(actor: Actor, repository: Repository) -> Branch:
    """The branch that is shown first; NoDefaultBranch if it does not exist."""
    with storage.opened(repository) as git:
        name = git.head_branch()
        found = refs.find(git, name)
        if found is None:
            raise NoDefaultBranch("The repository is empty or its default branch is missing.")
        return Branch(name, found.target, is_default=True)


def branches(
    actor: Actor,
    repository: Repository,
    wanted: PageRequest,
    *,
    text: str = "",
    order: RefOrder = RefOrder.MODIFICATION,
    boost_matches: bool = False,
    with_commits: bool = False,
    base: str | None = None,
    prefix: str = "",
) -> Page[Branch]:
    """Return branches whose name contains `text`; with `base`, ahead and behind counts against it (empty: the default branch).

    With a `prefix` only those whose name begins so. With commits comes what other apps know of the branches.
    """
    with storage.opened(repository) as git:
        head = git.head_branch()
        page = _page(
            actor,
            repository,
            git,
            refs.BRANCHES,
            wanted,
            text,
            order,
            boost_matches=boost_matches,
            below=prefix,
        )
        read = _commits(git, page.values) if with_commits else {}
        against = _base(git, base) if page.values else None
        tips = {ref.target for ref in page.values}
        apart = ahead_behind.between(git, tips, against) if against is not None else {}

        def branch(ref: Ref) -> Branch:
            ahead, behind = apart.get(ref.target, (None, None))
            is_default = ref.name == head
            return Branch(ref.name, ref.target, is_default, read.get(ref.target), ahead, behind)

        listing = page.map(branch)
    if not with_commits:
        return listing
    known = branch_metadata.of(actor, repository, listing.values)
    return listing.map(lambda one: replace(one, metadata=known[one.name]))


def containing(
    actor: Actor, repository: Repository, commit_id: str, wanted: PageRequest
) -> Page[str]:
    """The full names of branches that hold a commit, sorted; NoSuchCommit."""
    with storage.opened(repository) as git:
        found = resolve(git, commit_id).commit_id
        most = wanted.start + wanted.limit + 1
        return page_of(branching.containing(git, found, most=most), wanted)


def tags_containing(
    actor: Actor, repository: Repository, commit_id: str, wanted: PageRequest
) -> Page[str]:
    """The full names of tags that hold a commit, sorted; NoSuchCommit."""
    with storage.opened(repository) as git:
        found = resolve(git, commit_id).commit_id
        most = wanted.start + wanted.limit + 1
        listed = branching.containing(git, found, most=most, prefix=refs.TAGS)
        return page_of(listed, wanted)


def at_commits(
    actor: Actor, repository: Repository, ids: Collection[ObjectId]
) -> dict[ObjectId, list[Ref]]:
    """The branches and tags whose tip is one of these commits, branches first."""
    wanted, found = set(ids), dict[ObjectId, list[Ref]]()
    with storage.opened(repository) as git:
        for ref in refs.list_refs(git, (refs.BRANCHES, refs.TAGS)):
            if ref.peeled in wanted:
                found.setdefault(ref.peeled, []).append(ref)
    return found


def tags(
    actor: Actor,
    repository: Repository,
    wanted: PageRequest,
    *,
    text: str = "",
    order: RefOrder = RefOrder.MODIFICATION,
    with_commits: bool = False,
) -> Page[Tag]:
    """Return tags whose name contains `text`."""
    with storage.opened(repository) as git:
        page = _page(actor, repository, git, refs.TAGS, wanted, text, order)
        read = _commits(git, page.values) if with_commits else {}
        return page.map(lambda ref: _tag(ref, read.get(ref.peeled)))


def annotations_of(actor: Actor, repository: Repository, shown: list[Tag]) -> dict[str, Annotation]:
    """What the annotated ones among these tags say, by their full names."""
    with storage.opened(repository) as git:
        read = history.annotations_of(git, [one.tag_id for one in shown if one.tag_id])
    return {one.name: read[one.tag_id] for one in shown if one.tag_id in read}


def tag(actor: Actor, repository: Repository, name: str) -> Tag:
    """The tag of that name, short or full; NoSuchTag."""
    full = name if name.startswith(refs.TAGS) else refs.TAGS + name
    with storage.opened(repository) as git:
        found = refs.find(git, full)
    if found is None:
        raise NoSuchTag(f'Tag "{name}" does not exist in repository {repository}.')
    return _tag(found)


def _base(git: GitRepository, base: str | None) -> ObjectId | None:
    """Return the base that branches are compared with; None if not requested or without a default branch."""
    if base is None:
        return None
    try:
        return resolve(git, base).commit_id
    except NoDefaultBranch:
        return None


def _tag(ref: Ref, commit: Commit | None = None) -> Tag:
    return Tag(ref.name, ref.peeled, ref.target if ref.is_annotated else None, commit)


def _page(
    actor: Actor,
    repository: Repository,
    git: GitRepository,
    prefix: str,
    wanted: PageRequest,
    text: str,
    order: RefOrder,
    *,
    boost_matches: bool = False,
    below: str = "",
) -> Page[Ref]:
    def names() -> Iterator[str]:
        return (ref.name for ref in ref_lists.matching(git, prefix, search))

    search = RefSearch(text, order, boost_matches, below)
    asked = (prefix, below, text, order.value, boost_matches)
    page = stable_paging.page(actor, repository, *asked, wanted=wanted, make=names)
    # What was deleted since the first page is gone; its place stays empty.
    found = (refs.find(git, name) for name in page.values)
    values = [ref for ref in found if ref is not None]
    return Page(values, page.start, page.limit, page.next_start)


def _commits(git: GitRepository, listed: list[Ref]) -> dict[ObjectId, Commit]:
    times = history.commit_times(git, [ref.peeled for ref in listed])
    # A tag may name a tree or a file: it has no commit to show.
    ids = [ref.peeled for ref in listed if times[ref.peeled]]
    return {commit.id: commit for commit in history.commits(git, ids)}
