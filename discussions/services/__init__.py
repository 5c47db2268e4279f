"""What changes in a discussion: comments, reactions, watchers, attachments."""
