"""`manage.py run_ssh`: the SSH server alone, for nodes that split the work."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from transport import ssh


class Command(BaseCommand):
    """Serve Git over SSH until the process is stopped."""

    help = "Serves Git over SSH. `manage.py serve` runs this as one of its children."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the port."""
        parser.add_argument(
            "--port",
            type=int,
            default=settings.SSH_PORT,
            help="the port to listen on (default: SSH_PORT, else 7999)",
        )

    def handle(self, *args: Any, port: int, **options: Any) -> None:
        """Serve."""
        ssh.run(settings.SERVER_ADDRESS, port)
