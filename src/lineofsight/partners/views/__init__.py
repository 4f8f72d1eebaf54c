"""Pages of signing in, of one's own account, of other people's accounts, and of a guardian."""
