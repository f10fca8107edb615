"""Python imports this at start when the folder is on PYTHONPATH: so a test's children are guarded as it is itself."""

from __future__ import annotations

import loopback_only

loopback_only.install()
