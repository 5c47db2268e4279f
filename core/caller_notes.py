"""How the application tells the web server which user calls, so that users share its threads fairly."""

from __future__ import annotations

from django.http import HttpRequest

# In the WSGI environment: a function that takes the id of the user. Other web servers have none.
NOTE_USER = "web_server.note_user"


def note_user(request: HttpRequest, user_id: int) -> None:
    """Say whose request this was, if the web server wants to know."""
    if note := request.META.get(NOTE_USER):
        note(user_id)
