"""What changes projects, repositories, permissions and refs."""
