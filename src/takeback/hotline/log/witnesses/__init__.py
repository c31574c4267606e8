"""Has checkpoints cosigned by others."""
