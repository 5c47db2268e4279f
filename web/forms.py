"""HTML forms: they keep what was typed and show a refusal at its field; services judge."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from core.errors import DomainError

# Where a service names a field in REST's words.
_FIELDS = {
    "public": "is_public",
    "defaultBranch": "default_branch",
    "expiryDays": "expiry_days",
    "displayName": "display_name",
    "newName": "new_name",
    "emailAddress": "email_address",
    "oldPassword": "old_password",
    "baseUrl": "base_url",
    "fillRate": "fill_rate",
    "maxExpiryDays": "longest_days",
    "redirects": "redirect_uris",
    "period": "days",
    "timeZone": "time_zone",
    "allowed-users": "allowed_users",
    "allowed-paths": "allowed_paths",
    "longestTokenDays": "longest_token_days",
}


# Nothing is typed into these.
NOT_TYPED = (
    forms.CheckboxInput | forms.HiddenInput | forms.RadioSelect | forms.CheckboxSelectMultiple
)


class Form(forms.Form):
    """A form whose fields are drawn by the field component."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            if not isinstance(field.widget, NOT_TYPED):
                field.widget.attrs.setdefault("class", "input")
            field.widget.attrs["aria-describedby"] = f"about-{name}"

    def refuse(self, error: DomainError) -> None:
        """Put a refusal at the field that it names, else above the form."""
        for one in error.as_json():
            name = _FIELDS.get(one["context"] or "", one["context"])
            field = name if name in self.fields else None
            self.add_error(field, one["message"])

    def offer(self, name: str, choices: Sequence[tuple[str, str]]) -> None:
        """Say what a field offers to choose from."""
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = list(choices)


class SecretField(forms.CharField):
    """What we are to show to others: taken as it is typed, and never shown again."""

    def __init__(self, **options: Any):
        widget = forms.PasswordInput(attrs={"autocomplete": "new-password"})
        super().__init__(max_length=255, required=False, strip=False, widget=widget, **options)


class LoginForm(Form):
    """Name and password, under the names that Bitbucket's own form uses."""

    j_username = forms.CharField(
        label="Username",
        max_length=255,
        widget=forms.TextInput(
            attrs={"id": "j_username", "autocomplete": "username", "autocapitalize": "none"}
        ),
    )
    j_password = forms.CharField(
        label="Password",
        max_length=4096,
        strip=False,
        widget=forms.PasswordInput(
            attrs={"id": "j_password", "autocomplete": "current-password"}, render_value=False
        ),
    )
    _atl_remember_me = forms.BooleanField(label="Keep me signed in", required=False)


class ProjectForm(Form):
    """A project that is made or changed."""

    name = forms.CharField(
        label="Project name",
        max_length=1000,
        widget=forms.TextInput(attrs={"data-makes": "id_key", "autocomplete": "off"}),
    )
    key = forms.CharField(
        label="Project key",
        max_length=1000,
        help_text="Stands in every address, for example in clone URLs.",
    )
    description = forms.CharField(label="Description", required=False, max_length=5000)
    is_public = forms.BooleanField(
        label="Public access",
        required=False,
        help_text="Everybody, signed in or not, may read its repositories.",
    )


class RepositoryForm(Form):
    """A repository that is made."""

    name = forms.CharField(
        label="Repository name",
        max_length=1000,
        widget=forms.TextInput(attrs={"data-makes": "slug", "autocomplete": "off"}),
    )
    description = forms.CharField(label="Description", required=False, max_length=5000)
    default_branch = forms.CharField(label="Default branch", max_length=300, required=False)
    is_public = forms.BooleanField(
        label="Public access", required=False, help_text="Everybody, signed in or not, may read it."
    )


