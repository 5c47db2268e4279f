"""Pull requests as Bitbucket's JSON."""

from pullrequests.representations.activities import represent_activity, represent_talk
from pullrequests.representations.merging import represent_mergeability, represent_veto
from pullrequests.representations.pull_requests import (
    milliseconds,
    pull_request_path,
    represent_participant,
    represent_pull_request,
)
from pullrequests.representations.settings import (
    represent_condition,
    represent_merge_config,
    represent_settings,
)

__all__ = [
    "milliseconds",
    "pull_request_path",
    "represent_activity",
    "represent_condition",
    "represent_merge_config",
    "represent_mergeability",
    "represent_participant",
    "represent_pull_request",
    "represent_settings",
    "represent_talk",
    "represent_veto",
]
