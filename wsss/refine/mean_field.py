"""Mean field in a fully connected CRF (Kraehenbuehl and Koltun, NeurIPS 2011, algorithm 1) with Potts labels."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from wsss.refine.lattice import Lattice


@torch.no_grad()
def mean_field(
    energies: Float[Tensor, "m n"], kernels: Sequence[Lattice], *, strengths: Sequence[float], iterations: int
) -> Float[Tensor, "m n"]:
    """Return the marginals of m labels at n pixels after some steps, from unary energies.

    Each step adds to every label's score what the pixels around believe, weighted by the normalised kernels times their
    Potts weights. A pixel is its own neighbour, as in the reference.
    """
    # One label a row: a softmax over numbers that lie side by side is several times slower.
    marginals = (-energies).softmax(dim=0)
    for _ in range(iterations):
        by_pixel = marginals.T.contiguous()
        scores = -energies
        for kernel, strength in zip(kernels, strengths, strict=True):
            scores.add_(kernel.filter(by_pixel).T, alpha=strength)
        marginals = scores.softmax(dim=0)
    return marginals
