"""Whether a form was sent before: who reloads a page that shows a secret once makes no second one."""

from __future__ import annotations

from web.frame.requests import WebRequest

SENT_FORMS = "sent_forms"
REMEMBERED_FORMS = 20


def was_sent_before(request: WebRequest) -> bool:
    """Whether this very form did its work already."""
    return request.POST.get("form_id", "") in request.session.get(SENT_FORMS, [])


def note_sent(request: WebRequest) -> None:
    """Remember that it did."""
    sent = [*request.session.get(SENT_FORMS, []), request.POST.get("form_id", "")]
    request.session[SENT_FORMS] = [one for one in sent if one][-REMEMBERED_FORMS:]
