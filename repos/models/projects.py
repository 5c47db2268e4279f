"""Projects: shared ones, and the personal one of each user."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from accounts.permissions import Permission

DEFAULT_PERMISSIONS = [
    (permission.value, permission.name)
    for permission in (
        Permission.PROJECT_READ,
        Permission.PROJECT_WRITE,
        Permission.REPO_CREATE,
        Permission.PROJECT_ADMIN,
    )
]


class Project(models.Model):
    """A set of repositories that share permissions; keys are stored in their one spelling (`stored_key`)."""

    class Type(models.TextChoices):
        """A PERSONAL project belongs to one user and is never public."""

        NORMAL = "NORMAL"
        PERSONAL = "PERSONAL"

    key = models.CharField(max_length=256, unique=True)
    name = models.CharField(max_length=128)
    description = models.CharField(max_length=255, blank=True)
    type = models.CharField(max_length=8, choices=Type.choices, default=Type.NORMAL)
    owner = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="personal_project"
    )
    is_public = models.BooleanField(default=False)
    # What everyone who may sign in holds on it.
    default_permission = models.PositiveSmallIntegerField(choices=DEFAULT_PERMISSIONS, null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        """Listed by name; shared projects have names of their own."""

        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                Lower("name"), condition=models.Q(type="NORMAL"), name="project_name_ignoring_case"
            ),
            models.CheckConstraint(
                condition=models.Q(type="NORMAL", owner__isnull=True)
                | models.Q(type="PERSONAL", owner__isnull=False, is_public=False),
                name="personal_project_has_an_owner_and_is_not_public",
            ),
        ]

    def __str__(self) -> str:
        """Show the key."""
        return self.key

    @property
    def is_personal(self) -> bool:
        """Whether it belongs to one user."""
        return self.type == self.Type.PERSONAL

    @staticmethod
    def stored_key(key: str) -> str:
        """Give the one spelling of a key: `~slug` in lower case, all others in upper case."""
        return key.lower() if key.startswith("~") else key.upper()


class FormerProjectKey(models.Model):
    """A key that a project had before; addresses that use it are sent on."""

    key = models.CharField(max_length=256, unique=True)
    project = models.ForeignKey(Project, models.CASCADE, related_name="former_keys")

    def __str__(self) -> str:
        """Show where the key leads."""
        return f"{self.key} -> {self.project_id}"


class ProjectAvatar(models.Model):
    """The avatar of a project."""

    project = models.OneToOneField(Project, models.CASCADE, related_name="avatar")
    content = models.BinaryField()

    def __str__(self) -> str:
        """Show whose picture it is."""
        return f"avatar of {self.project_id}"
