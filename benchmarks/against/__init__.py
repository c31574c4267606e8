"""This checkout's speed beside that of another commit, in pairs in one run.

`make bench-against REV=<commit>` is the way in. What runs inside a tree's own interpreter lies in
`inside/`: files that are started by their path and know nothing of this package.
"""
