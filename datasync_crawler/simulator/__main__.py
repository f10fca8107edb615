"""``python -m datasync_crawler.simulator``."""

from __future__ import annotations

import sys

from datasync_crawler.simulator.cli import main

if __name__ == "__main__":
    sys.exit(main())
