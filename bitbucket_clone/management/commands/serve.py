"""`manage.py serve`: everything on one box, with one command."""

from __future__ import annotations

import socket
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.checks import Error, run_checks
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from bitbucket_clone import assets, checks, first_administrator, supervisor
from core import links, metrics


class Command(BaseCommand):
    """Prepare what is missing, then serve until the process is stopped."""

    help = (
        "Migrates the database, makes the first administrator and serves pages, REST and Git over HTTP "
        "and SSH, with the job loop beside it. The environment variables are listed in README.md."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the port."""
        parser.add_argument(
            "--port",
            type=int,
            default=settings.SERVER_PORT,
            help="the port to listen on (default: SERVER_PORT, else 7990)",
        )

    def handle(self, *args: Any, port: int, **options: Any) -> None:
        """Check, prepare, tell where we are, serve."""
        self._refuse_what_cannot_work()
        self._refuse_a_taken_port(port, "SERVER_PORT")
        if settings.SSH_PORT:
            self._refuse_a_taken_port(settings.SSH_PORT, "SSH_PORT")
        call_command("migrate", verbosity=0, interactive=False)
        assets.gather()
        metrics.forget_the_dead()
        first_administrator.make(self.stdout.write)
        self.stdout.write(
            f"Serving {links.base_url()} from {settings.BITBUCKET_HOME} (Ctrl-C stops)."
        )
        self.stdout.flush()
        connections.close_all()
        sys.exit(supervisor.supervise(port))

    def _refuse_what_cannot_work(self) -> None:
        # Ours first: others trip over what ours explain.
        ours = [*checks.git_is_there_and_new_enough(), *checks.home_is_writable()]
        wrong = [message for message in ours or run_checks() if isinstance(message, Error)]
        if wrong:
            raise CommandError(
                "\n".join(f"{error.msg} {error.hint or ''}".strip() for error in wrong)
            )

    def _refuse_a_taken_port(self, port: int, setting: str) -> None:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((settings.SERVER_ADDRESS, port))
            except OSError as error:
                raise CommandError(
                    f"Port {port} cannot be used ({error.strerror}). Stop what listens there, "
                    f"or choose another port with {setting}."
                ) from None
