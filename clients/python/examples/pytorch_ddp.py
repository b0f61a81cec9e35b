"""PyTorch's DistributedDataParallel on four processes: each rank evaluates and logs its part, and examples
that the sampler repeats to make the parts even count once.

    pip install touchstone-eval[sklearn,pytorch]
    python pytorch_ddp.py                  # beside a running ./touchstone up
"""

import os

import torch
import torch.distributed as dist
import touchstone
from sklearn.datasets import load_breast_cancer
from sklearn.metrics import average_precision_score
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, TensorDataset
from torch.utils.data.distributed import DistributedSampler
from touchstone.frameworks import pytorch

RANKS = 4


def data():
    x, y = load_breast_cancer(return_X_y=True)
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    # 229 examples to evaluate on: four ranks can't share them evenly
    x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=229, random_state=1, stratify=y)
    columns = torch.tensor(x_test).float(), torch.tensor(y_test), torch.arange(len(y_test))
    return TensorDataset(torch.tensor(x_train).float(), torch.tensor(y_train).float()), TensorDataset(*columns)


def work(rank, file, options, answer):
    """One of the processes."""
    os.environ["GLOO_SOCKET_IFNAME"] = "lo"
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{file}", rank=rank, world_size=RANKS)
    torch.manual_seed(1)
    train_set, test_set = data()
    model = torch.nn.Sequential(torch.nn.Linear(30, 16), torch.nn.ReLU(), torch.nn.Linear(16, 1), torch.nn.Flatten(0))
    ddp = torch.nn.parallel.DistributedDataParallel(model)
    optimizer = torch.optim.Adam(ddp.parameters(), 0.01)
    sampler = DistributedSampler(train_set)
    train_loader = DataLoader(train_set, batch_size=16, sampler=sampler)
    test_loader = DataLoader(test_set, batch_size=32, sampler=DistributedSampler(test_set, shuffle=False))
    step = 0
    # rank and size are the process group's
    with touchstone.init("breast-cancer", **options) as run:
        for epoch in range(3):
            sampler.set_epoch(epoch)
            for inputs, labels in run.timed(train_loader):
                step += 1
                loss = torch.nn.functional.binary_cross_entropy_with_logits(ddp(inputs), labels)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            pytorch.evaluate(run, model, test_loader, step=step, activation="sigmoid", size=len(test_set))
            # one decides for all: ranks may hear of it at different steps
            stop = torch.tensor(int(rank == 0 and run.should_stop()))
            dist.broadcast(stop, 0)
            if stop:
                break
        report = run.report(wait=60) if rank == 0 else None
    if rank == 0:
        model.eval()
        with torch.inference_mode():
            batches = [model(x).double().sigmoid() for x, *_ in DataLoader(test_set, batch_size=32)]
        answer.put((test_set.tensors[1].numpy(), torch.cat(batches).numpy(), report))
    dist.destroy_process_group()


def train(directory, **options):
    """Labels and scores of the last model checkpoint, and the report on it."""
    context = torch.multiprocessing.get_context("spawn")
    answer = context.Queue()
    processes = [context.Process(target=work, args=(r, f"{directory}/group", options, answer)) for r in range(RANKS)]
    for process in processes:
        process.start()
    found = answer.get(timeout=180)
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0] * RANKS
    return found


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as directory:
        labels, scores, report = train(directory, run_id="ddp-example")
    print("Touchstone   ", report and report["report"]["metrics"]["average_precision"]["value"])
    print("scikit-learn ", average_precision_score(labels, scores.astype("f4")))
