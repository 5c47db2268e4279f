"""`manage.py demo`: fill an empty server with lively sample data."""

from __future__ import annotations

import secrets
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from bitbucket_clone import first_administrator
from bitbucket_clone.demonstration import fill, fleet, stories
from core.errors import DomainError


class Command(BaseCommand):
    """Fill it, and say who may sign in."""

    help = (
        "Fills an empty server with people, projects, histories, pull requests in all states with "
        "reviews, comments, tasks and builds, and a webhook with its deliveries. Refuses where there "
        "are projects already. It may run before the first `serve`, or beside it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the password, and how much there is to be."""
        parser.add_argument(
            "--password", help="of everybody in the demonstration (default: one is made up)"
        )
        parser.add_argument(
            "--repositories",
            type=int,
            default=0,
            metavar="N",
            help="make so many small repositories beside the story, each with an open pull request",
        )

    def handle(self, *args: Any, password: str | None, repositories: int, **options: Any) -> None:
        """Migrate, fill, tell."""
        if not 0 <= repositories <= fleet.MOST:
            raise CommandError(f"Ask for {fleet.MOST} repositories at most.")
        call_command("migrate", verbosity=0, interactive=False)
        first_administrator.make(self.stdout.write)
        chosen = password or secrets.token_urlsafe(9)
        try:
            fill.fill(self.stdout.write, chosen, more_repositories=repositories)
        except DomainError as error:
            raise CommandError(error.message) from None
        names = ", ".join(one.name for one in stories.PEOPLE)
        self.stdout.write(
            f"\n  Sign in as one of {names}\n  with the password {chosen}\n\n"
            "Begin at /projects/GND/repos/orbit/pull-requests"
        )
