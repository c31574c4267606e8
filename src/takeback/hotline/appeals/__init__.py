"""Whoever had a lawful picture stopped can say so and read an answer; what became of it all."""
