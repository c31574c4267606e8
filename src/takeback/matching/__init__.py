"""Fingerprints in, matches out: policy, the Hamming index, the snapshot file and the matcher."""
