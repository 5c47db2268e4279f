"""Endpoints of how text is shown: a preview of markup, emoticons by their names."""

from __future__ import annotations

from typing import IO, Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.views import RestView
from core.errors import Invalid, TooLarge
from core.paging import page_of
from discussions import emoticons
from discussions.representations import represent_emoticon, represent_markup
from discussions.selectors import comments as talk
from infrastructure.markup import MOST_CHARACTERS

URL_MODES = {"ABSOLUTE", "RELATIVE", "CONFIGURED"}


class PlainTextParser(BaseParser):
    """Take the body as text, whatever it is said to be."""

    media_type = "*/*"

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Any = None
    ) -> Any:
        """Give the text; ParseError for what is not UTF-8."""
        data = stream.read(4 * MOST_CHARACTERS + 1)
        if len(data) > 4 * MOST_CHARACTERS:
            raise TooLarge("The text is too large.")
        try:
            return data.decode()
        except UnicodeDecodeError:
            raise ParseError("The text is not UTF-8.") from None


class MarkupPreview(RestView):
    """/markup/preview"""

    parser_classes = (PlainTextParser,)

    def post(self, request: Request, **_: str) -> Response:
        """Show how a text would look."""
        talk.require_person(self.actor)
        mode = request.query_params.get("urlMode", "").upper() or "RELATIVE"
        if mode not in URL_MODES:
            raise Invalid(
                "The urlMode must be ABSOLUTE, RELATIVE or CONFIGURED.", context="urlMode"
            )
        # Without a body REST framework gives a form without fields.
        data: Any = request.data
        text = data if isinstance(data, str) else ""
        return self.show(
            represent_markup(
                text,
                html_escape=self.flag("htmlEscape", default=True),
                heading_ids=self.flag("includeHeadingId"),
                hardwrap=self.flag("hardwrap"),
                absolute=mode == "ABSOLUTE",
            )
        )


class EmoticonSearch(RestView):
    """/emoticons/latest/search"""

    def get(self, request: Request, **_: str) -> Response:
        """List emoticons whose shortcut contains the text."""
        found = emoticons.matching(request.query_params.get("query", ""))
        return self.show_page(page_of(found, self.wanted()), represent_emoticon)
