"""PMML files beside the schema that JPMML carries, each an argument: a program of its own."""

import io
import sys
import zipfile
from pathlib import Path

import jpmml_evaluator  # type: ignore[import-not-found]
from lxml import etree  # type: ignore[import-not-found]

(jar,) = (Path(jpmml_evaluator.__file__).parent / "dependencies").glob("pmml-model-[0-9]*.jar")
with zipfile.ZipFile(jar) as packed:
    schema = etree.XMLSchema(etree.parse(io.BytesIO(packed.read("pmml.xsd"))))
for path in sys.argv[1:]:
    schema.assertValid(etree.parse(path))
