"""Projects and repositories: who may see and change them, what they hold, how their refs move."""
