"""Comments, reactions and attachments as Bitbucket's JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from accounts.representations import represent_person
from core import links
from discussions import markup
from discussions.emoticons import SIGNS
from discussions.models import Attachment, Comment, Reaction, Thread
from discussions.selectors.comments import CommentWithReplies
from infrastructure.markup import MarkdownOptions
from repos.representations import repository_path


def represent_comment(said: CommentWithReplies, *, with_addresses: bool) -> dict[str, Any]:
    """A comment with its replies; the first of a thread has the anchor."""
    comment, thread = said.comment, said.comment.thread
    shown: dict[str, Any] = {
        "properties": {"repositoryId": thread.repository_id},
        "id": comment.pk,
        "version": comment.version,
        "text": comment.text,
        "author": represent_person(comment.author, with_addresses=with_addresses),
        "createdDate": _milliseconds(comment.created_at),
        "updatedDate": _milliseconds(comment.updated_at),
        "comments": [represent_comment(one, with_addresses=with_addresses) for one in said.replies],
        "tasks": [],
        "threadResolved": thread.resolved_at is not None,
        "severity": comment.severity,
        "state": comment.state,
        "permittedOperations": _permitted(said),
    }
    reactions = _reactions(comment, with_addresses)
    if reactions:
        shown["properties"]["reactions"] = reactions
    if comment.resolved_at is not None:
        shown["resolvedDate"] = _milliseconds(comment.resolved_at)
        shown["resolver"] = represent_person(comment.resolver, with_addresses=with_addresses)
    if comment.parent_id is None:
        if thread.resolved_at is not None:
            shown["threadResolvedDate"] = _milliseconds(thread.resolved_at)
            shown["threadResolver"] = represent_person(
                thread.resolver, with_addresses=with_addresses
            )
        if thread.is_anchored:
            shown["anchor"] = represent_anchor(thread)
    return shown


def represent_anchor(thread: Thread) -> dict[str, Any]:
    """The anchor of a thread; paths are plain strings in JSON."""
    shown: dict[str, Any] = {
        "fromHash": thread.from_hash,
        "toHash": thread.to_hash,
        "path": thread.path,
        "diffType": thread.diff_type,
    }
    if thread.src_path:
        shown["srcPath"] = thread.src_path
    if thread.line is not None:
        shown["line"] = thread.line
        shown["lineType"] = thread.line_type
        shown["fileType"] = thread.file_type
    if thread.start_line is not None:
        shown["multilineMarker"] = {
            "startLine": thread.start_line,
            "startLineType": thread.start_line_type,
        }
    return shown


def represent_reaction(
    reaction: Reaction, said: CommentWithReplies, *, with_addresses: bool
) -> dict[str, Any]:
    """A reaction to a comment."""
    return {
        "user": represent_person(reaction.user, with_addresses=with_addresses),
        "emoticon": represent_emoticon(reaction.emoticon),
        "comment": represent_comment(said, with_addresses=with_addresses),
    }


def represent_emoticon(shortcut: str) -> dict[str, Any]:
    """An emoticon with its sign."""
    return {"shortcut": shortcut, "value": SIGNS[shortcut]}


def represent_markup(
    text: str, *, html_escape: bool, heading_ids: bool, hardwrap: bool, absolute: bool
) -> dict[str, Any]:
    """The HTML of a text, as it would be shown."""
    manner = MarkdownOptions(html=not html_escape, hardwrap=hardwrap, heading_ids=heading_ids)
    (html,) = markup.render([text], manner=manner, absolute=absolute)
    return {"html": html}


def represent_attachment(attachment: Attachment) -> dict[str, Any]:
    """A file that was kept, and how markup names it."""
    address = attachment_address(attachment)
    return {
        "id": str(attachment.pk),
        "url": address,
        "links": {"self": {"href": address}, "attachment": {"href": str(attachment)}},
    }


def represent_metadata(attachment: Attachment) -> dict[str, Any]:
    """What a client keeps with a file, as the text of its JSON."""
    return {
        "id": attachment.pk,
        "url": attachment_address(attachment),
        "metadata": attachment.metadata,
    }


def attachment_address(attachment: Attachment) -> str:
    """Where the file is."""
    path = repository_path(attachment.repository)
    return links.absolute(f"{path}/attachments/{attachment.pk}")


def _permitted(said: CommentWithReplies) -> dict[str, bool]:
    shown = {"editable": said.abilities.may_edit, "deletable": said.abilities.may_delete}
    if said.comment.is_task:
        shown["transitionable"] = said.abilities.may_transition
    return shown


def _reactions(comment: Comment, with_addresses: bool) -> list[dict[str, Any]]:
    by_emoticon: dict[str, list[dict[str, Any]]] = {}
    for one in comment.reactions.all():
        by_emoticon.setdefault(one.emoticon, []).append(
            represent_person(one.user, with_addresses=with_addresses)
        )
    return [
        {"emoticon": represent_emoticon(shortcut), "users": users}
        for shortcut, users in by_emoticon.items()
    ]


def _milliseconds(time: datetime) -> int:
    return int(time.timestamp() * 1000)
