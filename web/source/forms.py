"""Forms that end in one commit: the file, the message and the branch."""

from __future__ import annotations

from typing import Any

from django import forms

from repos.services.edits import LONGEST_MESSAGE, EditTarget
from web.frame.forms import Form

HERE, NEW = "here", "new"
LONGEST_PATH = 4096


class CommitForm(Form):
    """What every edit asks for in the end; on its own it deletes a file."""

    use_required_attribute = False

    message = forms.CharField(
        label="Commit message",
        required=False,
        max_length=LONGEST_MESSAGE,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    where = forms.ChoiceField(label="Commit to", widget=forms.RadioSelect)
    branch = forms.CharField(
        label="Name of the new branch",
        max_length=255,
        error_messages={"required": "Name the branch."},
    )
    # The commit at which the editor saw the file; empty in a repository without commits.
    seen = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)

    def __init__(self, *args: Any, ref: str | None, has_commits: bool = True, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.ref = ref
        choices = []
        if ref is not None:
            choices.append((HERE, f"This branch, {ref.removeprefix('refs/heads/')}"))
        if has_commits:
            choices.append((NEW, "Create a new branch"))
        self.offer("where", choices)
        self.fields["where"].initial = choices[0][0]

    def full_clean(self) -> None:
        """Ask for a name only where a branch is to be made."""
        self.fields["branch"].required = self.data.get("where") == NEW
        super().full_clean()
        self.fields["branch"].required = True

    def target(self, *, is_new_file: bool = False) -> EditTarget:
        """Say where the edit goes."""
        fields = self.cleaned_data
        seen = fields["seen"] or None
        if fields["where"] == NEW:
            return EditTarget(fields["branch"], None if is_new_file else seen, made_from=seen)
        assert self.ref is not None
        return EditTarget(self.ref, None if is_new_file else seen)


class EditForm(CommitForm):
    """New content of a file."""

    content = forms.CharField(required=False, strip=False, widget=forms.Textarea)


class CreateForm(EditForm):
    """A file that is not there yet."""

    path = forms.CharField(
        label="Path",
        max_length=LONGEST_PATH,
        widget=forms.TextInput(attrs={"required": True, "placeholder": "folder/name.txt"}),
    )

    def clean_path(self) -> str:
        """Take slashes around it for slips."""
        return str(self.cleaned_data["path"]).strip("/")


class RenameForm(CommitForm):
    """Another path for a file."""

    path = forms.CharField(label="New path", max_length=LONGEST_PATH)

    def clean_path(self) -> str:
        """Take slashes around it for slips."""
        return str(self.cleaned_data["path"]).strip("/")
