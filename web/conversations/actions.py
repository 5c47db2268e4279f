"""Do what a comment form asks, whatever it is about: one form, sent with or without scripts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import mark_safe

from accounts.actor import Actor
from core.errors import DomainError
from discussions import markup
from discussions.models import Comment
from discussions.selectors import comments as find
from discussions.services import comments, reactions
from discussions.services.comments import CommentChanges
from discussions.subjects import CommentSubject
from web.conversations import forms as asked
from web.conversations.forms import CommentForm
from web.frame.requests import WebRequest

CommentAction = Callable[[Actor, CommentSubject, CommentForm], int | None]


def act(
    request: WebRequest,
    subject: CommentSubject,
    context: dict[str, Any],
    back: Callable[[CommentForm], str],
    more: dict[str, CommentAction] | None = None,
) -> HttpResponse:
    """Do it, and lead back to where the subject is shown; a refusal keeps what was typed."""
    actor = request.actor
    subject.require_voice(actor)
    form = CommentForm(request.POST)
    context |= {"form": form, "preview": ""}
    is_part = bool(request.htmx)
    if form.is_valid():
        action = form.cleaned_data["action"]
        if action == asked.PREVIEW:
            # Cleaned of everything that acts.
            html = markup.render([form.words], subject.repository)[0]
            context["preview"] = mark_safe(html)
        else:
            try:
                number = (_ACTIONS | (more or {}))[action](actor, subject, form)
            except KeyError:
                form.add_error(None, "Unknown action.")
            except DomainError as error:
                form.refuse(error)
            else:
                address = back(form)
                return redirect(f"{address}#comment-{number}" if number else address)
    if is_part:
        return render(request, "conversations/_preview.html", context)
    return render(
        request, "conversations/comment.html", context, status=400 if form.errors else 200
    )


def comment_of(actor: Actor, subject: CommentSubject, form: CommentForm) -> Comment:
    """The comment that a form is about."""
    return find.get(actor, subject, form.cleaned_data["comment"])


def _add(actor: Actor, subject: CommentSubject, form: CommentForm) -> int:
    is_draft = form.cleaned_data["action"] == asked.DRAFT
    if form.cleaned_data["comment"]:
        parent = comment_of(actor, subject, form)
        made = comments.reply(
            actor, subject, parent, text=form.words, severity=form.severity, is_draft=is_draft
        )
    else:
        made = comments.begin(
            actor,
            subject,
            text=form.words,
            severity=form.severity,
            anchor=form.anchor,
            is_draft=is_draft,
        )
    return made.pk


def _delete(actor: Actor, subject: CommentSubject, form: CommentForm) -> None:
    one = comment_of(actor, subject, form)
    comments.delete(actor, subject, one, version=form.cleaned_data["version"])


def _edit(actor: Actor, subject: CommentSubject, form: CommentForm) -> int:
    return _changed(CommentChanges(text=form.words))(actor, subject, form)


def _changed(changes: CommentChanges) -> Callable[[Actor, CommentSubject, CommentForm], int]:
    def change(actor: Actor, subject: CommentSubject, form: CommentForm) -> int:
        one = comment_of(actor, subject, form)
        version = form.cleaned_data["version"]
        return comments.edit(actor, subject, one, changes, version=version).pk

    return change


def _react(actor: Actor, subject: CommentSubject, form: CommentForm) -> int:
    one = comment_of(actor, subject, form)
    reactions.add(actor, subject, one, form.cleaned_data["emoticon"])
    return one.pk


def _unreact(actor: Actor, subject: CommentSubject, form: CommentForm) -> int:
    one = comment_of(actor, subject, form)
    reactions.remove(actor, subject, one, form.cleaned_data["emoticon"])
    return one.pk


_ACTIONS: dict[str, CommentAction] = {
    asked.ADD: _add,
    asked.DRAFT: _add,
    asked.EDIT: _edit,
    asked.DELETE: _delete,
    asked.RESOLVE: _changed(CommentChanges(state=Comment.State.RESOLVED)),
    asked.REOPEN: _changed(CommentChanges(state=Comment.State.OPEN)),
    asked.MAKE_TASK: _changed(CommentChanges(severity=Comment.Severity.BLOCKER)),
    asked.MAKE_COMMENT: _changed(CommentChanges(severity=Comment.Severity.NORMAL)),
    asked.SETTLE: _changed(CommentChanges(thread_resolved=True)),
    asked.UNSETTLE: _changed(CommentChanges(thread_resolved=False)),
    asked.REACT: _react,
    asked.UNREACT: _unreact,
}