class RepositorySettingsForm(Form):
    """A repository that is changed."""

    name = forms.CharField(label="Repository name", max_length=1000)
    description = forms.CharField(label="Description", required=False, max_length=5000)
    project = forms.ChoiceField(
        label="Project",
        required=False,
        help_text="Moving keeps the old addresses working: they lead to the new place.",
    )
    is_public = forms.BooleanField(
        label="Public access", required=False, help_text="Everybody, signed in or not, may read it."
    )
    is_forkable = forms.BooleanField(label="Allow forks", required=False)


class GrantForm(Form):
    """A permission that is given to a user or a group."""

    name = forms.CharField(label="Name", max_length=255)
    permission = forms.ChoiceField(label="Permission")


APP_PASSWORD_CHOICES = [
    ("ACCOUNT_READ", "Account: read"),
    ("ACCOUNT_WRITE", "Account: write"),
    ("PROJECT_READ", "Projects: read"),
    ("PROJECT_WRITE", "Projects: write"),
    ("PROJECT_ADMIN", "Projects: admin"),
    ("REPO_READ", "Repositories: read"),
    ("REPO_WRITE", "Repositories: write"),
    ("REPO_ADMIN", "Repositories: admin"),
    ("REPO_DELETE", "Repositories: delete"),
    ("PULL_REQUEST_READ", "Pull requests: read"),
    ("PULL_REQUEST_WRITE", "Pull requests: write"),
    ("WEBHOOK", "Webhooks"),
]
ACCESS_TOKEN_CHOICES = [
    ("REPO_READ", "Repositories: read"),
    ("REPO_WRITE", "Repositories: write"),
    ("REPO_ADMIN", "Repositories: admin"),
    ("PROJECT_READ", "Projects and their repositories: read"),
    ("PROJECT_WRITE", "Projects and their repositories: write"),
    ("PROJECT_ADMIN", "Projects and their repositories: admin"),
]


class AppPasswordForm(Form):
    """An app password that is made."""

    name = forms.CharField(label="Label", max_length=1000, help_text="Which program will use it.")
    permissions = forms.MultipleChoiceField(
        label="Permissions",
        choices=APP_PASSWORD_CHOICES,
        widget=forms.CheckboxSelectMultiple(attrs={"class": ""}),
    )


class AccessTokenForm(Form):
    """An HTTP access token that is made."""

    name = forms.CharField(label="Token name", max_length=1000)
    permissions = forms.MultipleChoiceField(
        label="Permissions",
        choices=ACCESS_TOKEN_CHOICES,
        widget=forms.CheckboxSelectMultiple(attrs={"class": ""}),
    )
    expiry_days = forms.IntegerField(
        label="Days until it ends",
        required=False,
        help_text="Left empty, it lasts as long as allowed.",
    )


class RepositoryTokenForm(AccessTokenForm):
    """An HTTP access token of a repository: nothing of its project can be given to it."""

    permissions = forms.MultipleChoiceField(
        label="Permissions",
        choices=[one for one in ACCESS_TOKEN_CHOICES if one[0].startswith("REPO")],
        widget=forms.CheckboxSelectMultiple(attrs={"class": ""}),
    )


