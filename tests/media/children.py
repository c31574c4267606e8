"""Finds the children of a decoder among the processes of the machine."""

from pathlib import Path


def children_of(parent: int) -> set[int]:
    """Process ids of the decoders' children that run below `parent`."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes()
            status = (folder / "status").read_text()
        except OSError:
            continue
        if b"takeback.media.child" in command and f"PPid:\t{parent}\n" in status:
            found.add(int(folder.name))
    return found
