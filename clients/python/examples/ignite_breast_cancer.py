"""Ignite on scikit-learn's breast cancer data.

    pip install touchstone-eval[sklearn,pytorch,ignite]
    python ignite_breast_cancer.py         # beside a running ./touchstone up
"""

import torch
import touchstone
from ignite.engine import Events, create_supervised_evaluator, create_supervised_trainer
from sklearn.datasets import load_breast_cancer
from sklearn.metrics import average_precision_score
from sklearn.model_selection import train_test_split
from touchstone.frameworks.ignite import TouchstoneHandler


def train(run):
    """Labels and scores of the last model checkpoint."""
    torch.manual_seed(1)
    x, y = load_breast_cancer(return_X_y=True)
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.4, random_state=1, stratify=y)
    train_set = torch.utils.data.TensorDataset(torch.tensor(x_train).float(), torch.tensor(y_train).float())
    test_set = torch.utils.data.TensorDataset(torch.tensor(x_test).float(), torch.tensor(y_test).float())
    test_loader = torch.utils.data.DataLoader(test_set, batch_size=64)

    model = torch.nn.Sequential(torch.nn.Linear(30, 16), torch.nn.ReLU(), torch.nn.Linear(16, 1), torch.nn.Flatten(0))
    optimizer = torch.optim.Adam(model.parameters(), 0.01)
    trainer = create_supervised_trainer(model, optimizer, torch.nn.functional.binary_cross_entropy_with_logits)
    evaluator = create_supervised_evaluator(model)
    TouchstoneHandler(run, activation="sigmoid").attach(evaluator, trainer)
    trainer.add_event_handler(Events.EPOCH_COMPLETED, lambda _: evaluator.run(test_loader))
    trainer.run(torch.utils.data.DataLoader(train_set, batch_size=32, shuffle=True), max_epochs=3)
    with torch.inference_mode():
        batches = [model(x).double().sigmoid() for x, _ in test_loader]
    return y_test, torch.cat(batches).numpy()


if __name__ == "__main__":
    with touchstone.init("breast-cancer") as run:
        labels, scores = train(run)
        report = run.report(wait=60)
    print("Touchstone   ", report and report["report"]["metrics"]["average_precision"]["value"])
    print("scikit-learn ", average_precision_score(labels, scores.astype("f4")))
