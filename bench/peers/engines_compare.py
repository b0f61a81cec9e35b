#!/usr/bin/env python3
"""Engines side by side in one run, whole processes on the same rows: Touchstone, scikit-learn, Spark, Flink ML.

    python3 -m venv ~/peers && ~/peers/bin/pip install numpy scikit-learn pyarrow pyspark
    ~/peers/bin/python bench/peers/engines_compare.py [--rows 10000000] [--shape rare|ties|balanced]
        [--engines touchstone_npy,touchstone_parquet,sklearn,spark,flink_ml] [--flink-ml-jar JAR]

Flink ML's jars do not resolve whole: JAR is deps/lib/flink-ml-uber-1.17-2.3.0.jar
of the source distribution of the Python package apache-flink-ml 2.3.0. What it runs on (Flink 1.17.2)
comes by Maven.

Rows are those of suite_compare.py (0.5 % positives, seeded), written once as .npy and as Parquet.
Touchstone's `evaluate` answers its whole report; scikit-learn average precision, ROC AUC and the
curve; Flink ML's BinaryClassificationEvaluator areas under ROC and PR and KS at parallelism 2; Spark MLlib's BinaryClassificationMetrics areas under ROC and PR in local[2]. Touchstone's
.npy, scikit-learn and Flink ML read the .npy files, the others Parquet. Seconds are of the whole process,
start and reading included; peak memory is the largest resident set of one of its processes.

Prints one JSON object; an engine that failed has `error` in place of its figures. Exit code 1 then.
"""
import argparse
import json
import os
import platform
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow
import pyarrow.parquet
import sklearn

from suite_compare import ROOT, cpu, rows

SKLEARN = """
import json, sys, numpy as np
from sklearn import metrics as sk
y, s = np.load(sys.argv[1]), np.load(sys.argv[2])
ap, auc, curve = sk.average_precision_score(y, s), sk.roc_auc_score(y, s), sk.precision_recall_curve(y, s)
print(json.dumps({"average_precision": float(ap), "roc_auc": float(auc)}))
"""

SPARK = """
import json, sys
from pyspark.sql import SparkSession
from pyspark.sql.functions import col
spark = (SparkSession.builder.master("local[2]").config("spark.driver.memory", sys.argv[2])
         .config("spark.ui.enabled", "false").getOrCreate())
frame = spark.read.parquet(sys.argv[1]).select(col("score").cast("double"), col("label").cast("double"))
# with its own choice of bins, and inside the JVM: no row goes through Python
metrics = spark._jvm.org.apache.spark.mllib.evaluation.BinaryClassificationMetrics(frame._jdf)
print(json.dumps({"roc_auc": metrics.areaUnderROC(), "pr_auc_trapezoid": metrics.areaUnderPR()}))
gateway = spark.sparkContext._gateway
spark.stop()
gateway.shutdown()
gateway.proc.stdin.close()
gateway.proc.wait()  # only what was waited for counts in the peak memory
"""


def flink_ml(jar, directory, labels, scores, heap):
    """The command that runs Flink ML's evaluator, compiled into the directory."""
    home = Path(__file__).parent / "flinkml"
    classes, path = Path(directory) / "classes", Path(directory) / "classpath"
    subprocess.run(["mvn", "-q", "-B", "-f", home / "pom.xml", "dependency:build-classpath", f"-Dmdep.outputFile={path}"], check=True)
    every = f"{path.read_text().strip()}:{Path(jar).resolve(strict=True)}"
    subprocess.run(["javac", "-d", classes, "-cp", every, home / "FlinkMl.java"], check=True)
    opens = [word for package in ("lang", "util", "nio") for word in ("--add-opens", f"java.base/java.{package}=ALL-UNNAMED")]
    return ["java", f"-Xmx{heap}", *opens, "-cp", f"{classes}:{every}", "FlinkMl", labels, scores]


