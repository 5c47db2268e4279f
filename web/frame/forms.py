"""The base class of all forms, and fields that several of them have."""

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


class LinesField(forms.CharField):
    """Several values, one on each line."""

    widget = forms.Textarea

    def clean(self, value: Any) -> list[str]:
        """Give the lines that hold something."""
        return [line.strip() for line in super().clean(value).splitlines() if line.strip()]
