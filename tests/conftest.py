"""Makes the package harness importable from every directory of tests."""
