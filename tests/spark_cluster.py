"""A Spark cluster of two executors, each a process of its own, for tests: run as a program in a
process of its own, as there is one session in each.

    python tests/spark_cluster.py FOLDER

scores what FOLDER/tasks.json lists, and writes FOLDER/NAME.parquet and FOLDER/found.json.
"""

import json
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import relurules as rr
from relurules.errors import RelurulesError
from relurules.tables.read_options import ReadOptions
from relurules.training.spark_table import SparkTable

EXECUTORS = 2
#: Settings under which no frame is scored.
SETTINGS = {
    "escaped": "spark.sql.parser.escapedStringLiterals",
    "patterns": "spark.sql.parser.quotedRegexColumnNames",
}


@contextmanager
def open_cluster(folder: Path) -> Iterator[Any]:
    """A session of Spark's local cluster, whose executors' files are in the folder."""
    import pyspark
    from pyspark.sql import SparkSession

    home, own = folder / "spark", Path(pyspark.__file__).parent
    home.mkdir()
    for each in own.iterdir():
        if each.name != "work":
            (home / each.name).symlink_to(each)
    os.environ |= {
        "SPARK_HOME": str(home),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_LOCAL_HOSTNAME": "localhost",
    }
    builder = SparkSession.builder.master(f"local-cluster[{EXECUTORS},1,1024]")
    for name, value in (
        ("spark.ui.enabled", "false"),
        ("spark.executor.memory", "512m"),
        ("spark.driver.host", "127.0.0.1"),
        ("spark.driver.bindAddress", "127.0.0.1"),
        ("spark.scheduler.minRegisteredResourcesRatio", "1"),
        ("spark.scheduler.maxRegisteredResourcesWaitingTime", "300s"),
        ("spark.sql.shuffle.partitions", "3"),
        ("spark.sql.warehouse.dir", str(folder / "warehouse")),
        ("spark.ui.showConsoleProgress", "false"),
        ("spark.log.level", "OFF"),
    ):
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    try:
        yield session
    finally:
        session.stop()


def count_busy_executors(session: Any) -> int:
    """How many executors, the driver apart, have done tasks."""
    known = session.sparkContext._jsc.sc().statusStore().executorList(False)
    every = [known.apply(i) for i in range(known.size())]
    return sum(one.id() != "driver" and one.completedTasks() > 0 for one in every)


def score_tasks(session: Any, folder: Path) -> None:
    for task in json.loads((folder / "tasks.json").read_text()):
        frame = session.read.parquet(task["rows"]).repartition(4)
        scored = rr.score(frame, rr.load(task["rules"]), **task["options"])
        write_frame(scored, folder / f"{task['name']}.parquet")


def write_frame(frame: Any, path: Path) -> None:
    import pyarrow.parquet

    pyarrow.parquet.write_table(frame.toArrow(), path)


def list_refusals(session: Any, folder: Path) -> dict[str, str]:
    """What is said of frames that can't be scored."""
    task = json.loads((folder / "tasks.json").read_text())[0]
    rules, frame = rr.load(task["rules"]), session.read.parquet(task["rows"])
    first = next(iter(rules.features))
    frames = {
        "lacking": frame.drop(first),
        "clash": frame.withColumnRenamed("number", rules.outputs[0]),
        "case": frame.withColumnRenamed("number", rules.outputs[0].upper()),
        "twice": frame.selectExpr("*", "number AS number"),
        "dated": frame.withColumn(first, frame[first].cast("timestamp")),
        "collated": frame.selectExpr(
            f"CAST({first} AS STRING) COLLATE UTF8_LCASE AS {first}",
            *(name for name in frame.columns if name != first),
        ),
    }
    frames["texts"] = frame.withColumn(first, frame[first].cast("string"))
    found = {name: explain_refusal(each, rules) for name, each in frames.items()}
    for name, setting in SETTINGS.items():
        session.conf.set(setting, "true")
        found[name] = explain_refusal(frame, rules)
        session.conf.set(setting, "false")

    coded = rr.load(folder / "coded.json")
    numbers = session.createDataFrame([(1.0, 1, 1)], "age double, job int, code int")
    texts = session.createDataFrame([(1.0, "a", "1")], "age double, job string, code string")
    found |= {"numbers": explain_refusal(numbers, coded), "coded": explain_refusal(texts, coded)}
    empty = texts.selectExpr("age", "job", "CAST(NULL AS VOID) AS code")
    found["void"] = explain_refusal(empty, coded)
    found["views"] = str(len(session.catalog.listTables()))

    return found


def explain_refusal(frame: Any, rules: Any) -> str:
    try:
        rr.score(frame, rules)
    except RelurulesError as error:
        return f"{type(error).__name__}: {error}"
    return "scored"


def fit_drawn(session: Any, folder: Path) -> list[dict[str, Any]]:
    """Fits to rows drawn from a table, in partitions of two numbers."""
    found = []
    for parts in (2, 5):
        frame = session.read.parquet(str(folder / "loans.parquet")).repartition(parts)
        fitted = rr.fit(
            frame, "default", rows=400, max_rules=3, max_condition_columns=1, drop=["since"]
        )
        undrawn = fitted.undrawn
        assert undrawn is not None
        found.append({
            "income": fitted.frame["income"].tolist(),
            "scored": [undrawn.total, undrawn.scored, undrawn.without, undrawn.score],
        })  # fmt: skip
        fitted.rules.save(folder / f"fitted {parts}.json")

    return found


def draw_twins(session: Any) -> list[list[int]]:
    """How many rows of each value are drawn where rows are equal, and where one value is missing;
    drawn as 1, 2 and 6 partitions.
    """
    frame = session.range(3000).selectExpr(
        "IF(id % 3 = 0, NULL, id % 3) AS a", "IF(id % 3 = 1, NULL, id % 3) AS b"
    )
    tables = [SparkTable(frame.repartition(n), ReadOptions()) for n in (1, 2, 6)]
    drawn = [table.draw(3000, 900, 0).frame.fillna(-1.0) for table in tables]
    return [one.value_counts(sort=False).sort_index().tolist() for one in drawn]


def explain_unfit(session: Any, folder: Path) -> dict[str, str]:
    """What is said of frames that can't be fitted."""
    frame = session.read.parquet(str(folder / "loans.parquet"))
    plain = frame.drop("since")
    asked: dict[str, tuple[Any, dict[str, Any]]] = {
        "dates": (frame, {}),
        "na": (plain, {"na": {"income": -999}}),
        "twins": (plain.selectExpr("*", "1 AS `Income`"), {}),
        "empty": (plain.limit(0), {}),
    }
    found = {}
    for name, (table, options) in asked.items():
        try:
            rr.fit(table, "default", rows=400, **options)
        except RelurulesError as error:
            found[name] = f"{type(error).__name__}: {error}"

    return found


def main(folder: Path) -> None:
    with open_cluster(folder) as session:
        score_tasks(session, folder)
        found = {
            "busy": count_busy_executors(session),
            "refusals": list_refusals(session, folder),
            "fits": fit_drawn(session, folder),
            "twins": draw_twins(session),
            "unfit": explain_unfit(session, folder),
        }
    (folder / "found.json").write_text(json.dumps(found))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(Path(sys.argv[1]))
