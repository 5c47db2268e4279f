"""The words of a commit that merges a pull request, from the templates of its place."""

from __future__ import annotations

import re
from dataclasses import dataclass

from accounts.actor import Actor
from gitengine import history
from pullrequests.models import Participant, PullRequest
from pullrequests.selectors import contents
from pullrequests.selectors.settings import MergeConfig

_PLACEHOLDER = re.compile(r"\$\{([a-zA-Z]+)\}")


@dataclass(frozen=True)
class MergeMessage:
    """What is offered: the first line, and what follows it."""

    title: str
    body: str


def suggested(actor: Actor, pull_request: PullRequest, config: MergeConfig) -> MergeMessage:
    """The default commit message of a merge."""
    words = _words(pull_request)

    def filled(template: str) -> str:
        return _PLACEHOLDER.sub(lambda match: words.get(match[1], match[0]), template)

    body = filled(config.body).strip()
    summaries = _summaries(pull_request, config.summaries)
    parts = [part for part in (body, summaries) if part]
    return MergeMessage(filled(config.title).replace("\n", " ").strip(), "\n\n".join(parts))


def _summaries(pull_request: PullRequest, most: int) -> str:
    """The first lines of its commits, oldest last as git's own summary has them."""
    if not most:
        return ""
    with contents.opened(pull_request) as git:
        ends = [pull_request.from_id], [pull_request.to_id]
        found = history.log(git, ends[0], since=ends[1], limit=most + 1)
    lines = [f"* {one.message.splitlines()[0] if one.message else one.id[:11]}" for one in found]
    if len(lines) > most:
        lines = [*lines[:most], "..."]
    pull_number = f"* commit '{pull_request.from_id}':"
    return "\n".join([pull_number, *(f"  {line.removeprefix('* ')}" for line in lines)])


def _words(pull_request: PullRequest) -> dict[str, str]:
    source, target = pull_request.from_repository, pull_request.repository
    cross = ""
    if source is not None and pull_request.is_from_fork:
        cross = f"{source.project.key}/{source.slug}:"
    author = pull_request.author
    approvers = pull_request.participants.filter(status=Participant.Status.APPROVED)
    return {
        "id": str(pull_request.number),
        "title": pull_request.title,
        "description": pull_request.description,
        "author": author.display_name if author else "",
        "approvers": ", ".join(approvers.values_list("user__display_name", flat=True)),
        "fromRefName": pull_request.from_display_id,
        "fromProjectKey": source.project.key if source else "",
        "fromRepoSlug": source.slug if source else "",
        "toRefName": pull_request.to_display_id,
        "toProjectKey": target.project.key,
        "toRepoSlug": target.slug,
        "crossRepoProjectRepo": cross,
    }
