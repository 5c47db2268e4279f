"""Markup of comments: what it knows, and what it never lets through."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from discussions import markup
from infrastructure import markup as kernel
from tests import builders
from tests.builders import hits_of

pytestmark = pytest.mark.django_db


def html(text, repository=None, **options):
    (shown,) = markup.render([text], repository, **options)
    return shown


PASSIVE = {
    *("a", "blockquote", "br", "code", "del", "details", "em", "h1", "h2", "h3", "h4", "hr", "img"),
    *("input", "label", "li", "ol", "p", "pre", "s", "section", "strong", "sup", "table", "tbody"),
    *("td", "th", "thead", "tr", "ul"),
}
PLAIN = {
    "href",
    "src",
    "alt",
    "title",
    "rel",
    "class",
    "id",
    "type",
    "checked",
    "disabled",
    "align",
}


class Judge(HTMLParser):
    """Reads HTML as a browser does, and notes what is not known to be harmless."""

    def __init__(self, shown):
        super().__init__()
        self.wrong = []
        self.feed(shown)

    def handle_starttag(self, tag, attrs):
        if tag not in PASSIVE:
            self.wrong.append(tag)
        for name, value in attrs:
            if name not in PLAIN:
                self.wrong.append(f"{tag} {name}")
            plain = re.sub(r"[\x00-\x20]", "", value or "").replace("\\", "/").lower()
            scheme = re.match(r"[a-z][a-z0-9+.-]*:", plain)
            if name == "href" and scheme and scheme[0] not in {"http:", "https:", "mailto:"}:
                self.wrong.append(f"{tag} {name}={value}")
            if name == "src" and (scheme or plain.startswith("//") or tag != "img"):
                self.wrong.append(f"{tag} {name}={value}")


HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href='java\nscript:alert(1)'>x</a>",
    "<a href='&#106;avascript:alert(1)'>x</a>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](&#x6A;avascript:alert(1))",
    "[x](data:text/html,<script>alert(1)</script>)",
    "[x](vbscript:msgbox(1))",
    "![x](data:image/svg+xml;base64,PHN2Zz4=)",
    "![x](javascript:alert(1))",
    "<javascript:alert(1)>",
    "[x]: javascript:alert(1)\n\n[x]",
    '[x](http://a "onmouseover=alert(1)")',
    "[x](http://a\"onmouseover='alert(1)')",
    '![x" onerror="alert(1)](y)',
    '![x](y"onerror="alert(1))',
    "<iframe src=//evil.example></iframe>",
    "<form action=//evil.example><input name=q></form>",
    "<input onfocus=alert(1) autofocus>",
    "<details ontoggle=alert(1) open>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<svg></p><style><a id='</style><img src=1 onerror=alert(1)>'>",
    "<p style='background:url(//evil.example/x)'>x</p>",
    "<style>@import '//evil.example/x'</style>",
    "<link rel=stylesheet href=//evil.example/x>",
    "<base href=//evil.example/>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "<object data=//evil.example></object><embed src=//evil.example>",
    "<video src=//evil.example poster=//evil.example></video>",
    "<table background=//evil.example><td background=//evil.example>x</td></table>",
    "<img src=//evil.example/x.png>",
    "<img src=https://evil.example/x.png>",
    "<img src='/\\evil.example/x.png'>",
    "<img src='\\\\evil.example/x.png'>",
    "<img src='/\t/evil.example/x.png'>",
    "<img srcset='//evil.example/x.png 2x'>",
    "<input type=image src=//evil.example/x.png>",
    "![x](https://evil.example/x.png)",
    "![x](//evil.example/x.png)",
    "![x](/\\evil.example/x.png)",
    "![x][y]\n\n[y]: https://evil.example/x.png",
    "[![x](https://evil.example/x.png)](https://evil.example)",
    "```\n</code></pre><script>alert(1)</script>\n```",
    "```js\" onmouseover=\"alert(1)\nx\n```",
    "# <img src=x onerror=alert(1)>",
    "| <script>alert(1)</script> |\n|---|\n| <img src=x onerror=alert(1)> |",
    "- [ ] <script>alert(1)</script>",
    "[^1]\n\n[^1]: <script>alert(1)</script>",
    '@"<script>alert(1)</script>" :<script>:',
    "<!--><script>alert(1)</script>-->",
    "<![CDATA[<script>alert(1)</script>]]>",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_acts(text):
    for shown in (html(text), html(text, manner=kernel.AS_FILE), kernel.render(text)):
        assert Judge(shown).wrong == []


def test_a_picture_from_elsewhere_is_a_link():
    for render in (html, kernel.render):
        shown = render("![a cat](https://elsewhere.example/cat.png)")
        assert 'href="https://elsewhere.example/cat.png"' in shown
        assert ">a cat</a>" in shown
        assert "<img" not in shown
        assert '<img src="/s/cat.png"' in render("![a cat](/s/cat.png)")
        assert "<img" in render("![a cat](http://localhost:7990/s/cat.png)")
        assert "<img" not in render("![a cat](http://localhost:7990.evil.example/cat.png)")
    # A badge is a link already.
    badge = html("[![built](https://elsewhere.example/b.svg)](https://builds.example)")
    assert badge.count("<a ") == 1
    assert ">built</a>" in badge


def test_people_are_linked_who_are_there():
    builders.user("alice")
    builders.user("ann")
    User.objects.filter(name="ann").update(name="ann smith")

    assert '<a href="/users/alice" class="user-mention"' in html("Hello @alice, look")
    assert ">@Alice</a>." in html("Thanks @Alice.")
    assert html('See @"ann smith"!').count("user-mention") == 1
    for other in (
        "@nobody",
        "mail bob@alice",
        "`@alice`",
        "```\n@alice\n```",
        "[@alice](http://x.example)",
        "a/@alice",
        "@alicex",
    ):
        assert "user-mention" not in html(other)
    assert 'href="http://localhost:7990/users/alice"' in html("@alice", absolute=True)


def test_people_who_are_gone_are_not_linked():
    alice = builders.user("alice")
    alice.is_active = False
    alice.save()

    assert html("@alice") == "<p>@alice</p>\n"


def test_a_hundred_texts_ask_for_people_and_files_once():
    made = builders.repository(builders.project("PRJ"), "repo", content=True)
    builders.grant(made, builders.user("bob"), "REPO_READ")
    one = builders.attachment(made)
    text = f"@bob @nobody ![x]({one}) and [y](attachment:{made.pk}/999)"

    def queries(texts):
        with CaptureQueriesContext(connection) as found:
            shown = markup.render(texts, made)
        assert shown[0].count("user-mention") == 1
        return len(found)

    queries([text])
    assert queries([text] * 100) == queries([text])


def test_emoticons_and_tasks_and_ends_of_lines():
    assert html(":+1: and :tada:") == "<p>👍 and 🎉</p>\n"
    assert html("12:30:45 :nothing: `:+1:`") == "<p>12:30:45 :nothing: <code>:+1:</code></p>\n"
    assert "<br>" in html("one\ntwo")
    assert "<br>" not in kernel.render("one\ntwo")
    assert html("- [x] done").count("checkbox") == 1
    assert html("a <b>c</b>") == "<p>a &lt;b&gt;c&lt;/b&gt;</p>\n"
    assert "id=" not in html("# Title")
    assert 'id="title"' in kernel.render("# Title")


def test_attachments_of_this_repository_only():
    project = builders.project("PRJ")
    made = builders.repository(project, "repo", content=True)
    other = builders.repository(project, "other", content=True)
    bob = builders.user("bob")
    for place in (made, other):
        builders.grant(place, bob, "REPO_READ")
    mine, foreign = builders.attachment(made), builders.attachment(other)

    assert f'<img src="/projects/PRJ/repos/repo/attachments/{mine.pk}"' in html(
        f"![x]({mine})", made
    )
    assert f'href="/projects/PRJ/repos/repo/attachments/{mine.pk}"' in html(f"[x]({mine})", made)
    for text in (
        f"![x]({foreign})",
        f"[x](attachment:{made.pk}/{foreign.pk})",
        f"[x](attachment:{made.pk}/{10**17})",
        "[x](attachment:1/../../etc)",
    ):
        assert "attachments/" not in html(text, made)
        assert Judge(html(text, made)).wrong == []
    assert "attachments/" not in html(f"[x]({mine})")


def test_the_preview(api, alice):
    preview = "markup/preview"

    def ask(text, **query):
        return api(alice).request(
            "POST", preview, data=text, content_type="text/plain", query=query
        )

    assert ask("*hi* @alice").json()["html"].startswith('<p><em>hi</em> <a href="/users/alice"')
    assert ask("a\nb").json()["html"] == "<p>a\nb</p>\n"
    assert ask("a\nb", hardwrap="true").json()["html"] == "<p>a<br>\nb</p>\n"
    assert ask("# T", includeHeadingId="true").json()["html"] == '<h1 id="t">T</h1>\n'
    assert "<b>" in ask("<b>x</b>", htmlEscape="false").json()["html"]
    assert "<b>" not in ask("<b>x</b>").json()["html"]
    assert "http://localhost" in ask("@alice", urlMode="ABSOLUTE").json()["html"]
    assert ask("x", urlMode="SIDEWAYS").status_code == 400
    assert ask(b"\xff\xfe").status_code == 400
    assert ask("").json() == {"html": ""}
    assert ask("x" * 1_300_000).status_code == 413
    assert api(alice).post(preview, {"a": "*b*"}).status_code == 200
    assert api().request("POST", preview, data="x").status_code == 401


def test_emoticons_are_found_by_name(api, alice):
    found = api(alice).get("/rest/emoticons/latest/search", query=":thumb").json()

    assert found["values"][0] == {"shortcut": "thumbsdown", "value": "👎"}
    assert {one["shortcut"] for one in found["values"]} == {"thumbsup", "thumbsdown"}
    assert api().get("/rest/emoticons/latest/search", query="☃").json()["values"] == []


def test_a_long_text_is_remembered_until_whom_it_names_changes(db, alice):
    words = "word " * 100 + "@alice and `@alice`"
    (first,) = markup.render([words])
    before = hits_of("rendered")
    assert markup.render([words]) == [first]
    assert hits_of("rendered") == before + 1
    User.objects.filter(pk=alice.pk).update(display_name="Alice Else")
    (later,) = markup.render([words])
    assert "Alice Else" in later and "Alice Else" not in first and later.count("Alice Else") == 1
