"""Messages after a push: links to create or view a pull request."""

from __future__ import annotations

from accounts.actor import Actor
from core import links
from gitengine import refs
from gitengine.types import RefChangeKind, RefCommand
from pullrequests.representations import pull_request_path
from pullrequests.selectors import pull_request_refs as find
from repos import storage
from repos.models import Repository
from repos.representations import repository_path
from repos.services import pushes

MOST_BRANCHES = 3


@pushes.advise
def _tell(actor: Actor, repository: Repository, moved: list[RefCommand]) -> list[str]:
    """Return a link for each pushed branch, up to a limit."""
    branches = [
        one
        for one in moved
        if one.name.startswith(refs.BRANCHES) and one.kind is not RefChangeKind.DELETE
    ]
    default = storage.git_of(repository).head_branch()
    branches = [one for one in branches if one.name != default]
    if not branches or len(branches) > MOST_BRANCHES:
        return []
    opened: dict[str, list[str]] = {}
    for row in find.open_from(repository, [one.name for one in branches]):
        target = f"View pull request for {row.from_display_id} => {row.to_display_id}:"
        opened.setdefault(row.from_ref, []).extend(
            [target, f"  {links.absolute(pull_request_path(row))}"]
        )
    lines = [""]
    for one in branches:
        lines += opened.get(one.name) or _offer(repository, one)
    return [*lines, ""] if len(lines) > 1 else []


def _offer(repository: Repository, command: RefCommand) -> list[str]:
    if command.kind is not RefChangeKind.ADD:
        return []
    short = command.name.removeprefix(refs.BRANCHES)
    page = links.absolute(f"{repository_path(repository)}/pull-requests")
    source = links.path_segments(command.name)
    return [f"Create pull request for {short}:", f"  {page}?create&sourceBranch={source}"]
