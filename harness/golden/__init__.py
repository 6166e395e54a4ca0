"""Recorded behaviours on disk: read, cover a release, record, prune, check. Format: docs/decisions/0003."""

from harness.golden.behaviours import (
    covering,
    expected,
    forget,
    forget_release,
    prune,
    record,
    record_case,
    releases_of,
)
from harness.golden.files import read, write
from harness.golden.integrity import Orphan, check, orphans
from harness.golden.model import Behaviour, GoldenCase, GoldenFile, RecordAction
from harness.golden.provenance import UNAVAILABLE, Absence, absences, read_provenance, update_provenance
from harness.golden.storage import PROVENANCE, golden_path, locked, replace_file, scenario_names, sidecar_path

__all__ = [
    "PROVENANCE",
    "UNAVAILABLE",
    "Absence",
    "Behaviour",
    "GoldenCase",
    "GoldenFile",
    "Orphan",
    "RecordAction",
    "absences",
    "check",
    "covering",
    "expected",
    "forget",
    "forget_release",
    "golden_path",
    "locked",
    "orphans",
    "prune",
    "read",
    "read_provenance",
    "record",
    "record_case",
    "releases_of",
    "replace_file",
    "scenario_names",
    "sidecar_path",
    "update_provenance",
    "write",
]
