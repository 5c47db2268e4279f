"""Text of strangers that makes parsers slow takes a bounded time of a processor, once, and stays readable."""

from __future__ import annotations

import os
import resource
import signal
import socket
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from pygments.lexers import get_all_lexers

from core import metrics, request_ids
from infrastructure import markup
from infrastructure.rendering import client, markdown, slow_lexers, tasks
from infrastructure.rendering.pool import Pool, PoolBusy, TooComplex
from tests.availability.hostile import text
from tests.builders import git
from web.diffs import highlighting

SECONDS = 0.8
# What starting a process and reading its message may take beside the task.
BESIDE = 0.6
MEGABYTE = 1024 * 1024
SLOW_FILES = [("s.ino", "\n" * 12_000), ("s.cpp", "\n" * 30_000), ("s.cs", "\n" * 60_000)]
SLOW_MARKDOWN = {
    "addresses": "://" * 100_000,
    "headings": "# a\n" * 75_000,
    "lists and headings": "- a\n---\n" * 37_000,
    "emphasis": "*a " * 100_000,
    "tags": "<b>" * 100_000,
    "tasks": "- [ ] a\n" * 37_000,
}


def children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def outcomes(task: str, outcome: str) -> float:
    return metrics.RENDERINGS.labels(task, outcome)._value.get()


@pytest.fixture
def pool(monkeypatch):
    """A pool of its own, whose processes are waited for at the end of the test."""
    made = Pool(processes=2, seconds=SECONDS, memory=256 * MEGABYTE)
    monkeypatch.setattr(client, "_pool", lambda _: made)
    # What failed in the last request of another test counts for its request alone.
    monkeypatch.setattr(client, "_failures", client._Failures())
    yield made
    made.close()


def highlighted_soon(content: str, name: str) -> list[str] | None:
    """Ask until a process is free: on a busy machine none may have started within the wait."""
    end = time.monotonic() + 20
    while (found := client.highlighted_lines(content, name)) is None and time.monotonic() < end:
        time.sleep(0.1)
    return found


def message(task: str = "markdown", **arguments) -> bytes:
    if task == "markdown":
        arguments |= {
            "manner": {"html": True, "hardwrap": False, "heading_ids": True},
            "surroundings": {
                "base_url": "http://x",
                "file_links": None,
                "mentions": {},
                "emoticons": {},
                "targets": {},
            },
        }
    return client.json.dumps({"task": task, "arguments": arguments}).encode()


@pytest.mark.parametrize(("name", "content"), SLOW_FILES)
def test_a_file_that_is_slow_to_colour_is_plain_and_tried_once(pool, name, content):
    before = children_seconds()

    first = highlighting.lines_of(content, name)
    again = highlighting.lines_of(content, name)

    assert first == again == [""] * len(content)
    pool.close()
    assert children_seconds() - before < SECONDS + BESIDE
    assert outcomes("highlighted lines", "too complex") >= 1


@pytest.mark.django_db
@pytest.mark.parametrize("kind", SLOW_MARKDOWN)
def test_markdown_that_is_slow_is_shown_as_it_was_written(pool, kind):
    content = SLOW_MARKDOWN[kind]
    before = children_seconds()

    html = markup.render(content)

    pool.close()
    assert children_seconds() - before < SECONDS + BESIDE
    if markup.TOO_COMPLEX in html:
        assert len(html) >= len(content) and "<script" not in html
        assert markup.render(content) == html
        assert children_seconds() - before < SECONDS + BESIDE


@pytest.mark.parametrize(
    "manner", [markdown.AS_FILE, markdown.MarkdownOptions(html=False, hardwrap=True)]
)
def test_no_markdown_takes_the_square_of_its_length(manner):
    """Of what the generator makes, 16 kB each."""
    slow = {}
    for name, content in text.markdown(16_000):
        before = resource.getrusage(resource.RUSAGE_SELF).ru_utime
        markdown.render(content, manner, markdown.LinkContext("http://x"))
        taken = resource.getrusage(resource.RUSAGE_SELF).ru_utime - before
        if taken > 1.5:
            slow[name] = taken
    assert slow == {}


def test_a_task_that_needs_more_memory_than_it_may_have_fails_alone():
    small = Pool(processes=1, seconds=5, memory=24 * MEGABYTE)
    with pytest.raises(TooComplex):
        answer = small.run(message(text="*a " * 100_000))
        raise TooComplex(answer[:100]) if answer.startswith(b'{"error"') else AssertionError
    assert b"<em>b</em>" in small.run(message(text="*b*"))
    small.close()


