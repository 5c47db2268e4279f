"""Passwords that come at once, to a server of several processes."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import requests

from tests import ssh_keys
from tests.server import ADMINISTRATOR, Server


def test_of_many_guesses_at_once_few_are_judged_and_right_passwords_wait_their_turn(tmp_path):
    server = Server(tmp_path / "home").start()
    try:

        def ask(password):
            answer = requests.get(
                f"{server.url}/rest/api/1.0/users", auth=(ADMINISTRATOR[0], password), timeout=60
            )
            return answer.status_code, "X-Authentication-Denied-Reason" in answer.headers

        with ThreadPoolExecutor(20) as pool:
            right = Counter(pool.map(ask, [ADMINISTRATOR[1]] * 30))
            wrong = Counter(pool.map(ask, [f"guess {number}" for number in range(60)]))
        assert right == {(200, False): 30}
        # Five, and one more after each wait while they come: a second, then two, four, eight.
        assert 5 <= wrong[401, False] <= 10
        assert wrong[401, True] == 60 - wrong[401, False]
    finally:
        server.stop()


def test_right_passwords_and_keys_get_in_beside_wrong_ones_in_all_processes(tmp_path):
    """Git with a name in its address, REST, the login page and SSH, all from one address."""
    server = Server(tmp_path / "home").start()
    try:
        server.repository("PRJ", "repo")
        named = f"http://{ADMINISTRATOR[0]}@127.0.0.1:{server.port}/scm/prj/repo.git"

        def rest(password):
            answer = requests.get(
                f"{server.url}/rest/api/1.0/users", auth=(ADMINISTRATOR[0], password), timeout=60
            )
            return answer.status_code

        def sign_in(password):
            with requests.Session() as session:
                session.get(f"{server.url}/login", timeout=60)
                fields = {"j_username": ADMINISTRATOR[0], "j_password": password}
                fields["csrfmiddlewaretoken"] = session.cookies["bitbucket_csrf"]
                url = f"{server.url}/j_atl_security_check"
                return session.post(url, fields, timeout=60, allow_redirects=False).status_code

        def fetch():
            return subprocess.run(
                ["git", "ls-remote", named],
                env=os.environ
                | {"GIT_ASKPASS": str(askpass), "GIT_TERMINAL_PROMPT": "0", "HOME": str(tmp_path)},
                capture_output=True,
                check=False,
            ).returncode

        askpass = tmp_path / "askpass"
        askpass.write_text(f"#!/bin/sh\necho '{ADMINISTRATOR[1]}'\n")
        askpass.chmod(0o700)
        unknown, known = ssh_keys.make(tmp_path / "unknown"), ssh_keys.make(tmp_path / "known")
        text = {"text": known.with_suffix(".pub").read_text()}
        made = requests.post(f"{server.url}/rest/ssh/1.0/keys", json=text, auth=ADMINISTRATOR)
        assert made.ok

        def whoami(key):
            ssh = [*shlex.split(ssh_keys.command(key)), "-p", str(server.ssh_port)]
            return subprocess.run(
                [*ssh, "git@127.0.0.1", "whoami"], capture_output=True, text=True, check=False
            ).stdout

        assert rest(ADMINISTRATOR[1]) == 200
        for round_ in range(12):
            with ThreadPoolExecutor(6) as pool:
                wrong = list(pool.map(rest, [f"guess {round_} {n}" for n in range(6)]))
            assert set(wrong) == {401}
            assert sign_in(f"form guess {round_}") == 401
            assert whoami(unknown) == ""
            assert whoami(known) == f"{ADMINISTRATOR[0]}\n"
            assert fetch() == 0
            assert [rest(ADMINISTRATOR[1]) for _ in range(4)] == [200] * 4
        assert sign_in(ADMINISTRATOR[1]) == 302
    finally:
        server.stop()


def test_a_setting_that_was_written_is_read_at_once_by_every_process(tmp_path):
    server = Server(tmp_path / "home", WEB_WORKERS="3").start()
    try:
        url = f"{server.url}/rest/basicauth/latest/config"
        for number in range(20):
            shown = number % 2 == 0
            body = {"show-warning-message": shown}
            assert requests.put(url, json=body, auth=ADMINISTRATOR, timeout=60).ok
            for _ in range(5):
                answer = requests.get(url, auth=ADMINISTRATOR, timeout=60).json()
                assert answer["show-warning-message"] is shown
    finally:
        server.stop()
