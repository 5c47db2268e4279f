"""Say something about a commit."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_POST

from discussions.selectors import comments as find
from discussions.services.commits import CommitSubject
from web.conversations import actions
from web.conversations.forms import CommentForm
from web.frame.requests import WebRequest
from web.repositories.page import repository_page
from web.templatetags.pages import repository_url


@require_POST
def comment(request: WebRequest, key: str, slug: str, commit_id: str) -> HttpResponse:
    """Do what the form asks, and lead back to the commit."""
    actor = request.actor
    repository, context = repository_page(request, key, slug, "commits")
    find.require_voice(actor, repository)
    subject = CommitSubject(repository, find.commit_id_of(actor, repository, commit_id))
    page = repository_url(repository, "commits", subject.commit_id)
    context |= {"about": subject.commit_id[:11], "about_url": page}

    def back(form: CommentForm) -> str:
        since = form.cleaned_data["since"]
        return repository_url(repository, "commits", subject.commit_id, since=since)

    return actions.act(request, subject, context, back)
