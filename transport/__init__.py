"""Git's doors: HTTP here, SSH beside it. They find the repository, pass the bytes on, and show refusals."""
