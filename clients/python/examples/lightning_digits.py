"""Lightning on scikit-learn's digits.

    pip install touchstone-eval[sklearn,lightning]
    python lightning_digits.py             # beside a running ./touchstone up
"""

import lightning
import torch
import touchstone
from sklearn.datasets import load_digits
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import train_test_split
from touchstone.frameworks.lightning import TouchstoneCallback


class Digits(lightning.LightningModule):
    def __init__(self):
        super().__init__()
        self.net = torch.nn.Sequential(torch.nn.Linear(64, 32), torch.nn.ReLU(), torch.nn.Linear(32, 10))

    def training_step(self, batch, index):
        x, y = batch
        return torch.nn.functional.cross_entropy(self.net(x), y)

    def validation_step(self, batch, index):
        x, y = batch
        return {"outputs": self.net(x), "labels": y}

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), 0.01)


def train(run):
    """Labels and scores of the last model checkpoint."""
    lightning.seed_everything(1, verbose=False)
    x, y = load_digits(return_X_y=True)
    x_train, x_test, y_train, y_test = train_test_split(x / 16, y, test_size=0.4, random_state=1, stratify=y)
    train_set = torch.utils.data.TensorDataset(torch.tensor(x_train).float(), torch.tensor(y_train))
    test_set = torch.utils.data.TensorDataset(torch.tensor(x_test).float(), torch.tensor(y_test))
    test_loader = torch.utils.data.DataLoader(test_set, batch_size=256)
    trainer = lightning.Trainer(
        max_epochs=3,
        accelerator="cpu",
        callbacks=[TouchstoneCallback(run, activation="softmax")],
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    model = Digits()
    trainer.fit(model, torch.utils.data.DataLoader(train_set, batch_size=64, shuffle=True), test_loader)
    with torch.inference_mode():
        batches = [model.net(x).double().softmax(dim=1) for x, _ in test_loader]
    return y_test, torch.cat(batches).numpy()


if __name__ == "__main__":
    with touchstone.init("digits") as run:
        labels, scores = train(run)
        report = run.report(wait=60)
    print("Touchstone   ", report and report["report"]["metrics"]["balanced_accuracy"]["value"])
    print("scikit-learn ", balanced_accuracy_score(labels, scores.argmax(axis=1)))
