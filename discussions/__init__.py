"""Talk about commits, and later about pull requests: comments, reactions, attachments, their markup."""
