"""What changes in a discussion: comments, reactions, attachments."""
