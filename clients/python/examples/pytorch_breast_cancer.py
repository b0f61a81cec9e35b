"""A plain PyTorch loop on scikit-learn's breast cancer data: a sample each epoch, all at the end.

    pip install touchstone-eval[sklearn,pytorch]
    python pytorch_breast_cancer.py        # beside a running ./touchstone up
"""

import torch
import touchstone
from sklearn.datasets import load_breast_cancer
from sklearn.metrics import average_precision_score
from sklearn.model_selection import train_test_split
from touchstone.frameworks import pytorch

EPOCHS = 4


def train(run):
    """Labels and scores of the last model checkpoint."""
    torch.manual_seed(1)
    x, y = load_breast_cancer(return_X_y=True)
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.4, random_state=1, stratify=y)
    train_set = torch.utils.data.TensorDataset(torch.tensor(x_train).float(), torch.tensor(y_train).float())
    # batches with ids, which a sample needs
    columns = torch.tensor(x_test).float(), torch.tensor(y_test), torch.arange(len(y_test))
    test_set = torch.utils.data.TensorDataset(*columns)
    plan = touchstone.SamplingPlan.create(y_test, budget=100)
    train_loader = torch.utils.data.DataLoader(train_set, batch_size=32, shuffle=True)
    sample_loader = torch.utils.data.DataLoader(test_set, batch_size=64, sampler=plan.sampler())
    test_loader = torch.utils.data.DataLoader(test_set, batch_size=64)

    model = torch.nn.Sequential(torch.nn.Linear(30, 16), torch.nn.ReLU(), torch.nn.Linear(16, 1), torch.nn.Flatten(0))
    optimizer = torch.optim.Adam(model.parameters(), 0.01)
    step = 0
    for epoch in range(1, EPOCHS + 1):
        for inputs, labels in run.timed(train_loader):
            step += 1
            with run.phase("forward"):
                loss = torch.nn.functional.binary_cross_entropy_with_logits(model(inputs), labels)
            with run.phase("backward"):
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            run.log_metrics({"training_loss": loss.item()}, step=step)
        pytorch.evaluate(run, model, sample_loader, step=step, epoch=epoch, activation="sigmoid", plan=plan)
        if run.should_stop():
            break
    digest = touchstone.digest(model)
    pytorch.evaluate(run, model, test_loader, step=step, epoch=epoch, activation="sigmoid", model_digest=digest)
    with torch.inference_mode():
        batches = [model(x).double().sigmoid() for x, *_ in test_loader]
    return y_test, torch.cat(batches).numpy()


if __name__ == "__main__":
    with touchstone.init("breast-cancer") as run:
        labels, scores = train(run)
        report = run.report(wait=60)
    print("Touchstone   ", report and report["report"]["metrics"]["average_precision"]["value"])
    print("scikit-learn ", average_precision_score(labels, scores.astype("f4")))
