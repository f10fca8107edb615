"""Reading JavaScript bundles: which HTTP calls a (minified) source makes, and which further scripts it leads to."""

from .calls import CodeCall, PathLiteral
from .carried import read_with_sources
from .reading import BundleReading, read_bundle, read_bundles, read_calls, read_links, read_paths
from .source_map import read_source_map

__all__ = [
    "BundleReading",
    "CodeCall",
    "PathLiteral",
    "read_bundle",
    "read_bundles",
    "read_calls",
    "read_links",
    "read_paths",
    "read_source_map",
    "read_with_sources",
]
