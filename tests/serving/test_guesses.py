"""Passwords that come at once, to a server of several processes."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import requests

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
