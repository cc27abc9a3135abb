"""The version that rules, folders and heads of artefacts name."""

VERSION = "0.1.0"
