"""pandas: the whole query becomes a frame in memory, the ratios are computed by column, and the
frame is written."""

from pathlib import Path

import pandas as pd

from bench.rivals.rows import STORED, Task, connect, run

RATIOS = {
    "ctr": ("clicks", "impressions"),
    "cpc": ("spend", "clicks"),
    "cpa": ("spend", "conversions"),
    "roas": ("revenue", "spend"),
}


def frame(task: Task) -> pd.DataFrame:
    rows = pd.read_sql_query(task["sql"], connect(task), params=task["parameters"])
    rows.columns = STORED
    rows[["spend", "revenue"]] /= 100
    for name, (numerator, denominator) in RATIOS.items():
        below = rows[denominator]
        rows[name] = (rows[numerator] / below.where(below != 0)).round(6)
    return rows


def write_csv(task: Task, path: Path) -> None:
    frame(task).to_csv(path, index=False)


def write_json(task: Task, path: Path) -> None:
    """One object to a line within the array's brackets, as the others have it."""
    text = frame(task).to_json(orient="records", lines=True, force_ascii=False, double_precision=10)
    path.write_text("[\n" + text.rstrip("\n").replace("\n", ",\n") + "\n]\n", encoding="utf-8")


if __name__ == "__main__":
    run({"csv": write_csv, "json": write_json})