def measured(command, timeout):
    """Seconds, peak resident bytes of the largest process, and the JSON that the last line (or all) is."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        start = time.perf_counter()
        # a fresh parent, so that its children's largest resident set is this command's alone
        watcher = ("import json, resource, subprocess, sys; code = subprocess.call(sys.argv[2:], timeout=float(sys.argv[1]));"
                   "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024, file=sys.stderr); sys.exit(code)")
        done = subprocess.run([sys.executable, "-c", watcher, str(timeout)] + command, stdout=out, stderr=err)
        seconds = time.perf_counter() - start
        out.seek(0), err.seek(0)
        text, errors = out.read().decode(), err.read().decode().strip()
    if done.returncode != 0:
        return {"error": f"exit code {done.returncode}: {errors[-1500:]}"}
    try:
        values = json.loads(text)
    except ValueError:
        values = json.loads(text.strip().splitlines()[-1])
    return {"seconds": round(seconds, 2), "peak_resident_bytes": int(errors.splitlines()[-1]), "values": values}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--shape", choices=["rare", "ties", "balanced"], default="rare")
    parser.add_argument("--touchstone", default=str(ROOT / "touchstone"), help="the launcher")
    parser.add_argument("--engines", default="touchstone_npy,touchstone_parquet,sklearn,spark")
    parser.add_argument("--flink-ml-jar", help="flink-ml-uber-1.17-2.3.0.jar, for the engine flink_ml")
    parser.add_argument("--heap", default="10g", help="largest heap of Spark and of Flink ML")
    parser.add_argument("--timeout", type=float, default=300, help="seconds that one engine may take")
    options = parser.parse_args()
    y, s = rows(options.rows, options.shape)
    launcher = shlex.split(options.touchstone)
    load = os.getloadavg()[0]
    engines = {}
    with tempfile.TemporaryDirectory() as directory:
        labels, scores, table = (os.path.join(directory, name) for name in ("y.npy", "s.npy", "rows.parquet"))
        np.save(labels, y)
        np.save(scores, s)
        pyarrow.parquet.write_table(pyarrow.table({"label": y.astype(np.int32), "score": s}), table)
        commands = {
            "touchstone_npy": launcher + ["evaluate", "--labels", labels, "--scores", scores],
            "touchstone_parquet": launcher + ["evaluate", table],
            "sklearn": [sys.executable, "-c", SKLEARN, labels, scores],
            "spark": [sys.executable, "-c", SPARK, table, options.heap],
        }
        if "flink_ml" in options.engines:
            if not options.flink_ml_jar:
                parser.error("the engine flink_ml needs --flink-ml-jar")
            commands["flink_ml"] = flink_ml(options.flink_ml_jar, directory, labels, scores, options.heap)
        for name in options.engines.split(","):
            engines[name] = measured(commands[name], options.timeout)
            if name.startswith("touchstone") and "values" in engines[name]:
                answers = engines[name]["values"]["metrics"]
                engines[name]["values"] = {metric: answers[metric]["value"] for metric in
                                           ("average_precision", "roc_auc", "ks") if metric in answers}
    ours = engines.get("touchstone_npy", {}).get("seconds")
    for answer in engines.values():
        if ours and "seconds" in answer:
            answer["times_touchstone_npy"] = round(answer["seconds"] / ours, 1)
    java = subprocess.run(["java", "-version"], capture_output=True, text=True).stderr.splitlines()
    try:
        from importlib.metadata import version
        spark = version("pyspark")
    except ImportError:
        spark = None
    print(json.dumps({
        "rows": options.rows, "shape": options.shape, "positives": int(y.sum()),
        "command": "engines_compare.py " + shlex.join(sys.argv[1:]),
        "machine": {"cpu": cpu(), "cores": os.cpu_count(), "load_before": round(load, 2), "load_after": round(os.getloadavg()[0], 2)},
        "versions": {"jdk": java[1] if len(java) > 1 else None, "python": platform.python_version(), "numpy": np.__version__,
                     "sklearn": sklearn.__version__, "pyspark": spark,
                     "flink_ml": "2.3.0 on Flink 1.17.2" if "flink_ml" in options.engines else None},
        "engines": engines,
    }, indent=1))
    return 1 if any("error" in answer for answer in engines.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
