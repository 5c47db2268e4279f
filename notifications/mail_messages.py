"""What a mail says, and its headers: one conversation for each pull request, and a way to hear no more."""

from __future__ import annotations

from email.utils import formataddr, make_msgid
from itertools import groupby
from typing import Any
from urllib.parse import urlsplit

from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from accounts.models import User
from core import links, site_settings
from discussions import markup
from notifications import selectors
from notifications.models import Notice

LONGEST_TEXT = 4000


def letter(notice: Notice) -> EmailMultiAlternatives:
    """The mail of one notice."""
    root = _root(notice)
    headers = {"Message-ID": f"<notice.{notice.pk}@{_host()}>"}
    if root:
        headers |= {"In-Reply-To": root, "References": root}
    unsubscribe = links.absolute(f"/unsubscribe/{selectors.unsubscribe_token(notice)}")
    headers |= {
        "List-Unsubscribe": f"<{unsubscribe}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "List-Id": f"<{notice.repository.slug}.{notice.repository.project.key.lower()}.{_host()}>",
        "X-Bitbucket-Event": notice.kind,
    }
    context = {
        "told": [_shown(notice)],
        "unsubscribe": unsubscribe,
        "heading": _about(notice),
    }
    return _made(notice.user, _subject(notice), context, headers, notice.actor)


def digest(notices: list[Notice]) -> EmailMultiAlternatives:
    """One mail of many notices to the same person, by what they are about."""
    groups = [
        {"heading": heading, "told": [_shown(one) for one in found]}
        for heading, found in groupby(sorted(notices, key=_order), key=_about)
    ]
    count = len(notices)
    subject = f"{count} update{'' if count == 1 else 's'}"
    return _made(notices[0].user, subject, {"groups": groups, "heading": subject}, {}, None)


def test(recipient: str) -> EmailMultiAlternatives:
    """The mail by which an administrator sees that it works."""
    text = f"Mail from {links.base_url()} arrives.\n"
    return EmailMultiAlternatives(
        f"Test mail from {site_settings.read(site_settings.DISPLAY_NAME)}",
        text,
        sender(),
        [recipient],
    )


def sender(who: User | None = None) -> str:
    """In whose name a mail goes out: the person's, from the server's address."""
    address = str(site_settings.read(site_settings.MAIL_SENDER)) or f"noreply@{_host()}"
    name = str(site_settings.read(site_settings.DISPLAY_NAME))
    shown = f"{who.display_name} ({name})" if who is not None else name
    return formataddr((_line(shown), address))


def _made(
    user: User,
    subject: str,
    context: dict[str, Any],
    headers: dict[str, str],
    who: User | None,
) -> EmailMultiAlternatives:
    context |= {
        "server": site_settings.read(site_settings.DISPLAY_NAME),
        "base_url": links.base_url(),
        "preferences": links.absolute("/account/notifications"),
    }
    headers = {
        "Message-ID": make_msgid(domain=_host()),
        "Auto-Submitted": "auto-generated",
        "Precedence": "bulk",
        **headers,
    }
    message = EmailMultiAlternatives(
        _line(subject),
        render_to_string("mail/notice.txt", context),
        sender(who),
        [formataddr((_line(user.display_name), user.email_address))],
        headers=headers,
    )
    message.attach_alternative(render_to_string("mail/notice.html", context), "text/html")
    return message


def _shown(notice: Notice) -> dict[str, Any]:
    text = (notice.comment.text if notice.comment else notice.text)[:LONGEST_TEXT]
    html = ""
    if text:
        (html,) = markup.render([text], repository=notice.repository, absolute=True)
    return {
        "who": notice.actor.display_name if notice.actor else "The server",
        "deed": notice.deed,
        "text": text,
        "html": html,
        "url": links.absolute(notice.path),
        "at": notice.created_at,
    }


def _subject(notice: Notice) -> str:
    about = _about(notice)
    # The same for all of a conversation, so that mail programs keep it together.
    return about if notice.pull_request else f"{about}: {notice.deed}"


def _about(notice: Notice) -> str:
    place = f"[{notice.repository.project.key}/{notice.repository.slug}]"
    if notice.pull_request is not None:
        return f"{place} Pull request #{notice.pull_request.number}: {notice.pull_request.title}"
    if notice.commit_id:
        return f"{place} Commit {notice.commit_id[:11]}"
    return place


def _order(notice: Notice) -> tuple[str, int]:
    return _about(notice), notice.pk


def _root(notice: Notice) -> str:
    """The id that all mails of one conversation refer to."""
    if notice.pull_request_id is not None:
        return f"<pull-request.{notice.pull_request_id}@{_host()}>"
    if notice.commit_id:
        return f"<commit.{notice.repository_id}.{notice.commit_id}@{_host()}>"
    return ""


def _host() -> str:
    return urlsplit(links.base_url()).hostname or "localhost"


def _line(text: str) -> str:
    return " ".join(text.split())[:200]