class UserForm(Form):
    """A user that is made."""

    name = forms.CharField(label="Username", max_length=300)
    display_name = forms.CharField(label="Full name", max_length=300)
    email_address = forms.CharField(label="E-mail address", max_length=300)
    password = forms.CharField(
        label="Password",
        max_length=4096,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


class UserDetailsForm(Form):
    """A user whose details change."""

    display_name = forms.CharField(label="Full name", max_length=300)
    email_address = forms.CharField(label="E-mail address", max_length=300, required=False)


class RenameForm(Form):
    """A user who is to sign in by another name."""

    new_name = forms.CharField(
        label="New username",
        max_length=300,
        help_text="They sign in by it from then on. What is theirs stays theirs; addresses of their "
        "repositories change, and the old ones lead to the new ones.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class PasswordForm(Form):
    """A password that an administrator sets."""

    password = forms.CharField(
        label="New password",
        max_length=4096,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


class OwnPasswordForm(PasswordForm):
    """One's own password, changed by who knows the old one."""

    old_password = forms.CharField(
        label="Old password",
        max_length=4096,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    field_order = ["old_password", "password"]


class NameForm(Form):
    """A group that is made, or a member that joins."""

    name = forms.CharField(label="Name", max_length=300)


class SshKeyForm(Form):
    """A public key that is added."""

    text = forms.CharField(
        label="Key",
        max_length=40_000,
        widget=forms.Textarea(
            attrs={"rows": 5, "spellcheck": "false", "placeholder": "ssh-ed25519 AAAA…"}
        ),
        help_text="The public half: the content of ~/.ssh/id_ed25519.pub. "
        "Make one with: ssh-keygen -t ed25519",
    )
    label = forms.CharField(
        label="Label",
        required=False,
        max_length=1000,
        help_text="Left empty, the comment at the end of the key.",
    )
    expiry_days = forms.IntegerField(
        label="Days until it ends",
        required=False,
        help_text="Left empty, it lasts as long as allowed.",
    )


class AccessKeyForm(SshKeyForm):
    """A public key that is let into a project or repository."""

    permission = forms.ChoiceField(label="Permission")
    field_order = ["permission", "text", "label", "expiry_days"]


class SshSettingsForm(Form):
    """How the server speaks SSH."""

    enabled = forms.BooleanField(label="Serve Git over SSH", required=False)
    access_keys_enabled = forms.BooleanField(
        label="Access keys",
        required=False,
        help_text="Keys of programs, for single projects and repositories.",
    )
    base_url = forms.CharField(
        label="SSH base URL",
        required=False,
        max_length=300,
        help_text="Stands in clone addresses. Left empty: the base URL's host and our port.",
    )
    longest_days = forms.IntegerField(
        label="A key lasts at most, in days", required=False, help_text="0 means for ever."
    )

    def offer_rule(self, algorithm: str, choices: list[tuple[str, str]], initial: str) -> None:
        """Add the choice of what is asked of one kind of key."""
        field = forms.ChoiceField(label=f"{algorithm} keys", choices=choices, initial=initial)
        field.widget.attrs["class"] = "input"
        self.fields[self.rule_name(algorithm)] = field

    @staticmethod
    def rule_name(algorithm: str) -> str:
        """Name the field of one kind of key."""
        return f"rule_{algorithm.lower()}"


class RateLimitForm(Form):
    """How many REST requests everybody may make."""

    enabled = forms.BooleanField(
        label="Limit REST requests",
        required=False,
        help_text="Who is over the limit is answered 429, with the time to wait. Pages and git are never limited.",
    )
    capacity = forms.IntegerField(label="Requests at once")
    fill_rate = forms.IntegerField(label="And then each second")


class UserRateLimitForm(Form):
    """How many REST requests one user may make."""

    name = forms.CharField(label="Username", max_length=300)
    is_exempt = forms.BooleanField(label="No limit at all", required=False)
    capacity = forms.IntegerField(label="Requests at once", required=False)
    fill_rate = forms.IntegerField(label="And then each second", required=False)


OAUTH_SCOPE_CHOICES = [
    ("PUBLIC_REPOS", "Read what is public"),
    ("ACCOUNT_WRITE", "Change the account’s name and e-mail address"),
    ("REPO_READ", "Read repositories: clone, browse, read pull requests"),
    ("REPO_WRITE", "Write to repositories: push, comment and merge"),
    ("REPO_ADMIN", "Administer repositories: settings, permissions, deletion"),
    ("PROJECT_ADMIN", "Administer projects with their repositories"),
    ("ADMIN_WRITE", "Administer this site: users, groups, global permissions"),
    ("SYSTEM_ADMIN", "Everything a system administrator may"),
]


class LinesField(forms.CharField):
    """Several values, one on each line."""

    widget = forms.Textarea

    def clean(self, value: Any) -> list[str]:
        """Give the lines that hold something."""
        return [line.strip() for line in super().clean(value).splitlines() if line.strip()]


class OAuthApplicationForm(Form):
    """An application that is registered or changed; `highest` offers what only system administrators give."""

    name = forms.CharField(
        label="Name", max_length=1000, help_text="People read it when they are asked."
    )
    redirect_uris = LinesField(
        label="Redirect URIs",
        max_length=50_000,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text="One on each line, exactly as the application sends it. https, http on localhost, "
        "or a scheme of its own such as com.example.app:/callback.",
    )
    scopes = forms.MultipleChoiceField(
        label="May ask for",
        choices=OAUTH_SCOPE_CHOICES,
        widget=forms.CheckboxSelectMultiple(attrs={"class": ""}),
    )

    def __init__(self, *args: Any, highest: bool = False, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if not highest:
            scopes: Any = self.fields["scopes"]
            scopes.choices = [one for one in OAUTH_SCOPE_CHOICES if one[0] != "SYSTEM_ADMIN"]


class NewOAuthApplicationForm(OAuthApplicationForm):
    """An application that is registered."""

    is_public = forms.BooleanField(
        label="It cannot keep a secret",
        required=False,
        help_text="A program on people’s own machines or in the browser: it gets no secret and must "
        "use PKCE.",
    )


class RetentionForm(Form):
    """How long the audit log is kept."""

    days = forms.IntegerField(label="Keep events for, in days")


class ProfileForm(UserDetailsForm):
    """What people say of themselves."""

    time_zone = forms.ChoiceField(label="Time zone", required=False)
    language = forms.ChoiceField(
        label="Language of dates and times",
        required=False,
        help_text="How dates and times are written. All other words on the pages stay English.",
    )


class AvatarForm(Form):
    """A picture that somebody gives themselves."""

    avatar = forms.FileField(
        label="Picture",
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/gif,image/webp"}),
        help_text="PNG, JPEG, GIF or WebP, at most 1 MiB. It is cut to a square.",
    )


class AuthenticationForm(Form):
    """How REST and Git let people and programs in."""

    blocks_passwords = forms.BooleanField(
        label="Refuse passwords over REST and Git",
        required=False,
        help_text="App passwords, tokens, OAuth and SSH keys go on working, and so does the login page.",
    )
    allowed_users = forms.CharField(
        label="Users whose passwords are taken nevertheless",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text="One username a line.",
    )
    allowed_paths = forms.CharField(
        label="Paths where passwords are taken nevertheless",
        required=False,
        widget=forms.Textarea(
            attrs={"rows": 3, "spellcheck": "false", "placeholder": "/rest/api/latest/projects"}
        ),
        help_text="One path a line; what lies below it is meant too, and * stands for anything.",
    )
    shows_warning = forms.BooleanField(
        label="Tell people about it on their account pages", required=False
    )
    longest_token_days = forms.IntegerField(
        label="An access token lasts at most, in days",
        required=False,
        help_text="0 means for ever. Tokens that exist keep their end.",
    )
    administrators_follow_password_rules = forms.BooleanField(
        label="Ask administrators for strong passwords too",
        required=False,
        help_text="People who choose their own password always have to choose a strong one.",
    )


class ServerForm(Form):
    """How this server is called, and what new repositories begin with."""

    display_name = forms.CharField(label="Name of this server", max_length=300)
    base_url = forms.CharField(
        label="Base URL",
        max_length=1000,
        help_text="The address by which people reach this server; all links begin with it.",
    )
    default_branch = forms.CharField(
        label="Default branch of new repositories",
        required=False,
        max_length=300,
        help_text="Left empty, master.",
    )


class BannerForm(Form):
    """A sentence above every page."""

    message = forms.CharField(
        label="Message",
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Markdown: links and emphasis.",
    )
    audience = forms.ChoiceField(
        label="Shown to",
        choices=[("AUTHENTICATED", "People who are signed in"), ("ALL", "Everybody")],
    )
    enabled = forms.BooleanField(label="Show it", required=False)
