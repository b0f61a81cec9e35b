"""Keras on scikit-learn's digits, on the backend that is installed (here JAX).

    pip install touchstone-eval[sklearn,keras] jax
    KERAS_BACKEND=jax python keras_digits.py        # beside a running ./touchstone up
"""

import os

os.environ.setdefault("KERAS_BACKEND", "jax")

import keras  # noqa: E402
import touchstone  # noqa: E402
from sklearn.datasets import load_digits  # noqa: E402
from sklearn.metrics import balanced_accuracy_score  # noqa: E402
from sklearn.model_selection import train_test_split  # noqa: E402
from touchstone.frameworks.keras import TouchstoneCallback  # noqa: E402


def train(run):
    """Labels and scores of the last model checkpoint."""
    keras.utils.set_random_seed(1)
    x, y = load_digits(return_X_y=True)
    x = (x / 16).astype("float32")
    x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.4, random_state=1, stratify=y)
    model = keras.Sequential(
        [keras.layers.Dense(32, activation="relu"), keras.layers.Dense(10, activation="softmax")]
    )
    model.compile("adam", "sparse_categorical_crossentropy")
    touch = TouchstoneCallback(run, x_test, y_test, batch_size=256)
    model.fit(x_train, y_train, epochs=3, batch_size=64, verbose=0, callbacks=[touch])
    batches = range(0, len(x_test), 256)
    return y_test, keras.ops.concatenate([model.predict_on_batch(x_test[b : b + 256]) for b in batches])


if __name__ == "__main__":
    with touchstone.init("digits") as run:
        labels, scores = train(run)
        report = run.report(wait=60)
    print("Touchstone   ", report and report["report"]["metrics"]["balanced_accuracy"]["value"])
    print("scikit-learn ", balanced_accuracy_score(labels, keras.ops.argmax(scores, axis=1)))
