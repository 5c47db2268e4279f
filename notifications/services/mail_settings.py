"""Say where mail goes out and in whose name, and how people want it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from accounts import access
from accounts.actor import Actor
from accounts.events import SiteSettingChanged
from accounts.permissions import Permission, Scope
from core import events, hostnames, site_settings
from core.errors import Invalid
from infrastructure import encryption
from notifications import mail_messages, mail_server, selectors
from notifications.errors import MailNotSent
from notifications.mail_server import PORTS, SMTP, MailServer
from notifications.models import Kind, MailPreference
from notifications.services import notices


@dataclass(frozen=True)
class MailServerRequest:
    """A mail server as it is to be; None for the password leaves it."""

    hostname: str
    port: int | None = None
    protocol: str = SMTP
    use_starttls: bool = True
    require_starttls: bool = False
    username: str = ""
    password: str | None = None
    sender: str | None = None


def configure(actor: Actor, wanted: MailServerRequest) -> MailServer:
    """Send mail by this server from now on."""
    access.require(actor, Permission.SYS_ADMIN, scope=Scope.ADMINISTRATION)
    server = _judged(wanted)
    with transaction.atomic():
        if wanted.sender is not None:
            set_sender(actor, wanted.sender)
        _store(actor, server)
    return server


def remove(actor: Actor) -> None:
    """Send no mail."""
    access.require(actor, Permission.SYS_ADMIN, scope=Scope.ADMINISTRATION)
    _store(actor, None)


def set_sender(actor: Actor, address: str) -> str:
    """Send in the name of this address."""
    access.require(actor, Permission.ADMIN, scope=Scope.ADMINISTRATION)
    clean = address.strip()
    if clean:
        try:
            validate_email(clean)
        except ValidationError:
            raise Invalid("This is not a valid email address.", context="senderAddress") from None
    with transaction.atomic():
        old = site_settings.read(site_settings.MAIL_SENDER)
        site_settings.write(site_settings.MAIL_SENDER, clean)
        events.publish(SiteSettingChanged(actor, "mail sender", old, clean))
    return clean


def test(actor: Actor, wanted: MailServerRequest, recipient: str) -> None:
    """Send a mail by this server, which need not be stored; MailNotSent."""
    access.require(actor, Permission.SYS_ADMIN, scope=Scope.ADMINISTRATION)
    try:
        validate_email(recipient)
    except ValidationError:
        raise Invalid("This is not a valid email address.", context="recipient") from None
    try:
        mail_server.send(_judged(wanted), mail_messages.test(recipient))
    except mail_server.NotSent as error:
        raise MailNotSent(str(error)) from None


def prefer(actor: Actor, *, mode: str, unwanted: Iterable[str], of_own: bool) -> None:
    """Say how the actor wants mail."""
    preference = selectors.preference_of(actor)
    if mode not in MailPreference.Mode.values:
        raise Invalid("Choose when to receive mail.", context="mode")
    chosen = set(unwanted)
    if not chosen <= set(Kind.values):
        raise Invalid("Unknown kind of notification.", context="kinds")
    with transaction.atomic():
        MailPreference.objects.update_or_create(
            user=preference.user,
            defaults={"mode": mode, "unwanted": sorted(chosen), "of_own": of_own},
        )
        # What waits is sent together, or thrown away, as they want it from now on.
        notices.send_what_waits(actor)


def _judged(wanted: MailServerRequest) -> MailServer:
    host = hostnames.in_ascii(wanted.hostname.strip())
    if host is None:
        raise Invalid("Enter the host name of the mail server.", context="hostname")
    if wanted.protocol not in PORTS:
        raise Invalid("The protocol must be SMTP or SMTPS.", context="protocol")
    port = wanted.port or PORTS[wanted.protocol]
    if not 0 < port < 65536:
        raise Invalid("The port must be between 1 and 65535.", context="port")
    for name, text in (("username", wanted.username), ("password", wanted.password or "")):
        if len(text) > 255 or not text.isprintable():
            raise Invalid(f"The {name} must have at most 255 characters.", context=name)
    stored = mail_server.read()
    is_kept = (
        wanted.password is None
        and stored is not None
        and (stored.hostname, stored.port, stored.protocol) == (host, port, wanted.protocol)
    )
    password = stored.password if stored and is_kept else encryption.encrypt(wanted.password or "")
    return MailServer(
        hostname=host,
        port=port,
        protocol=wanted.protocol,
        use_starttls=wanted.use_starttls,
        require_starttls=wanted.require_starttls,
        username=wanted.username,
        password=password if wanted.username else "",
    )


def _store(actor: Actor, server: MailServer | None) -> None:
    with transaction.atomic():
        old = _told(mail_server.read())
        site_settings.write(site_settings.MAIL_SERVER, mail_server.as_stored(server))
        events.publish(SiteSettingChanged(actor, "mail server", old, _told(server)))


def _told(server: MailServer | None) -> str | None:
    """In words for the audit log: never the password."""
    if server is None:
        return None
    who = f"{server.username}@" if server.username else ""
    return f"{server.protocol.lower()}://{who}{server.hostname}:{server.port}"
