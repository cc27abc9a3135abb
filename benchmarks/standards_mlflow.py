"""Rules through a local store of MLflow, as a program of its own: folder of MLflow's packages,
rules file, rows as a pickle, a folder to work in, where it writes predictions.pkl.
"""

import os
import sys
import warnings
from pathlib import Path

packages, rules_file, rows_file, work = sys.argv[1:]
sys.path.append(packages)  # after our own versions
os.chdir(work)
warnings.simplefilter("ignore")

import mlflow  # noqa: E402
import pandas as pd  # noqa: E402

import relurules as rr  # noqa: E402

rules, rows = rr.load(rules_file), pd.read_pickle(rows_file)  # noqa: S301  # our own
mlflow.set_tracking_uri(f"sqlite:///{work}/mlflow.db")
info = rr.mlflow.log_model(rules, "risk")
model = mlflow.pyfunc.load_model(info.model_uri)
model.predict(rows).to_pickle(Path(work) / "predictions.pkl")
