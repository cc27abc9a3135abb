#!/usr/bin/env bash
# What no Python package brings and some tests need: a database server, a second C compiler, a checker of C, a browser.
# For Debian and Ubuntu, as root. What can't be installed is named; its tests are skipped then.
set -uo pipefail
updated=
for wanted in mariadbd:mariadb-server clang:clang cppcheck:cppcheck chromium:chromium; do
  if ! PATH="$PATH:/usr/sbin" command -v "${wanted%%:*}" >/dev/null; then
    ${updated:-apt-get update -qq} >/dev/null 2>&1 || true
    updated=true
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${wanted##*:}" >/dev/null 2>&1 ||
      echo "${wanted##*:} could not be installed; its tests are skipped"
  fi
done
exit 0
