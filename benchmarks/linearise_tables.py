"""The tables of benchmarks/linearise.py, split in rows to train on and rows to test on."""

from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split

from relurules.training.targets import weigh_rows
from relurules.training.task import Rows

BIKE = ["mnth", "hr", "holiday", "weekday", "workingday", "weathersit", "atemp", "hum", "windspeed"]


def table_of(name: str, folder: Path) -> tuple[pd.DataFrame, pd.Series]:
    """Columns and target: taiwan with 23 columns, or bike with 9, the target log(1 + count)."""
    if name == "taiwan":
        frame = pd.read_csv(folder / "TaiwanCredit_UCI.csv").drop(columns="ID")
        return frame, frame.pop("default.payment.next.month")
    frame = pd.read_csv(folder / "BikeSharing_hour_UCI.csv")
    return frame[BIKE], np.log1p(frame["cnt"])


def split_of(name: str, folder: Path, seed: int) -> tuple[Rows, Rows]:
    """The 80/20 split of a seed."""
    X, y = table_of(name, folder)
    parts = train_test_split(X.to_numpy(float), y.to_numpy(float), test_size=0.2, random_state=seed)
    return weigh_rows(parts[0], parts[2][:, None], None), weigh_rows(
        parts[1], parts[3][:, None], None
    )
