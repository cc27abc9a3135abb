#!/usr/bin/env bash
# What no Python package brings and some tests need: a database server, a second C compiler, a checker of C, a browser,
# Node.js, a JDK, Mono, ssh-keygen, a checker of rounding, a proof assistant; and in .venv-engines, an environment of its own, engines that nothing of ours imports.
# For Debian and Ubuntu, as root. What can't be installed is named; its tests are skipped then.
set -uo pipefail
updated=
for wanted in mariadbd:mariadb-server clang:clang cppcheck:cppcheck chromium:chromium node:nodejs \
  javac:default-jdk-headless mcs:mono-mcs mono:mono-runtime ssh-keygen:openssh-client gappa:gappa \
  coqc:coq+libzarith-ocaml-dev; do
  packages="${wanted##*:}"
  packages="${packages//+/ }"
  if ! PATH="$PATH:/usr/sbin" command -v "${wanted%%:*}" >/dev/null; then
    ${updated:-apt-get update -qq} >/dev/null 2>&1 || true
    updated=true
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages >/dev/null 2>&1 || # a word each
      echo "$packages could not be installed; its tests are skipped"
  fi
done
engines="${RELURULES_ENGINES:-.venv-engines}"
wanted="jpmml_evaluator==0.16.0 lxml==6.1.3 dbt-core==1.11.16 dbt-duckdb==1.11.1 mlflow-skinny==3.17.2 SQLAlchemy==2.1.9 alembic==1.20.1 maraboupy==2.0.0 onnx==1.23.2 onnxruntime==1.32.0"
if [ "$(cat "$engines/ready" 2>/dev/null)" != "$wanted" ]; then
  { "${PYTHON:-python3}" -m venv "$engines" &&
    "$engines/bin/python" -m pip install --quiet $wanted && # a word each
    echo "$wanted" >"$engines/ready"; } || echo "the engines of $engines could not be installed; their tests are skipped"
fi
exit 0
