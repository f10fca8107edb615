"""A key that looks different in an address than in a header."""

from __future__ import annotations

KEY = "key/with+signs=0123456789"
