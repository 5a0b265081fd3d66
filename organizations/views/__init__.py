"""Doors for people: the organization itself, and who works there."""
