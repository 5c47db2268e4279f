"""Pull requests as Bitbucket's JSON."""

from pullrequests.representations.activities import represent_activity, represent_talk
from pullrequests.representations.merging import represent_mergeability, represent_veto
from pullrequests.representations.pull_requests import (
    milliseconds,
    pull_request_path,
    represent_participant,
    represent_pull_request,
)

__all__ = [
    "milliseconds",
    "pull_request_path",
    "represent_activity",
    "represent_mergeability",
    "represent_participant",
    "represent_pull_request",
    "represent_talk",
    "represent_veto",
]
