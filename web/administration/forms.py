"""Forms for the administration of the site."""

from __future__ import annotations

from typing import Any

from django import forms

from notifications.mail_server import SMTP, SMTPS
from web.account.forms import OAUTH_SCOPE_CHOICES
from web.frame.forms import Form, LinesField, SecretField


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


class RenameForm(Form):
    """A user who is to sign in by another name."""

    new_name = forms.CharField(
        label="New username",
        max_length=300,
        help_text="The user signs in with the new name. The URLs of personal repositories change; the old ones redirect to the new ones.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class NameForm(Form):
    """A group that is made, or a member that joins."""

    name = forms.CharField(label="Name", max_length=300)


class SshSettingsForm(Form):
    """How the server speaks SSH."""

    enabled = forms.BooleanField(label="Serve Git over SSH", required=False)
    access_keys_enabled = forms.BooleanField(
        label="Access keys",
        required=False,
        help_text="Access keys for single projects and repositories.",
    )
    base_url = forms.CharField(
        label="SSH base URL",
        required=False,
        max_length=300,
        help_text="Used in clone URLs. Leave empty to use the host of the base URL and the SSH port.",
    )
    longest_days = forms.IntegerField(
        label="Longest lifetime of a key, in days", required=False, help_text="0 means for ever."
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
    """The default rate limit as JSON."""

    enabled = forms.BooleanField(
        label="Limit REST requests",
        required=False,
        help_text="Requests over the limit are answered with 429 and the time to wait. Pages and Git are not limited.",
    )
    capacity = forms.IntegerField(label="Requests at once")
    fill_rate = forms.IntegerField(label="Requests per second")


class UserRateLimitForm(Form):
    """How many REST requests one user may make."""

    name = forms.CharField(label="Username", max_length=300)
    is_exempt = forms.BooleanField(label="No limit", required=False)
    capacity = forms.IntegerField(label="Requests at once", required=False)
    fill_rate = forms.IntegerField(label="Requests per second", required=False)


class OAuthApplicationForm(Form):
    """An application that is registered or changed; `highest` offers what only system administrators give."""

    name = forms.CharField(
        label="Name", max_length=1000, help_text="Shown to users when they are asked for access."
    )
    redirect_uris = LinesField(
        label="Redirect URIs",
        max_length=50_000,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text="One per line, exactly as the application sends it. https, http on localhost, "
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
        label="Public client",
        required=False,
        help_text="For a program on users' own computers or in the browser. It has no secret and must use PKCE.",
    )


class RetentionForm(Form):
    """How long the audit log is kept."""

    days = forms.IntegerField(label="Keep events for, in days")


class AuthenticationForm(Form):
    """How REST and Git let people and programs in."""

    blocks_passwords = forms.BooleanField(
        label="Refuse passwords over REST and Git",
        required=False,
        help_text="App passwords, tokens, OAuth, SSH keys and the login page keep working.",
    )
    allowed_users = forms.CharField(
        label="Users who can still use passwords",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text="One username a line.",
    )
    allowed_paths = forms.CharField(
        label="Paths where passwords are still accepted",
        required=False,
        widget=forms.Textarea(
            attrs={"rows": 3, "spellcheck": "false", "placeholder": "/rest/api/latest/projects"}
        ),
        help_text="One path per line, including everything below it. Use * as a wildcard.",
    )
    shows_warning = forms.BooleanField(label="Show a warning on account pages", required=False)
    longest_token_days = forms.IntegerField(
        label="Longest lifetime of an access token, in days",
        required=False,
        help_text="0 means for ever. Tokens that exist keep their end.",
    )
    administrators_follow_password_rules = forms.BooleanField(
        label="Require strong passwords from administrators too",
        required=False,
        help_text="Users who choose their own password must always choose a strong one.",
    )


class ServerForm(Form):
    """How this server is called, and what new repositories begin with."""

    display_name = forms.CharField(label="Name of this server", max_length=300)
    base_url = forms.CharField(
        label="Base URL",
        max_length=1000,
        help_text="The URL of this server. All links start with it.",
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
        choices=[("AUTHENTICATED", "Signed-in users"), ("ALL", "Everybody")],
    )
    enabled = forms.BooleanField(label="Show it", required=False)


class PoliciesForm(Form):
    """Who may archive and delete repositories."""

    archive = forms.ChoiceField(label="Archive and restore repositories")
    delete = forms.ChoiceField(label="Delete repositories")


class MailServerForm(Form):
    """Where mail goes out."""

    hostname = forms.CharField(label="Host", max_length=255)
    port = forms.IntegerField(
        label="Port",
        min_value=1,
        max_value=65535,
        required=False,
        help_text="Usually 25 or 587; 465 for SMTPS.",
    )
    protocol = forms.ChoiceField(
        label="Protocol", choices=[(SMTP, "SMTP"), (SMTPS, "SMTPS")], initial=SMTP
    )
    use_starttls = forms.BooleanField(
        label="Use STARTTLS if available", required=False, initial=True
    )
    require_starttls = forms.BooleanField(label="Require STARTTLS", required=False)
    username = forms.CharField(
        label="Username",
        max_length=255,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    password = SecretField(label="Password", help_text="Leave empty to keep the current value.")
    sender = forms.CharField(
        label="Sender address",
        max_length=254,
        required=False,
        widget=forms.EmailInput(attrs={"placeholder": "bitbucket@example.com"}),
    )
    recipient = forms.CharField(
        label="Send a test message to", max_length=254, required=False, widget=forms.EmailInput
    )
