"""Forms of the mail server, and of how people want mail."""

from __future__ import annotations

from django import forms

from notifications.mail_server import SMTP, SMTPS
from notifications.models import Kind, MailPreference
from web.forms import Form, SecretField


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
        label="Use STARTTLS where it is offered", required=False, initial=True
    )
    require_starttls = forms.BooleanField(label="Send nothing without STARTTLS", required=False)
    username = forms.CharField(
        label="Username",
        max_length=255,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    password = SecretField(label="Password", help_text="Leave it empty to keep what is there.")
    sender = forms.CharField(
        label="Sender address",
        max_length=254,
        required=False,
        widget=forms.EmailInput(attrs={"placeholder": "bitbucket@example.com"}),
    )
    recipient = forms.CharField(
        label="Send a test mail to", max_length=254, required=False, widget=forms.EmailInput
    )


class MailPreferenceForm(Form):
    """How somebody wants mail."""

    mode = forms.ChoiceField(
        label="When", choices=MailPreference.Mode.choices, widget=forms.RadioSelect
    )
    kinds = forms.MultipleChoiceField(
        label="Of what",
        choices=Kind.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    of_own = forms.BooleanField(label="Also of what I do myself", required=False)
