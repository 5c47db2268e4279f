"""Routes of files."""

from django.urls import URLPattern, path

from web.source.views import edits, files, finder, repository


def below_repository(start: str, prefix: str) -> list[URLPattern]:
    """Give the pages below the path of a repository; `prefix` sets the names of personal ones apart."""
    return [
        path(start, repository.root),
        path(f"{start}/browse", files.browse, name=f"{prefix}browse"),
        path(f"{start}/browse/<git_path:path>", files.browse),
        path(f"{start}/last-changes", files.last_changes),
        path(f"{start}/last-changes/<git_path:path>", files.last_changes),
        path(f"{start}/last-change/<git_path:path>", files.last_change),
        path(f"{start}/archive", files.archive),
        path(f"{start}/find-file", finder.find_file),
        path(f"{start}/find-file/paths", finder.file_paths),
        path(f"{start}/create", edits.create),
        path(f"{start}/edit/<git_path:path>", edits.edit),
        path(f"{start}/rename/<git_path:path>", edits.rename),
        path(f"{start}/delete/<git_path:path>", edits.delete),
        path(f"{start}/raw/<git_path:path>", files.raw),
    ]
