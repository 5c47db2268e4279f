"""Mail: who is told of what, in what form, and never of what they may not see now."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.actor import Actor
from accounts.models import User
from core import site_settings
from infrastructure import jobs
from infrastructure.models import Job
from notifications import mail_server
from notifications.models import Kind, MailPreference, Notice
from notifications.services import mail_settings, notices
from repos.services import permissions, watching
from tests import builders
from tests.pullrequests import worlds
from tests.pullrequests.worlds import P, R


def body(mail, kind="plain"):
    return mail.get_body((kind,)).get_content()


def prefer(user, mode="IMMEDIATE", unwanted=(), of_own=False):
    mail_settings.prefer(builders.actor(user), mode=mode, unwanted=unwanted, of_own=of_own)


def test_a_review_in_mails(repo, received, propose, api, alice, bob, carol):
    made = propose(
        description="Look, *please*",
        reviewers=[{"user": {"name": "bob"}}, {"user": {"name": "carol"}}],
    )
    one = f"{P}/{made['id']}"
    [mail] = received("bob")
    assert mail["Subject"] == f"[PRJ/repo] Pull request #{made['id']}: News"
    assert mail["From"] == '"Alice (Gitstead)" <bitbucket@example.com>'
    assert mail["To"] == "Bob <bob@example.com>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert "Alice proposed a pull request" in body(mail)
    assert f"/projects/PRJ/repos/repo/pull-requests/{made['id']}/overview" in body(mail)
    assert "<em>please</em>" in body(mail, "html")
    root = mail["References"]

    api(bob).post(f"{one}/approve")
    [mail] = received("alice")
    assert "Bob approved the pull request" in body(mail)
    assert mail["References"] == root
    assert mail["Message-ID"] != root
    api(bob).put(f"{one}/participants/bob", {"status": "NEEDS_WORK"})
    assert "Bob requested changes" in body(received("alice")[0])

    api(carol).post(f"{one}/comments", {"text": "<script>alert(1)</script> **no**"})
    [mail] = received("alice")
    assert "Carol commented" in body(mail)
    assert "<strong>no</strong>" in body(mail, "html")
    assert "<script" not in body(mail, "html")
    task = api(carol).post(f"{one}/blocker-comments", {"text": "Do it"}).json()
    assert "Carol added a task" in body(received("bob")[0])
    api(alice).put(f"{one}/comments/{task['id']}", {"version": 0, "state": "RESOLVED"})
    assert "Alice resolved a task" in body(received("carol")[0])

    worlds.commit(repo, "topic", {"more.txt": "more"}, actor=builders.actor(alice))
    assert "Alice updated the source branch" in body(received("bob")[0])
    version = api(alice).get(one).json()["version"]
    api(alice).put(one, {"version": version, "title": "Old news"})
    assert "changed the title from “News”" in body(received("bob")[0])
    version = api(alice).get(one).json()["version"]
    api(alice).post(f"{one}/decline", {"version": version})
    assert "declined the pull request" in body(received("bob")[0])
    api(alice).post(f"{one}/reopen", {"version": version + 1})
    assert "reopened the pull request" in body(received("bob")[0])
    version = api(alice).get(one).json()["version"]
    merged = api(bob).post(f"{one}/merge", version=version)
    assert merged.status_code == 200, merged.content
    assert "Bob merged the pull request" in body(received("alice")[0])


def test_who_is_named_is_told_and_nobody_is_told_of_what_they_do(
    repo, received, propose, api, alice, carol
):
    made = propose(description="What do you think, @carol?")
    assert [mail["X-Bitbucket-Event"] for mail in received("carol")] == [Kind.MENTIONED]
    comments = f"{P}/{made['id']}/comments"
    said = api(alice).post(comments, {"text": "And now?"}).json()
    assert received("alice") == []
    api(alice).put(f"{comments}/{said['id']}", {"version": 0, "text": "And now, @carol?"})
    [mail] = received("carol")
    assert "Alice mentioned you" in body(mail)
    prefer(alice, of_own=True)
    api(alice).post(comments, {"text": "Hello me"})
    assert len(received("alice")) == 1


def test_pushes_are_told_to_who_watches(repo, received, alice, bob, carol):
    watching.watch(builders.actor(carol), repo)
    worlds.commit(repo, "main", {"x": "y"}, actor=builders.actor(alice))
    [mail] = received("carol")
    assert mail["Subject"] == "[PRJ/repo]: pushed to main"
    assert "Alice pushed to main" in body(mail)
    prefer(carol, unwanted=["PUSHED"])
    worlds.commit(repo, "main", {"x": "z"}, actor=builders.actor(alice))
    assert received("carol") == []
    assert received("bob") == []


def test_comments_on_a_commit_are_told_to_who_watches_it(repo, received, api, alice, bob, carol):
    at = worlds.commit(repo, "main", {"x": "y"}, actor=builders.actor(alice))
    watching.watch_commit(builders.actor(bob), repo, at)
    api(alice).post(f"{R}/commits/{at}/comments", {"text": "See @carol"})
    [mail] = received("bob")
    assert mail["Subject"] == f"[PRJ/repo] Commit {at[:11]}: commented on the commit"
    api(bob).post(f"{R}/commits/{at}/comments", {"text": "So"})
    assert len(received("alice")) == 1


def test_never_to_who_may_not_see_it_now(repo, box, received, propose, api, alice, bob, carol):
    made = propose(reviewers=[{"user": {"name": "carol"}}])
    received("carol")
    api(alice).post(f"{P}/{made['id']}/comments", {"text": "secret"})
    permissions.revoke(Actor.system(), repo.project, [carol])
    assert received("carol") == []
    assert not Notice.objects.filter(user=carol, sent_at=None).exists()

    prefer(bob, mode="DIGEST")
    watching.watch(builders.actor(bob), repo)
    api(alice).post(f"{P}/{made['id']}/comments", {"text": "more"})
    User.objects.filter(pk=bob.pk).update(is_active=False)
    notices.begin_digests(Actor.system())
    assert received("bob") == []


def test_a_digest_is_one_mail(repo, received, propose, api, alice, bob):
    prefer(bob, mode="DIGEST")
    made = propose(reviewers=[{"user": {"name": "bob"}}])
    worlds.commit(repo, "other", {"other.txt": "o"}, on="main")
    other = propose(title="More", source="other")
    for number in (made["id"], other["id"]):
        api(alice).post(f"{P}/{number}/comments", {"text": f"about {number}, @bob"})
    assert received("bob") == []
    notices.begin_digests(Actor.system())
    [mail] = received("bob")
    assert mail["Subject"] == "3 updates"
    text = body(mail)
    assert text.index(f"#{made['id']}: News") < text.index(f"#{other['id']}: More")
    assert text.count("Pull request #") == 2
    notices.begin_digests(Actor.system())
    assert received("bob") == []


def test_who_wants_none_gets_none(repo, received, propose, alice, bob):
    prefer(bob, mode="OFF")
    propose(reviewers=[{"user": {"name": "bob"}}])
    assert received("bob") == []
    assert not Notice.objects.filter(user=bob).exists()


def test_the_link_of_a_mail_ends_it(repo, received, propose, api, alice, bob, carol):
    made = propose(reviewers=[{"user": {"name": "bob"}}])
    [mail] = received("bob")
    link = mail["List-Unsubscribe"].strip().strip("<>").removeprefix("http://localhost:7990")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert link in body(mail)
    # Nobody is signed in, and no form was shown before.
    program = Client(enforce_csrf_checks=True)
    shown = program.get(link)
    assert "Unsubscribe from" in shown.content.decode()
    assert program.post(link, {"List-Unsubscribe": "One-Click"}).status_code == 200
    api(alice).post(f"{P}/{made['id']}/comments", {"text": "?"})
    assert received("bob") == []
    assert program.post(link[:-3] + "abc").status_code == 404
    assert program.get("/unsubscribe/x").status_code == 404

    watching.watch(builders.actor(carol), repo)
    worlds.commit(repo, "main", {"x": "y"}, actor=builders.actor(alice))
    [mail] = received("carol")
    link = mail["List-Unsubscribe"].strip().strip("<>").removeprefix("http://localhost:7990")
    program.post(link)
    worlds.commit(repo, "main", {"x": "z"}, actor=builders.actor(alice))
    assert received("carol") == []


def test_what_was_not_taken_is_tried_again_and_then_no_more(repo, box, propose, bob):
    box.verdict = "451 later"
    propose(reviewers=[{"user": {"name": "bob"}}])
    job = Job.objects.get(task="notifications.send")
    assert "451" in job.last_error
    assert Notice.objects.get(user=bob).sent_at is None
    box.verdict = "250 taken"
    worlds.run_jobs()
    assert len(box.to("bob@example.com")) == 1
    assert not Job.objects.filter(task="notifications.send").exists()

    box.verdict = "550 never"
    row = Notice.objects.get(user=bob)
    Notice.objects.update(sent_at=None, created_at=timezone.now() - timedelta(hours=25))
    jobs.enqueue("notifications.send", row.pk)
    worlds.run_jobs()
    assert not Job.objects.filter(task="notifications.send").exists()


def test_a_notice_is_sent_once_and_forgotten_in_the_end(repo, box, received, propose, bob):
    propose(reviewers=[{"user": {"name": "bob"}}])
    assert len(received("bob")) == 1
    row = Notice.objects.get(user=bob)
    notices.send(Actor.system(), row.pk)
    assert received("bob") == []
    Notice.objects.update(created_at=timezone.now() - timedelta(days=15))
    notices.forget_the_old(Actor.system())
    assert not Notice.objects.exists()


def test_without_a_mail_server_nothing_is_written_down(repo, propose, bob):
    propose(reviewers=[{"user": {"name": "bob"}}])
    assert not Notice.objects.exists()


def test_the_rest_of_the_mail_server(api, admin, alice, box):
    M = "admin/mail-server"
    shown = api(admin).get(M).json()
    assert (shown["hostname"], shown["port"], shown["protocol"]) == ("127.0.0.1", box.port, "SMTP")
    body = {
        "hostname": "smtp.example.com", "port": 465, "protocol": "SMTPS", "username": "u",
        "password": "hidden", "senderAddress": "bitbucket@example.com", "requireStartTls": False,
        "useStartTls": True,
    }  # fmt: skip
    changed = api(admin).put(M, body).json()
    assert changed["username"] == "u"
    assert "password" not in changed
    kept = mail_server.read().password
    assert "hidden" not in kept
    del body["password"]
    api(admin).put(M, body)
    assert mail_server.read().password == kept
    hosts = [
        {"hostname": name}
        for name in ("", " ", "a b", "\uff11\uff12.example", "a..b", "[::1", "a/b")
    ]
    for change in (*hosts, {"port": 70000}, {"protocol": "X"}, {"senderAddress": "x"}):
        assert api(admin).put(M, body | change).status_code == 400
    assert api(admin).get(f"{M}/sender-address").json() == "bitbucket@example.com"
    assert api(admin).put(f"{M}/sender-address", "other@example.com").json() == "other@example.com"
    assert api(admin).put(f"{M}/sender-address", "no address").status_code == 400
    assert api(admin).put(f"{M}/sender-address", {"a": 1}).status_code == 400
    assert api(admin).delete(f"{M}/sender-address").status_code == 204
    assert api(admin).delete(M).status_code == 204
    assert api(admin).get(M).status_code == 404
    from audit.models import AuditEvent

    rows = AuditEvent.objects.filter(action__icontains="setting")
    assert rows.exists()
    assert not any("hidden" in str(row.__dict__) or kept in str(row.__dict__) for row in rows)


def test_the_page_of_the_mail_server(admin, box):
    client = Client()
    client.force_login(admin)
    page = "/admin/mail-server"
    assert str(box.port) in client.get(page).content.decode()
    form = {
        "hostname": "127.0.0.1", "port": box.port, "protocol": "SMTP", "use_starttls": "on",
        "sender": "b@example.com", "recipient": "me@example.com", "username": "u", "password": "p",
    }  # fmt: skip
    tested = client.post(page, form | {"action": "test"})
    assert "accepted the message to me@example.com" in tested.content.decode()
    assert len(box.to("me@example.com")) == 1
    assert len(box.logins) == 1
    box.verdict = "554 no"
    refused = client.post(page, form | {"action": "test"})
    assert refused.status_code == 400
    assert "554" in refused.content.decode()
    must = client.post(page, form | {"action": "test", "require_starttls": "on"})
    assert "STARTTLS" in must.content.decode()
    assert client.post(page, form | {"action": "save"}).status_code == 302
    assert client.post(page, {"action": "remove"}).status_code == 302
    assert "Mail is not configured yet" in client.get(page).content.decode()


def test_the_page_of_preferences(alice, db):
    client = Client()
    client.force_login(alice)
    page = "/account/notifications"
    assert "At once" in client.get(page).content.decode()
    done = client.post(page, {"mode": "DIGEST", "kinds": ["MERGED", "TASK"], "of_own": "on"})
    assert done.status_code == 302
    row = MailPreference.objects.get(user=alice)
    assert (row.mode, row.of_own) == ("DIGEST", True)
    assert set(row.unwanted) == set(Kind.values) - {"MERGED", "TASK"}
    assert client.post(page, {"mode": "SOMETIMES"}).status_code == 400


@pytest.mark.parametrize("users", [2, 12])
def test_who_is_told_costs_few_queries(repo, box, propose, users, django_assert_max_num_queries):
    for number in range(users):
        made = builders.user(f"w{number}")
        builders.grant(repo, made, "REPO_READ")
        watching.watch(builders.actor(made), repo)
    made = propose()
    from pullrequests.models import PullRequest

    row = PullRequest.objects.get(number=made["id"])
    from notifications import selectors

    with django_assert_max_num_queries(5):
        found = selectors.reachable(selectors.who_cares_about(row))
    assert len(found) == users + 1


def test_what_was_deleted_before_the_mail_went_out_is_not_in_it(
    repo, box, received, propose, api, alice, bob
):
    made = propose(reviewers=[{"user": {"name": "bob"}}])
    received("bob")
    comments = f"{P}/{made['id']}/comments"
    said = api(alice).post(comments, {"text": "my password is hunter2"}).json()
    api(alice).delete(f"{comments}/{said['id']}", version=0)
    assert received("bob") == []
    said = api(alice).post(comments, {"text": "hunter3"}).json()
    api(alice).put(f"{comments}/{said['id']}", {"text": "(taken back)", "version": 0})
    [mail] = received("bob")
    assert "(taken back)" in body(mail)
    assert "hunter3" not in str(mail)


def test_who_may_not_sign_in_hears_nothing(repo, box, received, propose, alice):
    dora = builders.user("dora", licensed=False)
    builders.grant(repo, dora, "REPO_READ")
    watching.watch(builders.actor(dora), repo)
    worlds.commit(repo, "main", {"x": "y"}, actor=builders.actor(alice))
    assert received("dora") == []


def test_a_changed_wish_holds_for_what_waits(repo, received, propose, api, alice, bob):
    made = propose(reviewers=[{"user": {"name": "bob"}}])
    received("bob")
    comments = f"{P}/{made['id']}/comments"
    prefer(bob, mode="DIGEST")
    api(alice).post(comments, {"text": "one"})
    assert received("bob") == []
    prefer(bob, mode="IMMEDIATE")
    [mail] = received("bob")
    assert mail["Subject"] == "1 update"

    api(alice).post(comments, {"text": "two"})
    prefer(bob, mode="OFF")
    assert received("bob") == []
    prefer(bob)
    api(alice).post(comments, {"text": "three"})
    prefer(bob, unwanted=["COMMENTED"])
    assert received("bob") == []
    prefer(bob)
    api(alice).post(comments, {"text": "four"})
    api(bob).delete(f"{P}/{made['id']}/watch")
    assert received("bob") == []


def test_whose_approval_fell_is_told(repo, received, propose, api, alice, bob):
    builders.grant(repo, alice, "REPO_ADMIN")
    api(alice).post(f"{R}/settings/pull-requests", {"unapproveOnUpdate": True})
    made = propose(reviewers=[{"user": {"name": "bob"}}])
    api(bob).post(f"{P}/{made['id']}/approve")
    received("bob")
    worlds.commit(repo, "topic", {"more.txt": "more"}, actor=builders.actor(alice))
    told = [body(mail) for mail in received("bob")]
    assert any("needs to review again: a push changed the approved commits" in one for one in told)


def test_a_refused_mail_server_changes_nothing(api, admin, box):
    wrong = {"hostname": "evil.example", "senderAddress": "no address"}
    assert api(admin).put("admin/mail-server", wrong).status_code == 400
    assert mail_server.read().hostname == "127.0.0.1"


def test_a_password_is_sent_to_no_other_server(admin, box):
    system = Actor.system()
    kept = mail_settings.MailServerRequest("a.example", 25, username="u", password="hidden")
    mail_settings.configure(system, kept)
    for change in ({"hostname": "b.example"}, {"port": 26}, {"protocol": "SMTPS"}):
        mail_settings.configure(system, kept)
        wanted = {"hostname": "a.example", "port": 25, "username": "u"} | change
        mail_settings.configure(system, mail_settings.MailServerRequest(**wanted))
        assert mail_server.read().password == ""


@pytest.mark.parametrize("number", [3, 30])
def test_a_digest_costs_as_many_queries_for_many_notices(
    repo, box, alice, bob, number, monkeypatch, django_assert_max_num_queries
):
    prefer(bob, mode="DIGEST")
    watching.watch(builders.actor(bob), repo)
    for step in range(number):
        worlds.commit(repo, "main", {"x": str(step)}, actor=builders.actor(alice))
    assert Notice.objects.filter(user=bob).count() == number
    # As in a server, which asks for the settings of the site now and then.
    monkeypatch.setattr(site_settings, "CACHED_SECONDS", 30)
    with django_assert_max_num_queries(18):
        notices.send_digest(Actor.system(), bob.pk)
    [mail] = box.to("bob@example.com")
    assert mail["Subject"] == f"{number} updates"
