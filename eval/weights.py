"""Learning what figures are worth: networks that order the candidates of a question, or judge whether the best answers.

Small on purpose, a thousand questions carry no more: some units of tanh, each figure standardised. Linear weights were 1
to 2 points worse in MRR on laws and policies at once, because what counts in an official question does not in a lay one.
What is learned from several seeds is one network with the units of all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rag.learned import Network

Array = NDArray[np.float32]

_RATE, _EPOCHS = 0.01, 150


class _Shape(NamedTuple):
    """Units of a network, its weight decay, and from how many seeds it is learned."""

    units: int
    decay: float
    seeds: int


_ORDER = _Shape(16, 0.01, 2)
_ANSWERS = _Shape(4, 0.3, 3)


@dataclass(frozen=True, slots=True)
class Ordering:
    """The candidates of a question: figures (m, f), which of them are wanted (m,), what the question counts."""

    figures: Array
    wanted: NDArray[np.bool_]
    weight: float = 1.0


def order(questions: Sequence[Ordering], seed: int = 0) -> Network:
    """A network whose numbers put what is wanted first: softmax over each question's candidates, mean over the wanted."""
    import torch

    most = max(len(one.figures) for one in questions)
    held = np.zeros((len(questions), most, questions[0].figures.shape[1]), np.float32)
    there, wanted = np.zeros(held.shape[:2], bool), np.zeros(held.shape[:2], bool)
    for i, one in enumerate(questions):
        held[i, : len(one.figures)], there[i, : len(one.figures)] = one.figures, True
        wanted[i, : len(one.figures)] = one.wanted
    mean, scale = _standard(held[there])
    figures, is_there, is_wanted = (
        torch.from_numpy((held - mean) / scale),
        torch.from_numpy(there),
        torch.from_numpy(wanted),
    )
    weight = torch.tensor([one.weight for one in questions])
    weight = weight / weight.sum()

    def loss(network):  # type: ignore[no-untyped-def]
        scores = network(figures)[..., 0].masked_fill(~is_there, -1e9)
        chosen = scores.masked_fill(~is_wanted, 0).sum(1) / is_wanted.sum(1)
        return (weight * (torch.logsumexp(scores, 1) - chosen)).sum()

    return _trained(loss, mean, scale, _ORDER, seed)


def answers(figures: Array, is_answer: NDArray[np.bool_], weight: Array, seed: int = 0) -> Network:
    """A network whose number is the log-odds that a clause with these figures (n, f) answers; `weight` (n,) of each."""
    import torch

    mean, scale = _standard(figures)
    given = torch.from_numpy((figures - mean) / scale)
    target, share = torch.from_numpy(is_answer.astype(np.float32)), torch.from_numpy(weight / weight.sum())

    def loss(network):  # type: ignore[no-untyped-def]
        odds = network(given)[..., 0]
        return (share * torch.nn.functional.binary_cross_entropy_with_logits(odds, target, reduction="none")).sum()

    return _trained(loss, mean, scale, _ANSWERS, seed)


def _standard(figures: Array) -> tuple[Array, Array]:
    return figures.mean(axis=0), figures.std(axis=0) + np.float32(1e-3)


def _trained(loss, mean: Array, scale: Array, shape: _Shape, seed: int) -> Network:  # type: ignore[no-untyped-def]
    import torch

    made = []
    for number in range(shape.seeds):
        with torch.random.fork_rng():
            torch.manual_seed(seed + number)
            inner, outer = torch.nn.Linear(len(mean), shape.units), torch.nn.Linear(shape.units, 1)
        network = torch.nn.Sequential(inner, torch.nn.Tanh(), outer)
        optimizer = torch.optim.AdamW(network.parameters(), lr=_RATE, weight_decay=shape.decay)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, _EPOCHS)
        for _ in range(_EPOCHS):
            optimizer.zero_grad()
            loss(network).backward()
            optimizer.step()
            schedule.step()
        arrays = (inner.weight.T, inner.bias, outer.weight[0] / shape.seeds, outer.bias / shape.seeds)
        made.append([one.detach().numpy().copy() for one in arrays])
    inners, inner_biases, outers, outer_biases = zip(*made, strict=True)
    return Network(
        mean,
        scale,
        np.concatenate(inners, axis=1),
        np.concatenate(inner_biases),
        np.concatenate(outers),
        np.sum(outer_biases, axis=0, dtype=np.float32),
    )
