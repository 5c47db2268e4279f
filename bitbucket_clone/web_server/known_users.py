"""Maps credentials to users, as the application authenticated them."""

from __future__ import annotations

import threading
from collections import OrderedDict

MOST_KNOWN = 10_000


class KnownUsers:
    """Users by a digest of their credentials; written by threads, read by the event loop."""

    def __init__(self) -> None:
        self._users: OrderedDict[bytes, int] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, credential: bytes) -> object:
        """Give the id of the user, or the credential itself while that is not known; empty for none."""
        return self._users.get(credential, credential)

    def note(self, credential: bytes, user_id: int) -> None:
        """Remember whose it is, for as long as there are not too many newer ones."""
        with self._lock:
            self._users[credential] = user_id
            self._users.move_to_end(credential)
            if len(self._users) > MOST_KNOWN:
                self._users.popitem(last=False)
