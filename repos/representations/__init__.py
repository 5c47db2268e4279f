"""What repositories are and hold, as Bitbucket's JSON."""

from repos.representations.branch_models import (
    represent_branch_model,
    represent_branch_model_setting,
    represent_ref_change,
)
from repos.representations.contents import (
    represent_blame,
    represent_branch,
    represent_commit,
    represent_entry,
    represent_path,
    represent_ref,
    represent_tag,
)
from repos.representations.forks import represent_synchronisation, represent_unsynchronised
from repos.representations.repositories import (
    clone_links,
    clone_url,
    project_path,
    repository_path,
    represent_access_key,
    represent_grant,
    represent_project,
    represent_repository,
    ssh_url,
)
from repos.representations.restrictions import represent_matcher, represent_restriction

__all__ = [
    "clone_links",
    "clone_url",
    "project_path",
    "repository_path",
    "represent_access_key",
    "represent_blame",
    "represent_branch",
    "represent_branch_model",
    "represent_branch_model_setting",
    "represent_commit",
    "represent_entry",
    "represent_grant",
    "represent_matcher",
    "represent_path",
    "represent_project",
    "represent_ref",
    "represent_ref_change",
    "represent_repository",
    "represent_restriction",
    "represent_synchronisation",
    "represent_tag",
    "represent_unsynchronised",
    "ssh_url",
]
