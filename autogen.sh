#!/bin/sh
# Makes ./configure from configure.ac; needed once after a checkout from git.
set -e
cd "$(dirname "$0")"
exec autoreconf --install --force --warnings=all
