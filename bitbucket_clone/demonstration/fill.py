"""Fill an empty server: people, projects, histories, reviews, builds and webhooks."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count

from django.conf import settings
from django.utils import timezone
from PIL import Image, ImageDraw, ImageFont

from accounts.actor import Actor, Via
from accounts.models import User
from accounts.permissions import Permission
from accounts.services import profiles, users
from bitbucket_clone.demonstration import fleet
from bitbucket_clone.demonstration.stories import ARCHIVE, CONSOLE, ORBIT, PEOPLE, Story, StoryUser
from builds import services as builds
from builds.services import Report
from core.errors import Conflict
from discussions.models import Comment
from discussions.services import comments, reactions
from discussions.subjects import AnchorRequest
from gitengine import edit, refs
from gitengine.edit import Edit
from gitengine.object_writer import ObjectWriter
from gitengine.quarantine import quarantine
from gitengine.types import ZERO_ID, ObjectId, RefCommand
from infrastructure import jobs
from infrastructure.models import Job
from pullrequests.models import PullRequest
from pullrequests.selectors import pull_requests as find_pull_requests
from pullrequests.services import lifecycle, merging, reviews
from pullrequests.services import settings as pull_request_settings
from pullrequests.services.discussion import PullRequestSubject
from pullrequests.services.lifecycle import Proposal
from pullrequests.services.merging import MergeOptions
from pullrequests.services.settings import MergeCheckChanges
from repos import storage
from repos.models import Project, Push, Repository
from repos.services import labels, permissions, projects, ref_moves, repositories, tags, watching
from webhooks.models import Webhook
from webhooks.services import webhooks
from webhooks.services.webhooks import WebhookRequest

SIDE = 256
MOST_ROUNDS = 200
JOBS_AFTER = 10

Say = Callable[[str], None]


def fill(say: Say, password: str, *, more_repositories: int = 0) -> None:
    """Do it all, telling `say` of each step; Conflict where there is something already.

    With `more_repositories` small ones beside those of the story.
    """
    if Project.objects.exclude(type=Project.Type.PERSONAL).exists():
        raise Conflict("There are projects already: the demonstration begins with an empty server.")
    say("People ...")
    people = {one.name: _person(one, password) for one in PEOPLE}
    amara = people["amara"]
    ground = projects.create(
        Actor.system(), key="GND", name="Ground segment", description="All that stays on the earth"
    )
    space = projects.create(
        Actor.system(),
        key="SPC",
        name="Space segment",
        description="All that flies",
        is_public=True,
    )
    everybody = [actor.user for actor in people.values() if actor.user is not None]
    for project in (ground, space):
        permissions.grant(Actor.system(), project, everybody, Permission.PROJECT_WRITE)
    permissions.grant(Actor.system(), ground, [everybody[0]], Permission.PROJECT_ADMIN)
    say("Repositories with their histories ...")
    orbit = _repository(ground, ORBIT, people)
    _repository(ground, CONSOLE, people)
    _repository(space, ARCHIVE, people)
    for name in ("bruno", "elin"):
        watching.watch(people[name], orbit)
    pull_request_settings.set_checks(
        Actor.system(), orbit, MergeCheckChanges(required_approvals=1, needs_all_tasks=True)
    )
    with _receiver() as url:
        say("Webhooks, and somebody who hears them ...")
        hook = _webhook(amara, orbit, url)
        say("Pull requests with their reviews ...")
        _reviews(people, orbit)
        _run_jobs()
        # From now on nobody listens there.
        webhooks.update(amara, hook, WebhookRequest(is_active=False))
    if more_repositories:
        say(f"{more_repositories} more repositories, each with a pull request ...")
        _fleet(people, more_repositories)


def _fleet(people: dict[str, Actor], count: int) -> None:
    project = projects.create(
        Actor.system(), key=fleet.KEY, name=fleet.NAME, description="One for each part"
    )
    everybody = [actor.user for actor in people.values() if actor.user is not None]
    permissions.grant(Actor.system(), project, everybody, Permission.PROJECT_WRITE)
    for number, story in enumerate(fleet.stories(count), 1):
        made = _repository(project, story, people)
        proposal = Proposal(story.steps[-1].message, made, fleet.branch_of(story), "main")
        lifecycle.propose(people[fleet.author_of(story)], made, proposal)
        if number % JOBS_AFTER == 0 or number == count:
            _run_jobs()


def _person(one: StoryUser, password: str) -> Actor:
    user = users.create(
        Actor.system(),
        name=one.name,
        display_name=one.display_name,
        email_address=f"{one.name}@example.com",
        password=password,
    )
    actor = Actor(user=user, via=Via.SESSION)
    profiles.set_avatar(actor, user, _picture(one))
    return actor


def _picture(one: StoryUser) -> bytes:
    """Two colours that run into each other, and the first letter of the name."""
    dark, light = (Image.new("RGB", (SIDE, SIDE), colour) for colour in one.colours)
    picture = Image.composite(light, dark, Image.linear_gradient("L").resize((SIDE, SIDE)))
    pen = ImageDraw.Draw(picture)
    font = ImageFont.load_default(150)
    pen.text((SIDE / 2, SIDE / 2), one.display_name[0], font=font, fill="white", anchor="mm")
    kept = io.BytesIO()
    picture.save(kept, "PNG")
    return kept.getvalue()


def _repository(project: Project, story: Story, people: dict[str, Actor]) -> Repository:
    made = repositories.create(
        Actor.system(),
        project,
        name=story.name,
        description=story.description,
        default_branch="main",
    )
    now = int(time.time())
    by_branch: dict[str, list[tuple[Actor, ObjectId]]] = {}
    with storage.opened(made) as git:
        draft = ObjectWriter(git)
        for step in story.steps:
            written = by_branch.setdefault(step.branch, [])
            base = written or by_branch.get(step.begins_at, [])
            edits = [
                Edit(path, text.encode() if text is not None else None, is_removal=text is None)
                for path, text in step.files.items()
            ]
            actor = people[step.who]
            new = edit.commit(
                draft,
                base[-1][1] if base else None,
                edits,
                person=ref_moves.person(actor),
                time=now - step.hours_ago * 3600,
                message=step.message,
            )
            written.append((actor, new))
        for branch, written in by_branch.items():
            actor, tip = written[-1]
            name = refs.BRANCHES + branch
            with quarantine(git) as incoming:
                draft.bring_into(incoming, tip)
                command = RefCommand(name, ZERO_ID, tip)
                ref_moves.move(actor, made, command, reason=Push.Reason.PUSH, objects=incoming)
    for tag, (number, message) in story.tags.items():
        _, at = by_branch["main"][number]
        tags.create(people["amara"], made, tag, start_point=at, message=message)
    for label in story.labels:
        labels.apply(Actor.system(), made, label)
    return made


def _reviews(people: dict[str, Actor], orbit: Repository) -> None:
    amara, bruno, chen = people["amara"], people["bruno"], people["chen"]
    dalia, elin = people["dalia"], people["elin"]

    merged = _propose(chen, orbit, "feature/schedule", "Share passes out among the dishes", ("amara", "dalia"), "Each pass goes to the first dish that is free, with a minute to turn.\n\n- [x] one dish\n- [x] several")  # fmt: skip
    talk = _said(amara, merged, "Why a minute, @chen?", at=("orbit/schedule.py", 8))
    _reply(chen, merged, talk, "The old dish at Svalbard needs 50 seconds for half a turn.")
    reactions.add(dalia, PullRequestSubject(merged), talk, "thumbsup")
    _build(orbit, merged, "SUCCESSFUL", 41)
    reviews.judge(amara, _again(merged), "APPROVED")
    reviews.judge(dalia, _again(merged), "APPROVED")
    _run_jobs()
    merging.merge(chen, _again(merged), MergeOptions(), version=None)

    weather = _propose(dalia, orbit, "feature/weather", "Leave out passes behind clouds", ("amara", "chen", "elin"), "With more than nine tenths of cloud nobody sees anything.\n\n| Cloud | Pass |\n| --- | --- |\n| up to 0.9 | is planned |\n| more | is left out |")  # fmt: skip
    asked = _said(elin, weather, "What if the service is away? Then no pass is found at all.", at=("orbit/weather.py", 12))  # fmt: skip
    _reply(dalia, weather, asked, "Right. I will take the last that we know :+1:")
    _said(chen, weather, "Ask once an hour, not once per step", severity=Comment.Severity.BLOCKER)
    done = _said(amara, weather, "Add a timeout", severity=Comment.Severity.BLOCKER)
    comments.edit(
        dalia, PullRequestSubject(_again(weather)), done, comments.CommentChanges(state="RESOLVED"), version=0
    )  # fmt: skip
    _build(orbit, weather, "FAILED", 44)
    reviews.judge(elin, _again(weather), "NEEDS_WORK")
    reviews.judge(chen, _again(weather), "APPROVED")

    conflict = _propose(bruno, orbit, "bugfix/lowest-pass", "Count passes from three degrees", ("elin",), "At sea the horizon is free.")  # fmt: skip
    _said(elin, conflict, "We have just gone the other way for the summer: let us talk.")
    _build(orbit, conflict, "INPROGRESS", 45)

    stations = _propose(amara, orbit, "feature/more-stations", "Add the station at Awarua", ("bruno", "chen"), "One dish, from March on.")  # fmt: skip
    _build(orbit, stations, "SUCCESSFUL", 46)
    reviews.judge(bruno, _again(stations), "APPROVED")

    declined = _propose(elin, orbit, "feature/rewrite-in-rust", "Begin again in Rust", ("amara",))
    _said(amara, declined, "It is fast enough: 40 ms for a week of passes.")
    lifecycle.decline(elin, _again(declined), version=None)

    draft = Proposal("Ring a bell before a pass begins", orbit, "feature/alerts", "main", "Sounds follow.", is_draft=True)  # fmt: skip
    lifecycle.propose(bruno, orbit, draft)


def _propose(
    who: Actor,
    where: Repository,
    source: str,
    title: str,
    reviewers: tuple[str, ...],
    description: str = "",
) -> PullRequest:
    proposal = Proposal(title, where, source, "main", description, reviewers)
    made = lifecycle.propose(who, where, proposal)
    _run_jobs()
    return _again(made)


def _again(pull_request: PullRequest) -> PullRequest:
    return find_pull_requests.again(Actor.system(), pull_request)


def _said(
    who: Actor,
    about: PullRequest,
    text: str,
    *,
    at: tuple[str, int] | None = None,
    severity: str = Comment.Severity.NORMAL,
) -> Comment:
    anchor = None
    if at is not None:
        anchor = AnchorRequest(at[0], line=at[1], line_type="ADDED", file_type="TO")
    subject = PullRequestSubject(_again(about))
    return comments.begin(who, subject, text=text, severity=severity, anchor=anchor)


def _reply(who: Actor, about: PullRequest, to: Comment, text: str) -> None:
    comments.reply(who, PullRequestSubject(_again(about)), to, text=text)


def _build(where: Repository, about: PullRequest, state: str, number: int) -> None:
    robot = User.objects.get(name="amara")
    said = Report(
        key="orbit-tests",
        state=state,
        url=f"https://ci.example.com/orbit/{number}",
        name=f"orbit-tests #{number}",
        description=f"{state.title()} after {number % 7 + 1} minutes",
        tests_successful=212 if state == "SUCCESSFUL" else 209,
        tests_failed=0 if state == "SUCCESSFUL" else 3,
        tests_skipped=1,
    )
    builds.report(Actor(user=robot, via=Via.SESSION), about.from_id, said, repository=where)


def _webhook(who: Actor, where: Repository, url: str) -> Webhook:
    events = ("repo:refs_changed", "pr:opened", "pr:merged", "pr:declined", "pr:comment:added")
    return webhooks.create(
        who, where, WebhookRequest(name="Build server", url=url, events=events, secret="between us")
    )


def _run_jobs() -> None:
    """Do what is to be done later, now; deliveries that failed are tried again at once."""
    for _ in range(MOST_ROUNDS):
        Job.objects.filter(task="webhooks.deliver").update(due_at=timezone.now())
        due = jobs.due_ids()
        if not due:
            return
        for job_id in due:
            jobs.run(job_id)


@contextmanager
def _receiver() -> Iterator[str]:
    """A build server of our own, on this machine, that is asleep when the third call comes."""
    calls = count(1)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            is_awake = next(calls) != 3
            body = b"queued\n" if is_awake else b"starting up\n"
            self.send_response(202 if is_awake else 503)
            self.send_header("Content-Type", "text/plain")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            return

    allowed = settings.OUTGOING_ALLOWED_NETWORKS
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        # For this process alone, and only until it is done.
        settings.OUTGOING_ALLOWED_NETWORKS = [*allowed, "127.0.0.1/32"]
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/builds"
        finally:
            settings.OUTGOING_ALLOWED_NETWORKS = allowed
            server.shutdown()
