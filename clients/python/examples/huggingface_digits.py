"""Hugging Face's Trainer on scikit-learn's digits: metrics batch by batch, no logits kept.

    pip install touchstone-eval[sklearn,huggingface]
    python huggingface_digits.py           # beside a running ./touchstone up
"""

import tempfile

import torch
import touchstone
from sklearn.datasets import load_digits
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import train_test_split
from touchstone.frameworks.huggingface import TouchstoneCallback
from transformers import Trainer, TrainingArguments


class Digits(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.net = torch.nn.Sequential(torch.nn.Linear(64, 32), torch.nn.ReLU(), torch.nn.Linear(32, 10))

    def forward(self, pixels, labels=None):
        logits = self.net(pixels)
        loss = None if labels is None else torch.nn.functional.cross_entropy(logits, labels)
        return {"loss": loss, "logits": logits}


def train(run):
    """Labels and scores of the last model checkpoint."""
    torch.manual_seed(1)
    x, y = load_digits(return_X_y=True)
    x_train, x_test, y_train, y_test = train_test_split(x / 16, y, test_size=0.4, random_state=1, stratify=y)

    def rows(x, y):
        return [{"pixels": p, "labels": label} for p, label in zip(torch.tensor(x).float(), torch.tensor(y))]

    touch = TouchstoneCallback(run, activation="softmax")
    with tempfile.TemporaryDirectory() as directory:
        trainer = Trainer(
            Digits(),
            TrainingArguments(
                directory,
                num_train_epochs=3,
                per_device_train_batch_size=64,
                per_device_eval_batch_size=256,
                learning_rate=0.01,
                eval_strategy="epoch",
                save_strategy="no",
                batch_eval_metrics=True,
                report_to=[],
                use_cpu=True,
                disable_tqdm=True,
            ),
            train_dataset=rows(x_train, y_train),
            eval_dataset=rows(x_test, y_test),
            compute_metrics=touch.compute_metrics,
            callbacks=[touch],
        )
        trainer.train()
    with torch.inference_mode():
        model = trainer.model.eval()
        batches = [model(part)["logits"].double().softmax(dim=1) for part in torch.tensor(x_test).float().split(256)]
    return y_test, torch.cat(batches).numpy()


if __name__ == "__main__":
    with touchstone.init("digits") as run:
        labels, scores = train(run)
        report = run.report(wait=60)
    print("Touchstone   ", report and report["report"]["metrics"]["balanced_accuracy"]["value"])
    print("scikit-learn ", balanced_accuracy_score(labels, scores.argmax(axis=1)))
