"""A verifiable log, as C2SP has it: tree, tiles, notes, checkpoints, cosignatures, proofs."""