def test_a_process_that_died_is_replaced(pool):
    assert b"<em>a</em>" in pool.run(message(text="*a*"))
    child = pool._idle[0]._child
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    assert b"<em>b</em>" in pool.run(message(text="*b*"))


def test_a_process_that_ends_while_it_is_asked_says_nothing_of_the_text(pool, monkeypatch):
    """It had been idle for too long: a new one answers."""
    assert b"<em>a</em>" in pool.run(message(text="*a*"))
    (process,) = pool._idle
    process._socket.shutdown(socket.SHUT_WR)
    assert process._child.wait(10) == 0
    # As in the moment before it can be seen that it has gone.
    monkeypatch.setattr(process, "is_alive", lambda: True)
    assert b"<em>b</em>" in pool.run(message(text="*b*"))


def test_a_process_that_the_machine_killed_is_nobodys_fault(pool, monkeypatch):
    pool.run(message(text="*a*"))
    (process,) = pool._idle
    process._child.kill()
    process._child.wait()
    monkeypatch.setattr(process, "is_alive", lambda: True)
    with pytest.raises(PoolBusy):
        pool.run(message(text="*b*"))


def test_a_process_that_cannot_be_started_leaves_text_plain(pool, monkeypatch):
    def refuse(*_, **__):
        raise OSError("no memory")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    assert client.highlighted_lines("x = 1\n" * 200, "c.py") is None


def test_where_nobody_is_free_text_stays_plain_for_this_time_only(pool, monkeypatch):
    content = "word " * 200 + "*emphasis*"

    def nobody(_):
        raise PoolBusy

    with monkeypatch.context() as patched:
        patched.setattr(pool, "run", nobody)
        assert client.highlighted_lines(content, "a.py") is None
    assert highlighted_soon(content, "a.py") is not None


def test_the_same_text_is_rendered_once_for_all_who_ask_at_the_same_time(pool):
    before = outcomes("highlighted lines", "done")
    content = "def f(x):\n    return x\n" * 500
    with ThreadPoolExecutor(16) as threads:
        found = list(threads.map(lambda _: client.highlighted_lines(content, "b.py"), range(16)))
    assert found[0] is not None and all(one == found[0] for one in found)
    assert outcomes("highlighted lines", "done") == before + 1


def test_a_request_is_not_kept_waiting_for_many_hostile_texts(pool):
    before = children_seconds()
    with request_ids.working_for("one request"):
        for number in range(12):
            assert client.highlighted_lines("\n" * (20_000 + number), "s.cpp") is None
    pool.close()
    allowed = client.MOST_FAILURES_A_REQUEST
    assert children_seconds() - before < allowed * (SECONDS + BESIDE)


def test_lexers_that_are_slow_for_short_texts_are_not_run_in_this_process(pool):
    before = outcomes("highlighted lines", "in place")
    assert highlighted_soon("\n" * 300, "a.ly") is not None
    assert client.highlighted_lines("x = 1\n", "a.py") is not None
    assert outcomes("highlighted lines", "in place") == before + 1
    assert {name for name, *_ in get_all_lexers()} >= slow_lexers.NEVER_IN_PLACE


def test_every_task_gives_the_same_in_place_and_in_a_process(pool):
    content = "\n".join(f"def f{n}(x):\n    return '{n}'  # <é>" for n in range(20))
    arguments = {"text": content, "name": "a.py"}
    answer = client.json.loads(pool.run(message("highlighted lines", **arguments)))
    assert answer["made"] == tasks.TASKS["highlighted lines"](**arguments)


@pytest.mark.slow
def test_seventy_slow_pages_at_once_leave_the_server_answering(server, tmp_path):
    """Each of another file, so that nothing is known of any before."""
    address = server.repository(public=True)
    key = address.split("/scm/")[1].split("/")[0]
    work = tmp_path / "work"
    git("init", "-q", "-b", "main", str(work), cwd=tmp_path)
    for number in range(70):
        (work / f"{number}.py").write_text("(" * (40_000 + number))
    git("add", ".", cwd=work)
    git("commit", "-q", "-m", "slow", cwd=work)
    git("push", "-q", address, "main", cwd=work)
    page = f"{server.url}/projects/{key.upper()}/repos/repo/browse"

    def look(number: int) -> int:
        return requests.get(f"{page}/{number}.py", timeout=120).status_code

    with ThreadPoolExecutor(70) as threads:
        pages = threads.map(look, range(70))
        # Answered while the others are at work.
        answers = [requests.get(f"{server.url}/status", timeout=10).status_code for _ in range(20)]
        assert set(pages) == {200}
    assert set(answers) == {200}
    processes = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True)
    assert processes.stdout.count("infrastructure.rendering.worker") <= 8
