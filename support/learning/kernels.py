"""One classifier for short texts: kernel ridge regression on several views of a text.

Each view (an encoder, character and word n-grams) gives a kernel; their weighted sum is solved
once in closed form. Leave-one-out scores come with the solution (Rifkin and Lippert 2007, Notes on
regularized least squares), so that weights, ridge and calibration need no further fitting and no
held-out data. Probabilities are a softmax of the scores with one learned temperature (Guo et al.
2017, On calibration of modern neural networks).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.linalg import cho_factor, cho_solve
from scipy.optimize import minimize_scalar

Matrix = Any
"""float32 (n, d), dense or sparse (scipy has no types); rows of unit length."""
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class View:
    """How one view counts. ``gamma`` > 0 makes its kernel ``exp(gamma * (cosine - 1))``."""

    weight: float = 1.0
    gamma: float = 0.0


def columns(matrix: Matrix) -> Matrix:
    """The transpose, laid out so that a few rows can be multiplied with it at once."""
    return matrix.T.tocsr() if sp.issparse(matrix) else matrix.T


def cosines(left: Matrix, right: Matrix) -> Floats:
    """Inner products of rows with columns of unit length, float32 (n_left, n_right)."""
    product = left @ right
    if sp.issparse(product):
        product = product.toarray()
    return np.asarray(product, np.float32)


@dataclass
class KernelClassifier:
    """Kernel ridge classification with leave-one-out calibration.

    Parameters
    ----------
    views
        Weight and width of each view, by its name.
    ridge
        Added to the diagonal of the kernel matrix.

    Attributes
    ----------
    classes_ : (n_classes,) names, sorted
    alphas_ : float32 (n_examples, n_classes)
    examples_, columns_ : the training matrices, by view, and their transposes
    temperature_ : scores are multiplied by it before the softmax
    left_out_ : float32 (n_examples, n_classes), each example's scores without itself
    accuracy_ : share of examples whose own class has the highest such score
    """

    views: Mapping[str, View]
    ridge: float = 0.3
    classes_: npt.NDArray = field(init=False, repr=False)

    def kernel(self, texts: Mapping[str, Matrix], others: Mapping[str, Matrix]) -> Floats:
        """Return the weighted sum of the views' kernels, float32 (n_texts, n_others).

        ``others`` are :func:`columns`.
        """
        total: Floats | None = None
        for name, view in self.views.items():
            part = cosines(texts[name], others[name])
            if view.gamma:
                part = np.exp(view.gamma * (part - 1.0), dtype=np.float32)
            part *= np.float32(view.weight)
            total = part if total is None else total + part
        assert total is not None
        return total

    def remember(self, examples: Mapping[str, Matrix]) -> None:
        """Keep the training matrices, and turned for quick products."""
        self.examples_ = dict(examples)
        self.columns_ = {name: columns(matrix) for name, matrix in examples.items()}

    def fit(self, examples: Mapping[str, Matrix], labels: npt.ArrayLike) -> Self:
        """Learn from matrices with rows of unit length, one a view, and the rows' labels."""
        self.remember(examples)
        self.classes_, codes = np.unique(np.asarray(labels), return_inverse=True)
        targets = np.zeros((len(codes), len(self.classes_)), np.float32)
        targets[np.arange(len(codes)), codes] = 1.0
        self.offset_ = targets.mean(axis=0)
        gram = self.kernel(examples, self.columns_)
        gram[np.diag_indices_from(gram)] += self.ridge
        factor = cho_factor(gram, lower=True, overwrite_a=True, check_finite=False)
        inverse = cho_solve(factor, np.eye(len(codes), dtype=np.float32), check_finite=False)
        self.alphas_ = (inverse @ (targets - self.offset_)).astype(np.float32)
        self.left_out_ = targets - self.alphas_ / np.diagonal(inverse)[:, None]
        self.temperature_ = best_temperature(self.left_out_, codes)
        self.accuracy_ = float((self.left_out_.argmax(axis=1) == codes).mean())
        return self

    def scores(self, texts: Mapping[str, Matrix]) -> Floats:
        """Return least-squares scores, about 1 for the right class, (n_texts, n_classes)."""
        return self.kernel(texts, self.columns_) @ self.alphas_ + self.offset_

    def predict_proba(self, texts: Mapping[str, Matrix]) -> Floats:
        return softmax(self.temperature_ * self.scores(texts))


def softmax(scores: Floats) -> Floats:
    shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
    return shifted / shifted.sum(axis=1, keepdims=True)


def best_temperature(scores: Floats, codes: npt.NDArray) -> float:
    """The factor with the least log loss on scores that have not seen their own label."""
    rows = np.arange(len(codes))

    def loss(log_factor: float) -> float:
        likely = softmax(np.exp(log_factor) * scores)[rows, codes]
        return float(-np.log(np.maximum(likely, 1e-9)).mean())

    found = minimize_scalar(loss, bounds=(-1.0, 5.0), method="bounded")
    return float(np.exp(found.x))
