"""The form of a webhook."""

from __future__ import annotations

from django import forms

from web.frame.forms import Form, SecretField
from webhooks.catalogue import KEYS
from webhooks.models import LONGEST_NAME, LONGEST_URL

KEPT = "Leave empty to keep the current value."


class WebhookForm(Form):
    """A webhook as it is to be."""

    name = forms.CharField(label="Title", max_length=LONGEST_NAME)
    url = forms.CharField(
        label="URL",
        max_length=LONGEST_URL,
        widget=forms.URLInput(attrs={"placeholder": "https://ci.example.com/hook"}),
    )
    secret = SecretField(
        label="Secret", help_text="Deliveries are signed with it (X-Hub-Signature header)."
    )
    username = forms.CharField(
        label="Username",
        max_length=255,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="If the receiver requires a password.",
    )
    password = SecretField(label="Password")
    verifies_certificates = forms.BooleanField(
        label="Verify certificates",
        required=False,
        initial=True,
        help_text="Without verification, anyone on the network path can impersonate the receiver.",
    )
    events = forms.MultipleChoiceField(
        choices=[(key, shown.title) for key, shown in KEYS.items()],
        initial=["repo:refs_changed"],
        error_messages={"required": "Choose at least one event."},
    )
    is_active = forms.BooleanField(
        label="Active",
        required=False,
        initial=True,
        help_text="Inactive webhooks receive no events.",
    )

    def keeps_secrets(self) -> None:
        """Say that what is not typed again stays."""
        self.fields["secret"].help_text += f" {KEPT}"
        self.fields["password"].help_text = KEPT
