"""A plain PyTorch loop: one call evaluates a model and logs what it predicts.

    from touchstone.frameworks import pytorch

    for step, batch in enumerate(run.timed(train_loader), 1):
        ...
        if step % 500 == 0:
            pytorch.evaluate(run, model, eval_loader, step=step, activation="sigmoid")
            if run.should_stop():
                break
"""

import time
from collections.abc import Callable, Iterable
from typing import Any

import torch

from touchstone.frameworks._evaluation import Activation, Evaluation, check_activation, unpack
from touchstone.run import Run


def evaluate(
    run: Run,
    model: torch.nn.Module,
    loader: Iterable[Any],
    *,
    step: int,
    epoch: float | None = None,
    activation: Activation = None,
    unpack: Callable[[Any], tuple[Any, Any, Any]] = unpack,
    device: torch.device | str | None = None,
    report: bool = True,
    path: Any = None,
    **options: Any,
) -> None:
    """Runs the model on all batches, without gradients, and logs its scores; the model is in the mode
    that it was in afterwards.

    Latency of each call and time of each phase are logged too. Under a sampling plan, whose examples
    the loader gives (``sampler=plan.sampler()``), batches need ids.

    :param activation: what makes scores of outputs: ``"sigmoid"``, ``"softmax"``, a function, or
        None where they are scores already
    :param unpack: inputs, labels and ids (or None) of a batch; by default batches are
        (inputs, labels), (inputs, labels, ids), or mappings with ``labels``
    :param device: where the model is; by default that of its first parameter
    :param report: whether to ask for the full report on this model checkpoint
    :param options: ``evaluation_set``, ``split``, ``plan``, ``model_digest`` … of ``log_predictions``
    """
    check_activation(activation)
    if device is None:
        first = next(model.parameters(), None)
        device = first.device if first is not None else "cpu"
    evaluation = Evaluation(run, step=step, epoch=epoch, activation=activation, options=options)
    was_training = model.training
    model.eval()
    try:
        with run.phase("evaluate"), torch.inference_mode():
            for batch in run.timed(loader, steps=False):
                inputs, labels, ids = unpack(batch)
                with run.phase("evaluate"):
                    began = time.perf_counter()
                    outputs = _call(model, inputs, device)
                    if outputs.is_cuda:
                        torch.cuda.synchronize()
                    took = time.perf_counter() - began
                    evaluation.batch(outputs, labels, ids, latency_ms=took * 1e3, batch_size=len(outputs))
        evaluation.end(report=report, path=path)
    finally:
        model.train(was_training)


def _call(model: torch.nn.Module, inputs: Any, device: torch.device | str) -> torch.Tensor:
    if isinstance(inputs, dict):
        outputs = model(**{k: v.to(device) if isinstance(v, torch.Tensor) else v for k, v in inputs.items()})
    elif isinstance(inputs, tuple | list):
        outputs = model(*(v.to(device) if isinstance(v, torch.Tensor) else v for v in inputs))
    else:
        outputs = model(inputs.to(device))
    # models of transformers answer with an object
    logits: torch.Tensor = getattr(outputs, "logits", outputs)
    return logits
