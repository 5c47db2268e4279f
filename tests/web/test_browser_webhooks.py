"""Webhooks in a real browser, in the steps of Bitbucket's manual, and a push that is told."""

from __future__ import annotations

import pytest

from tests.builders import git
from tests.git.histories import work_tree
from tests.receiver import receiver
from tests.web.test_browser import chromium, listen, look, sign_in, violations  # noqa: F401

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 1280), ("light", 360)])
def test_settings_webhooks_add_and_a_push_arrives(chromium, server, tmp_path, theme, width):  # noqa: F811
    address = server.repository()
    key = address.split("/scm/")[1].split("/")[0].upper()
    work = work_tree(tmp_path / "work")
    context = chromium.new_context(
        color_scheme=theme, viewport={"width": width, "height": 800}, bypass_csp=True
    )
    page = context.new_page()
    complaints = listen(page)
    wrong, widths = {}, {}

    def seen(name):
        look(page, f"{name}-{theme}{'-360' if width == 360 else ''}")
        wrong[name] = violations(page)
        widths[name] = page.evaluate("document.documentElement.scrollWidth")

    sign_in(page, server)
    with receiver() as target:
        page.goto(f"{server.url}/projects/{key}/repos/repo/settings")
        page.click("nav[aria-label=Settings] >> text=Webhooks")
        seen("webhooks-none")
        page.click("text=Add webhook")
        page.fill("#id_name", "Build server")
        page.fill("#id_url", target.url)
        page.fill("#id_secret", "between us")
        page.check("input[value='pr:opened']")
        page.click("text=Test connection")
        page.wait_for_selector("text=The receiver answered 200")
        seen("webhook-create")
        page.fill("#id_secret", "between us")
        page.click("button:has-text('Save')")
        page.wait_for_selector("text=Saved.")

        git("push", "-q", address, "main", cwd=work)
        target.wait_for("repo:refs_changed")
        target.answer = lambda _: (503, {}, b"No build server awake")
        git("push", "-q", address, "main:second", cwd=work)
        target.wait_for("repo:refs_changed", 2)
        page.wait_for_timeout(300)
        page.reload()
        page.click("summary:has-text('trying again')")
        page.wait_for_selector("text=No build server awake")
        seen("webhook")
        page.goto(f"{server.url}/projects/{key}/repos/repo/settings/webhooks")
        page.wait_for_selector("text=Build server")
        seen("webhooks")

        target.answer = lambda _: 200
        page.click("td a:has-text('Build server')")
        page.click("summary:has-text('repo:refs_changed') >> nth=1")
        page.click("li details[open] button:has-text('Send again')")
        page.wait_for_selector("text=The delivery is being sent again.")
        first, *_, again = target.wait_for("repo:refs_changed", 3)
        assert again.id == first.id
        assert again.raw == first.raw
    assert {name: found for name, found in wrong.items() if found} == {}
    assert max(widths.values()) <= width
    assert complaints == []
    context.close()
