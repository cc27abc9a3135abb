"""Rules through a local store of MLflow, as a program of MLflow's packages.

Every line of stdin is a rules file, rows as JSON and a folder to work in, as JSON; what came back
is printed as JSON by a fork of this program, so that MLflow is imported and its empty store made
once.
"""

import json
import os
import shutil
import sys
import tempfile
import warnings
from pathlib import Path

sys.path.append(sys.argv[1])  # after our own versions
warnings.simplefilter("ignore")

import mlflow  # noqa: E402
import mlflow.pyfunc  # noqa: E402
import mlflow.store.tracking.sqlalchemy_store  # noqa: E402
import pandas as pd  # noqa: E402

import relurules as rr  # noqa: E402
from relurules.domain.columns import is_text_column  # noqa: E402


def go_round(rules_file: str, rows_file: str, work: str) -> dict[str, object]:
    os.chdir(work)
    rules = rr.load(rules_file)
    rows = pd.read_json(rows_file, orient="records", precise_float=True, dtype=False)
    texts = [column.name for column in rules.domain.columns if is_text_column(column)]
    rows = rows[list(rows)].astype({name: float for name in rows if name not in texts})
    shutil.copy(STORE, work)
    mlflow.set_tracking_uri(f"sqlite:///{work}/mlflow.db")
    info = rr.mlflow.log_model(rules, "risk", sql={"dialect": "duckdb", "table": "loans"})
    back, called = rr.mlflow.load_model(info.model_uri), mlflow.pyfunc.load_model(info.model_uri)
    rr.mlflow.save_model(rules, "saved")
    found = called.predict(rows)
    example = called.predict(called.input_example)
    refused = []
    for wrong in (lambda: rr.mlflow.save_model(rules, "other", python_model="x"),):
        try:
            wrong()
        except rr.RelurulesError as error:
            refused.append(str(error))
    folder = Path(mlflow.artifacts.download_artifacts(info.model_uri))
    return {
        "rules": pd.DataFrame(back.predict(rows)).to_json(double_precision=15),
        "equal": pd.DataFrame(back.predict(rows)).equals(pd.DataFrame(rules.predict(rows))),
        "called": pd.DataFrame(rules.predict(rows), columns=list(found)).equals(found),
        "saved": rr.mlflow.load_model("saved").predict(rows).tolist()[0]
        == rules.predict(rows).tolist()[0],
        "example": int(example.notna().all(axis=1).sum()),
        "files": sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()),
        "inputs": [[c.name, c.type.name] for c in info.signature.inputs],
        "outputs": [[c.name, c.type.name] for c in info.signature.outputs],
        "sql": (folder / "data" / "rules" / "score.sql").read_text(),
        "refused": refused,
    }


with tempfile.TemporaryDirectory() as made:
    os.chdir(made)  # where what is logged is kept
    STORE = Path(made, "mlflow.db")
    mlflow.set_tracking_uri(f"sqlite:///{STORE}")
    mlflow.search_experiments()
    for line in sys.stdin:
        if not (child := os.fork()):
            print("\n" + json.dumps(go_round(*json.loads(line))), flush=True)
            os._exit(0)
        os.waitpid(child, 0)
        print("end", flush=True)
    os.chdir("/")
