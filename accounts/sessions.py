"""Where sessions are kept: Django's own store over rows that know their user, and only hashes of keys.

A session that is not remembered ends after some hours of silence, and in any case after some days;
one that is remembered ends a number of days after signing in.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db
from django.utils import timezone

from accounts.actor import Origin
from accounts.models import Session

SEEN_EVERY = timedelta(minutes=1)
_ORIGIN = "_origin"


class SessionStore(db.SessionStore):
    """A session by its key; `row` is what is kept of it, once it has been read."""

    row: Session | None = None

    @classmethod
    def get_model_class(cls) -> type[Session]:
        """Our rows."""
        return Session

    def exists(self, session_key: str) -> bool:
        """Whether there is a session of this key."""
        return Session.objects.filter(session_key=hashed(session_key)).exists()

    def delete(self, session_key: str | None = None) -> None:
        """End the session of this key, or this one."""
        key = session_key or self.session_key
        if key is not None:
            Session.objects.filter(session_key=hashed(key)).delete()

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        """Make the row that is written."""
        origin = data.get(_ORIGIN, {})
        begun = datetime.fromisoformat(origin["at"]) if origin else timezone.now()
        key: str = self._get_or_create_session_key()  # type: ignore[attr-defined]
        return Session(
            session_key=hashed(key),
            session_data=self.encode(data),
            expire_date=self.get_expiry_date(),
            user_id=data.get(SESSION_KEY),
            address=origin.get("address", "")[:100],
            user_agent=origin.get("user_agent", "")[:500],
            is_remembered=bool(origin.get("is_remembered")),
            created_at=begun,
        )

    def begin(self, origin: Origin, *, is_remembered: bool) -> None:
        """Store the origin and lifetime of a session, called after its key was changed."""
        self[_ORIGIN] = {
            "at": timezone.now().isoformat(),
            "address": origin.address,
            "user_agent": origin.user_agent,
            "is_remembered": is_remembered,
        }
        days = settings.SESSION_REMEMBERED_DAYS
        self.set_expiry(int(timedelta(days=days).total_seconds()) if is_remembered else 0)

    def note_use(self) -> None:
        """Write down that it was used, at most once a minute, and let it last as long as it may from now."""
        now = timezone.now()
        if self.row is None or now - self.row.last_seen_at < SEEN_EVERY:
            return
        seen: dict[str, Any] = {"last_seen_at": now}
        if not self.row.is_remembered:
            longest = self.row.created_at + timedelta(days=settings.SESSION_LONGEST_DAYS)
            idle = now + timedelta(seconds=settings.SESSION_COOKIE_AGE)
            seen["expire_date"] = min(longest, idle)
        Session.objects.filter(pk=self.row.pk).update(**seen)

    def _get_session_from_db(self) -> Session | None:
        self.row = Session.objects.filter(
            session_key=hashed(self.session_key or ""), expire_date__gt=timezone.now()
        ).first()
        if self.row is None:
            self._session_key = None
        return self.row


def hashed(key: str) -> str:
    """Return the hash under which a session key is stored."""
    return hashlib.sha256(key.encode()).hexdigest()[:40]
