"""Say something about a commit, answer, change it, take it back: one form, sent with or without scripts."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_POST

from accounts.actor import Actor
from core.errors import DomainError
from discussions import markup
from discussions.models import Comment
from discussions.selectors import comments as find
from discussions.services import comments, reactions
from discussions.services.comments import Changes
from discussions.services.commits import TalkedCommit
from discussions.subjects import Subject
from web import comment_forms as asked
from web.comment_forms import CommentForm
from web.repository_page import repository_page
from web.templatetags.pages import repository_url

Action = Callable[[Actor, Subject, CommentForm], int | None]


@require_POST
def comment(request: HttpRequest, key: str, slug: str, commit_id: str) -> HttpResponse:
    """Do what the form asks, and lead back to the commit; a refusal keeps what was typed."""
    actor = request.actor  # type: ignore[attr-defined]
    repository, context = repository_page(request, key, slug, "commits")
    find.require_voice(actor, repository)
    whole_id = find.commit_id_of(actor, repository, commit_id)
    subject = TalkedCommit(repository, whole_id)
    form = CommentForm(request.POST)
    context |= {"form": form, "commit_id": whole_id, "preview": ""}
    is_part = bool(request.htmx)  # type: ignore[attr-defined]
    if form.is_valid():
        if form.cleaned_data["action"] == asked.PREVIEW:
            # Cleaned of everything that acts.
            context["preview"] = mark_safe(markup.render([form.words], repository)[0])
        else:
            try:
                number = _ACTIONS[form.cleaned_data["action"]](actor, subject, form)
            except DomainError as error:
                form.refuse(error)
            else:
                since = form.cleaned_data["since"]
                back = repository_url(repository, "commits", whole_id, since=since)
                return redirect(f"{back}#comment-{number}" if number else back)
    if is_part:
        return render(request, "parts/comment_preview.html", context)
    return render(request, "comment.html", context, status=400 if form.errors else 200)


def _add(actor: Actor, subject: Subject, form: CommentForm) -> int:
    if form.cleaned_data["comment"]:
        parent = _comment(actor, subject, form)
        return comments.reply(actor, subject, parent, text=form.words, severity=form.severity).pk
    return comments.begin(
        actor,
        subject,
        text=form.words,
        severity=form.severity,
        anchor=form.anchor,
    ).pk


def _delete(actor: Actor, subject: Subject, form: CommentForm) -> None:
    one = _comment(actor, subject, form)
    comments.delete(actor, subject, one, version=form.cleaned_data["version"])


def _edit(actor: Actor, subject: Subject, form: CommentForm) -> int:
    return _changed(Changes(text=form.words))(actor, subject, form)


def _changed(changes: Changes) -> Callable[[Actor, Subject, CommentForm], int]:
    def change(actor: Actor, subject: Subject, form: CommentForm) -> int:
        one = _comment(actor, subject, form)
        version = form.cleaned_data["version"]
        return comments.edit(actor, subject, one, changes, version=version).pk

    return change


def _react(actor: Actor, subject: Subject, form: CommentForm) -> int:
    one = _comment(actor, subject, form)
    reactions.add(actor, subject, one, form.cleaned_data["emoticon"])
    return one.pk


def _unreact(actor: Actor, subject: Subject, form: CommentForm) -> int:
    one = _comment(actor, subject, form)
    reactions.remove(actor, subject, one, form.cleaned_data["emoticon"])
    return one.pk


def _comment(actor: Actor, subject: Subject, form: CommentForm) -> Comment:
    return find.get(actor, subject, form.cleaned_data["comment"])


_ACTIONS: dict[str, Action] = {
    asked.ADD: _add,
    asked.EDIT: _edit,
    asked.DELETE: _delete,
    asked.RESOLVE: _changed(Changes(state=Comment.State.RESOLVED)),
    asked.REOPEN: _changed(Changes(state=Comment.State.OPEN)),
    asked.MAKE_TASK: _changed(Changes(severity=Comment.Severity.BLOCKER)),
    asked.MAKE_COMMENT: _changed(Changes(severity=Comment.Severity.NORMAL)),
    asked.SETTLE: _changed(Changes(thread_resolved=True)),
    asked.UNSETTLE: _changed(Changes(thread_resolved=False)),
    asked.REACT: _react,
    asked.UNREACT: _unreact,
}
