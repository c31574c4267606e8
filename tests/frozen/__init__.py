"""What other programs, stored data and operators rely on, written down so that no change is unseen.

Each file beside the tests holds facts that are read from the running program. A test fails with
the difference when the program says something else. Where the change is meant, `make freeze`
writes the files anew: review the difference, and commit it with its cause.
"""
