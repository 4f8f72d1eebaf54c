"""Static files under names that carry their content's hash, compressed once when they are collected."""

from __future__ import annotations

from whitenoise.storage import CompressedManifestStaticFilesStorage


class Storage(CompressedManifestStaticFilesStorage):
    # Our scripts import one another as modules; without this the imports keep names that are not hashed.
    support_js_module_import_aggregation = True
