"""Helplines by country: who young people can talk to, with the source of every number."""
