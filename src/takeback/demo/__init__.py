"""The harness of demo, tests and benchmarks: all of Takeback as real processes, and a walk."""
