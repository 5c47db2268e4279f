"""Creates the first administrator of an empty site and prints the password once."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from django.conf import settings

from accounts.services import users


def make(say: Callable[[str], object]) -> None:
    """Create the administrator of the settings unless there are users; passes a generated password to `say`."""
    wanted = settings.SETUP_SYSADMIN
    password = wanted["password"] or secrets.token_urlsafe(12)
    made = users.create_first_administrator(
        name=wanted["name"],
        display_name=wanted["display_name"],
        email_address=wanted["email_address"],
        password=password,
    )
    if made and not wanted["password"]:
        say(
            f"\n  The first administrator is {made.name}\n  with the password {password}\n"
            "  It is shown only this once.\n"
        )
