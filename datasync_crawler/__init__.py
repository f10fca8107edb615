"""Finds out how an under-documented HTTP API works, drains every record from it, and proves that it has them all."""
