"""What is read of a discussion: comments with their replies, attachments."""
