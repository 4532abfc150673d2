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

_RATE, _STEPS = 0.01, 150
"""How fast it is learned, and in how many steps at least: few questions are passed over more often."""


class _Shape(NamedTuple):
    """Units of a network, its weight decay, from how many seeds it is learned, and in how many passes, at least, over
    batches of which size, 0 for all at once.
    """

    units: int
    decay: float
    seeds: int
    epochs: int
    batch: int


_ORDER = _Shape(32, 0.01, 6, 30, 256)
_ANSWERS = _Shape(4, 0.3, 8, 1, 0)


@dataclass(frozen=True, slots=True)
class Ordering:
    """The candidates of a question: figures (m, f), which of them are wanted (m,), what the question counts."""

    figures: Array
    wanted: NDArray[np.bool_]
    weight: float = 1.0


def order(questions: Sequence[Ordering], seed: int = 0, seeds: int = _ORDER.seeds) -> Network:
    """A network whose numbers put what is wanted first: softmax over each question's candidates, mean over the wanted.

    seeds  from how many it is learned, `seed` the first
    """
    import torch

    most = max(len(one.figures) for one in questions)
    held = np.zeros((len(questions), most, questions[0].figures.shape[1]), np.float32)
    there, wanted = np.zeros(held.shape[:2], bool), np.zeros(held.shape[:2], bool)
    for i, one in enumerate(questions):
        held[i, : len(one.figures)], there[i, : len(one.figures)] = one.figures, True
        wanted[i, : len(one.figures)] = one.wanted
    mean, scale = _standard(held[there])
    held -= mean
    held /= scale
    figures, is_there, is_wanted = torch.from_numpy(held), torch.from_numpy(there), torch.from_numpy(wanted)
    weight = torch.tensor([one.weight for one in questions])
    weight = weight / weight.mean()

    def loss(network, part):  # type: ignore[no-untyped-def]
        scores = network(figures[part])[..., 0].masked_fill(~is_there[part], -1e9)
        chosen = scores.masked_fill(~is_wanted[part], 0).sum(1) / is_wanted[part].sum(1)
        return (weight[part] * (torch.logsumexp(scores, 1) - chosen)).mean()

    return _trained(loss, len(questions), mean, scale, _ORDER._replace(seeds=seeds), seed)


def answers(figures: Array, is_answer: NDArray[np.bool_], weight: Array, seed: int = 0) -> Network:
    """A network whose number is the log-odds that a clause with these figures (n, f) answers; `weight` (n,) of each."""
    import torch

    mean, scale = _standard(figures)
    given = torch.from_numpy((figures - mean) / scale)
    target, share = torch.from_numpy(is_answer.astype(np.float32)), torch.from_numpy(weight / weight.mean())

    def loss(network, part):  # type: ignore[no-untyped-def]
        odds = network(given[part])[..., 0]
        each = torch.nn.functional.binary_cross_entropy_with_logits(odds, target[part], reduction="none")
        return (share[part] * each).mean()

    return _trained(loss, len(figures), mean, scale, _ANSWERS, seed)


def _standard(figures: Array) -> tuple[Array, Array]:
    return figures.mean(axis=0), figures.std(axis=0) + np.float32(1e-3)


def _trained(  # type: ignore[no-untyped-def]
    loss, n: int, mean: Array, scale: Array, shape: _Shape, seed: int
) -> Network:
    """The network for which `loss` of it and of some of `n` examples, by their numbers, is least."""
    import torch

    made = []
    for number in range(shape.seeds):
        with torch.random.fork_rng():
            torch.manual_seed(seed + number)
            inner, outer = torch.nn.Linear(len(mean), shape.units), torch.nn.Linear(shape.units, 1)
        network = torch.nn.Sequential(inner, torch.nn.Tanh(), outer)
        optimizer = torch.optim.AdamW(network.parameters(), lr=_RATE, weight_decay=shape.decay)
        size = shape.batch or n
        draw = torch.Generator().manual_seed(seed + number)
        batches = -(-n // size)
        epochs = max(shape.epochs, -(-_STEPS // batches))
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs * batches)
        for _ in range(epochs):
            mixed = torch.randperm(n, generator=draw)
            for start in range(0, n, size):
                optimizer.zero_grad()
                loss(network, mixed[start : start + size]).backward()
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
