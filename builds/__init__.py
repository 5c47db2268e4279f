"""What build servers say of commits."""
