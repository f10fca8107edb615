"""The dashboard: what it is built from (``src``), how (``build``), and the built files that are served."""
