#!/bin/sh
# Makes the TrueType files that documents use from the static web fonts. latin and latin-ext are joined,
# because names such as Łukasz or Siân need both in one file.
set -eu
cd "$(dirname "$0")"
exec ../.venv/bin/uv run --no-project --with fonttools --with brotli python fonts.py
