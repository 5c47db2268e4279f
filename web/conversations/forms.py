"""The form in which people say something about a commit or a pull request, and change what was said."""

from __future__ import annotations

import re

from django import forms

from discussions.models import LONGEST_PATH, Comment, Thread
from discussions.services.comments import LONGEST_TEXT
from discussions.subjects import AnchorRequest
from web.frame.forms import Form

ADD, DRAFT, PREVIEW, EDIT, DELETE = "add", "draft", "preview", "edit", "delete"
RESOLVE, REOPEN, MAKE_TASK, MAKE_COMMENT = "resolve", "reopen", "make-task", "make-comment"
SETTLE, UNSETTLE, REACT, UNREACT = "settle", "unsettle", "react", "unreact"
APPLY, APPLY_CHOSEN = "apply", "apply-chosen"
ACTIONS = [
    ADD, DRAFT, PREVIEW, EDIT, DELETE, RESOLVE, REOPEN, MAKE_TASK, MAKE_COMMENT, SETTLE, UNSETTLE,
    REACT, UNREACT, APPLY, APPLY_CHOSEN,
]  # fmt: skip
MOST_LINES = 2**31 - 1
MOST_CHOSEN = 100
LINE_TYPES = [("", ""), *Thread.LineType.choices]


class MatchingField(forms.Field):
    """Texts of one name, each of which matches a pattern."""

    widget = forms.MultipleHiddenInput

    def __init__(self, pattern: str, *, most: int):
        """Take `most` of them at most."""
        self._pattern, self._most = re.compile(pattern), most
        super().__init__(required=False)

    def to_python(self, value: object) -> list[str]:
        """Refuse what was not made by our pages."""
        texts = [str(one) for one in value] if isinstance(value, list) else []
        if len(texts) > self._most or not all(map(self._pattern.match, texts)):
            raise forms.ValidationError("Choose one of the offered values.")
        return texts


class CommentForm(Form):
    """Everything that is sent about a comment; what is done with it is the action."""

    # A reaction says in one button what it is: `react:tada`.
    action = forms.RegexField(
        r"^[a-z-]+(:[a-z0-9_+-]{1,64})?\Z", max_length=80, widget=forms.HiddenInput
    )
    text = forms.CharField(
        label="Comment",
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text="Supports Markdown, @mentions and :emoji:.",
    )
    is_task = forms.BooleanField(label="Task", required=False)
    comment = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)
    version = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)
    path = forms.CharField(
        required=False, max_length=LONGEST_PATH, strip=False, widget=forms.HiddenInput
    )
    src_path = forms.CharField(
        required=False, max_length=LONGEST_PATH, strip=False, widget=forms.HiddenInput
    )
    since = forms.CharField(required=False, max_length=300, widget=forms.HiddenInput)
    line = forms.IntegerField(
        required=False, min_value=1, max_value=MOST_LINES, widget=forms.HiddenInput
    )
    line_type = forms.ChoiceField(required=False, choices=LINE_TYPES, widget=forms.HiddenInput)  # fmt: skip
    # Suggestions: the comment, which of its suggestions, and the version that was read.
    chosen = MatchingField(r"^[0-9]{1,18}:[0-9]{1,3}:[0-9]{1,9}\Z", most=MOST_CHOSEN)

    def clean(self) -> dict[str, object]:
        """Ask for words where words are sent."""
        fields = super().clean() or self.cleaned_data
        action, _, fields["emoticon"] = str(fields.get("action", "")).partition(":")
        fields["action"] = action
        if action not in ACTIONS:
            self.add_error(None, "Choose an action.")
        if fields.get("action") in {ADD, DRAFT, EDIT, PREVIEW}:
            text = fields.get("text") or ""
            if not text.strip():
                self.add_error("text", "Please enter some text.")
            elif len(text) > LONGEST_TEXT:
                self.add_error(
                    "text", f"Your comment is too long. The limit is {LONGEST_TEXT} characters."
                )
        return fields

    @property
    def words(self) -> str:
        """What was typed, with the line breaks that texts have here."""
        return str(self.cleaned_data["text"]).replace("\r\n", "\n")

    @property
    def severity(self) -> str:
        """Whether it is to be a task."""
        return Comment.Severity.BLOCKER if self.cleaned_data["is_task"] else Comment.Severity.NORMAL

    @property
    def anchor(self) -> AnchorRequest | None:
        """Return the requested anchor; none for general comments."""
        fields = self.cleaned_data
        if not fields["path"]:
            return None
        line = fields["line"]
        return AnchorRequest(
            path=fields["path"],
            src_path=fields["src_path"],
            line=line,
            line_type=(fields["line_type"] or Thread.LineType.CONTEXT) if line else "",
            from_hash=fields["since"],
        )
