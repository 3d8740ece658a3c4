"""Databases that are found by what they do: how busy they are, and how much they read and write."""
