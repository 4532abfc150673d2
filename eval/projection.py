"""Learning where a question lies among the texts that answer it: a linear map of question vectors.

It begins as the identity and is drawn back to it. Each wanted clause of a question is to take the largest part of the
softmax over all pieces of its collection; of a clause with several pieces any will do. Temperature, epochs and weights were
chosen on two of five folds: 12 epochs with answers as further questions gave .924 recall at 100 on the laws where 20 without
gave .922; temperatures of .03 and above lose 3 points at 10; a layer of tanh beside the map gained nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rag.embed import Vectors

if TYPE_CHECKING:
    from torch import Tensor

Array = NDArray[np.float32]

_EPOCHS, _BATCH, _RATE = 12, 128, 2e-3
_SHARPNESS = 0.015
"""Temperature of the softmax over cosines."""
_SEEDS = 3
"""Orders of the questions; of one alone recall at 10 on the laws is .002 lower."""
_PULL = 1.0
"""Weight of the squared distance from the identity, a row on average."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Questions (q, d) with the rows of `passages` (n, d) that answer each, one sequence a wanted clause.

    weight  what a question of these counts
    """

    questions: Vectors
    wanted: Sequence[Sequence[Sequence[int]]]
    passages: Vectors
    weight: float = 1.0


def learned(pairs: Sequence[Pairs], seed: int = 0) -> tuple[Array, Array]:
    """Projection (d, d) and shift (d,) for these pairs, the mean of those that several orders of the questions lead to.

    The same for the same pairs. Cost: 30 to 90 s on two cores.
    """
    projections, shifts = zip(*(_learned(pairs, seed + number) for number in range(_SEEDS)), strict=True)
    return np.mean(projections, axis=0), np.mean(shifts, axis=0)


def _learned(pairs: Sequence[Pairs], seed: int) -> tuple[Array, Array]:
    import torch

    draw = torch.Generator().manual_seed(seed)
    dimension = pairs[0].passages.shape[1]
    identity = torch.eye(dimension)
    projection = torch.nn.Parameter(identity.clone())
    shift = torch.nn.Parameter(torch.zeros(dimension))
    optimizer = torch.optim.Adam([projection, shift], lr=_RATE)
    sets = [(torch.from_numpy(one.questions), torch.from_numpy(one.passages), one) for one in pairs]
    steps = _EPOCHS * sum(-(-len(one.questions) // _BATCH) for one in pairs)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: max(0.02, 1 - step / steps))
    for _ in range(_EPOCHS):
        batches = [
            (number, part)
            for number, one in enumerate(pairs)
            for part in torch.tensor_split(
                torch.randperm(len(one.questions), generator=draw), tuple(range(_BATCH, len(one.questions), _BATCH))
            )
        ]
        for i in torch.randperm(len(batches), generator=draw).tolist():
            number, part = batches[i]
            questions, passages, one = sets[number]
            moved = torch.nn.functional.normalize(questions[part] @ projection + shift, dim=1)
            loss = _loss(moved @ passages.T / _SHARPNESS, [one.wanted[j] for j in part.tolist()])
            loss = one.weight * loss + _PULL * ((projection - identity) ** 2).sum() / dimension
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return projection.detach().numpy(), shift.detach().numpy()


def _loss(scores: "Tensor", wanted: Sequence[Sequence[Sequence[int]]]) -> "Tensor":
    """Mean over the questions of the mean over their wanted clauses of - log softmax, a clause by all of its rows."""
    import torch

    rows: list[int] = []
    groups: list[int] = []
    owners: list[int] = []
    shares: list[float] = []
    for question, clauses in enumerate(wanted):
        for clause in clauses:
            groups += [len(owners)] * len(clause)
            rows += clause
            owners.append(question)
            shares.append(1 / len(clauses))
    owner, group = torch.tensor(owners), torch.tensor(groups)
    chosen = scores[owner[group], torch.tensor(rows)]
    top = torch.full((len(owners),), -1e9).scatter_reduce(0, group, chosen.detach(), "amax")
    within = top + torch.log(torch.zeros(len(owners)).scatter_add(0, group, torch.exp(chosen - top[group])))
    return ((torch.logsumexp(scores, 1)[owner] - within) * torch.tensor(shares)).sum() / len(wanted)
