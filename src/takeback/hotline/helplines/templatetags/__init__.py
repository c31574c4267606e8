"""Template filters of the young person's pages."""
