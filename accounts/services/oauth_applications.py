"""Register, change and delete the applications that may ask people to let them act."""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection
from urllib.parse import urlsplit

from django.db import transaction
from oauthlib.uri_validate import is_absolute_uri

from accounts import access, secret_permissions, token_format
from accounts.actor import Actor
from accounts.errors import TooManyApplications, UnfitName
from accounts.events import (
    OAuthApplicationChanged,
    OAuthApplicationCreated,
    OAuthApplicationDeleted,
    OAuthSecretRenewed,
)
from accounts.models import OAuthApplication
from accounts.permissions import Permission, Scope
from core import events
from core.errors import Invalid

MOST_APPLICATIONS = 1000
MOST_ADDRESSES = 20
LONGEST_ADDRESS = 2000
SECRET_MARK = "BBOS-"
LOOPBACK = {"localhost", "127.0.0.1", "::1"}

_PLAIN = re.compile(r"[!-~]+")
_NEVER_IN_AN_ADDRESS = re.compile(r"""["'<>\\^`{|}#*]""")
_HOST = re.compile(r"(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(?::[0-9]{1,5})?")


def create(
    actor: Actor,
    *,
    name: str,
    redirect_uris: Collection[str],
    scopes: Collection[str],
    is_confidential: bool = True,
) -> tuple[OAuthApplication, str | None]:
    """Register an application; its secret is given here and never again, and none to who cannot keep one."""
    wanted = _judged_scopes(scopes)
    _require(actor, wanted)
    if OAuthApplication.objects.count() >= MOST_APPLICATIONS:
        raise TooManyApplications
    secret = _new_secret() if is_confidential else None
    made = OAuthApplication(
        name=_judged_name(name),
        client_id=secrets.token_hex(16),
        secret_digest=token_format.digest_of(secret) if secret else "",
        is_confidential=is_confidential,
        redirect_uris=_judged_addresses(redirect_uris),
        scopes=wanted,
    )
    with transaction.atomic():
        made.save()
        events.publish(OAuthApplicationCreated(actor=actor, application=made))
    return made, secret


def change(
    actor: Actor,
    application: OAuthApplication,
    *,
    name: str | None = None,
    redirect_uris: Collection[str] | None = None,
    scopes: Collection[str] | None = None,
) -> OAuthApplication:
    """Change an application; scopes that it loses are lost to its tokens at once."""
    _require(actor, application.scopes)
    new: dict[str, object] = {}
    if name is not None:
        new["name"] = _judged_name(name)
    if redirect_uris is not None:
        new["redirect_uris"] = _judged_addresses(redirect_uris)
    if scopes is not None:
        new["scopes"] = wanted = _judged_scopes(scopes)
        _require(actor, wanted)
    new = {field: value for field, value in new.items() if value != getattr(application, field)}
    if not new:
        return application
    old = {field: getattr(application, field) for field in new}
    for field, value in new.items():
        setattr(application, field, value)
    with transaction.atomic():
        application.save(update_fields=list(new))
        events.publish(
            OAuthApplicationChanged(actor=actor, application=application, old=old, new=new)
        )
    return application


def renew_secret(actor: Actor, application: OAuthApplication) -> str:
    """Give an application another secret, shown here and never again; the old one is refused from now on."""
    _require(actor, application.scopes)
    if not application.is_confidential:
        raise Invalid("A public application has no secret.")
    secret = _new_secret()
    application.secret_digest = token_format.digest_of(secret)
    with transaction.atomic():
        application.save(update_fields=["secret_digest"])
        events.publish(OAuthSecretRenewed(actor=actor, application=application))
    return secret


def delete(actor: Actor, application: OAuthApplication) -> None:
    """Take an application out; everything that people allowed it ends."""
    _require(actor, application.scopes)
    with transaction.atomic():
        # Locked first: nobody gets a token for it between our looking and our deleting.
        list(OAuthApplication.objects.select_for_update().filter(pk=application.pk))
        list(application.authorisations.select_for_update().order_by("pk").values_list("pk"))
        events.publish(OAuthApplicationDeleted(actor=actor, application=application))
        OAuthApplication.objects.filter(pk=application.pk).delete()


def _require(actor: Actor, scopes: Collection[str]) -> None:
    """Administrators register; what may act as a system administrator, only one of those. No secret may."""
    highest = "SYSTEM_ADMIN" in scopes
    needed = Permission.SYS_ADMIN if highest else Permission.ADMIN
    access.require(actor, needed, scope=Scope.CREDENTIALS)


def _new_secret() -> str:
    return SECRET_MARK + secrets.token_urlsafe(32)


def _judged_name(name: str) -> str:
    name = name.strip()
    if not name or len(name) > 255 or not name.isprintable():
        raise UnfitName("Use 1 to 255 characters for the name.", context="name")
    return name


def _judged_scopes(wanted: Collection[str]) -> list[str]:
    names = {name.strip().upper() for name in wanted}
    for name in sorted(names):
        if name not in secret_permissions.OAUTH:
            raise Invalid(f'"{name}" is not a scope.', context="scopes")
    if not names:
        raise Invalid("Choose at least one scope.", context="scopes")
    return [name for name in secret_permissions.OAUTH if name in names]


def _judged_addresses(wanted: Collection[str]) -> list[str]:
    addresses = list(dict.fromkeys(text.strip() for text in wanted if text.strip()))
    if not addresses:
        raise Invalid("Give at least one redirect URI.", context="redirects")
    if len(addresses) > MOST_ADDRESSES:
        raise Invalid(f"Give {MOST_ADDRESSES} redirect URIs at most.", context="redirects")
    for address in addresses:
        _judge_address(address)
    return addresses


def _judge_address(address: str) -> None:
    """Refuse where no code may be sent: unencrypted to another machine, or into what browsers run.

    A program's own scheme has a dot, as RFC 8252 asks (7.1, 8.4): no scheme of a browser has one.
    """
    refusal = f'"{address[:100]}" is no fit redirect URI: '
    plain = _PLAIN.fullmatch(address) and not _NEVER_IN_AN_ADDRESS.search(address)
    if not plain or len(address) > LONGEST_ADDRESS or not is_absolute_uri(address):
        raise Invalid(
            refusal + "write it in full, without fragment and wildcards.", context="redirects"
        )
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise Invalid(refusal + "its host is not valid.", context="redirects") from None
    if parts.scheme in {"http", "https"}:
        if not host or not _HOST.fullmatch(parts.netloc):
            raise Invalid(refusal + "its host is not valid.", context="redirects")
        if parts.scheme == "http" and host not in LOOPBACK:
            raise Invalid(
                refusal + "use https; http leads to one's own machine only (localhost, 127.0.0.1).",
                context="redirects",
            )
    elif "." not in parts.scheme:
        raise Invalid(
            refusal + "use https, or a scheme of the program's own with a dot in it, "
            "for example com.example.app:/callback.",
            context="redirects",
        )
