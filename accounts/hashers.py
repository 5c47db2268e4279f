"""How passwords are hashed: Argon2id, sized so that many sign-ins at once do not exhaust the memory."""

from __future__ import annotations

from django.contrib.auth.hashers import Argon2PasswordHasher


class Argon2id(Argon2PasswordHasher):
    """19 MiB, two rounds, one lane: the first of OWASP's equal settings."""

    time_cost = 2
    memory_cost = 19_456
    parallelism = 1
