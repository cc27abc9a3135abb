"""SQL of another tool, orbital, for a pickled scikit-learn pipeline; run by scoring.py in an
environment of its own.

    python orbital_sql.py PIPELINE.joblib FOLDER DIALECT...

Writes FOLDER/DIALECT.sql, and prints the seconds that each took.
"""

import sys
import time
from pathlib import Path
from typing import Any


def main() -> None:
    import joblib  # type: ignore[import-untyped]
    import orbital

    path, folder, dialects = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]
    model: Any = joblib.load(path)
    features = {name: orbital.types.DoubleColumnType() for name in model.feature_names_in_}

    for dialect in dialects:
        start = time.perf_counter()
        parsed = orbital.parse_pipeline(model, features=features)
        text = orbital.export_sql("input_data", parsed, dialect=dialect)
        print(dialect, time.perf_counter() - start)
        (folder / f"{dialect}.sql").write_text(text)


if __name__ == "__main__":
    main()
