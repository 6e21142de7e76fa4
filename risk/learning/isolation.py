"""Isolation Forest that is stored as plain arrays and scores one row in well under a millisecond.

Liu, Ting & Zhou (2008), Isolation Forest. scikit-learn grows the trees; walking them is done here
for all trees at once, because its own call takes about 6 ms for a single row and its objects could
only be stored as a pickle.
"""

from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np
from sklearn.ensemble import IsolationForest

EULER = 0.5772156649015329
LEVELS = 1001


def average_path_length(n: np.ndarray) -> np.ndarray:
    """Mean depth of an unsuccessful search in a binary tree of ``n`` leaves; equation 1."""
    n = np.asarray(n, dtype=np.float64)
    result = np.zeros_like(n)
    result[n == 2] = 1.0
    many = n > 2
    m = n[many]
    result[many] = 2.0 * (np.log(m - 1.0) + EULER) - 2.0 * (m - 1.0) / m
    return result


class OrderIsolationForest:
    """Anomaly of orders, as the share of training orders that are more ordinary.

    Parameters
    ----------
    n_trees, sample_size, random_state
        As in the paper: 100 trees of 256 rows each.

    Attributes
    ----------
    left_, right_, feature_ : int32 (n_trees, n_nodes)
    threshold_, depth_ : float64 (n_trees, n_nodes)
        ``depth_`` is the path length that a leaf stands for.
    levels_ : float64 (1001,)
        Quantiles of the training rows' anomaly, which turn an anomaly into a share.
    centre_ : float64 (n_features,)
        Medians of the training rows, for explanations.
    """

    def __init__(
        self, *, n_trees: int = 100, sample_size: int = 256, random_state: int = 0
    ) -> None:
        self.n_trees = n_trees
        self.sample_size = sample_size
        self.random_state = random_state

    def fit(self, features: np.ndarray) -> Self:
        """Learn from ``features`` (n, n_features)."""
        forest = IsolationForest(
            n_estimators=self.n_trees,
            max_samples=min(self.sample_size, len(features)),
            random_state=self.random_state,
        ).fit(features)
        trees = [tree.tree_ for tree in forest.estimators_]
        nodes = max(tree.node_count for tree in trees)
        shape = (len(trees), nodes)
        self.left_, self.right_ = np.zeros(shape, np.int32), np.zeros(shape, np.int32)
        self.feature_ = np.zeros(shape, np.int32)
        self.threshold_, self.depth_ = np.zeros(shape), np.zeros(shape)
        for row, tree in enumerate(trees):
            self._copy_tree(row, tree)
        self.__dict__.pop("_flat", None)
        self.norm_ = float(average_path_length(np.array([forest.max_samples_]))[0])
        self.centre_ = np.median(features, axis=0)
        self.levels_ = np.quantile(self.anomaly(features), np.linspace(0, 1, LEVELS))
        return self

    def _copy_tree(self, row: int, tree) -> None:
        count = tree.node_count
        leaf = tree.children_left < 0
        here = np.arange(count)
        # A leaf leads to itself, so that every walk can take the same number of steps.
        self.left_[row, :count] = np.where(leaf, here, tree.children_left)
        self.right_[row, :count] = np.where(leaf, here, tree.children_right)
        self.feature_[row, :count] = np.where(leaf, 0, tree.feature)
        self.threshold_[row, :count] = tree.threshold
        level = np.zeros(count)
        for node in here[~leaf]:
            level[tree.children_left[node]] = level[node] + 1
            level[tree.children_right[node]] = level[node] + 1
        self.depth_[row, :count] = level + average_path_length(tree.n_node_samples)

    def anomaly(self, features: np.ndarray) -> np.ndarray:
        """Anomaly score of equation 2, float64 (n,), between 0 and 1; higher is stranger."""
        # scikit-learn compares in single precision.
        rows = np.asarray(features, dtype=np.float32)
        feature, threshold, child, depth, root = self._flat
        result = np.empty(len(rows))
        for start in range(0, len(rows), 4096):
            block = np.ascontiguousarray(rows[start : start + 4096])
            value = block.ravel()
            row = np.arange(len(block))[:, None] * block.shape[1]
            node = np.tile(root, (len(block), 1))
            while True:
                goes_left = value.take(row + feature.take(node)) <= threshold.take(node)
                following = child.take(2 * node + goes_left)
                if (following == node).all():
                    break
                node = following
            mean_depth = depth.take(node).mean(axis=1)
            result[start : start + 4096] = 2.0 ** (-mean_depth / self.norm_)
        return result

    @cached_property
    def _flat(self) -> tuple[np.ndarray, ...]:
        """All trees in a row, so that a walk takes from flat arrays: feature, threshold, children
        (of node n the right one at 2n, the left one at 2n + 1), depth; and the trees' roots."""
        root = np.arange(len(self.left_)) * self.left_.shape[1]
        child = np.stack([self.right_, self.left_], axis=2) + root[:, None, None]
        flat = (self.feature_, self.threshold_, child, self.depth_)
        return (*(array.ravel() for array in flat), root)

    def score(self, features: np.ndarray) -> np.ndarray:
        """Share of the training rows that are more ordinary, float64 (n,), 0 to 1."""
        position = np.searchsorted(self.levels_, self.anomaly(features), side="right")
        return np.clip(position / LEVELS, 0.0, 1.0)

    def contributions(self, features: np.ndarray) -> np.ndarray:
        """How much the anomaly falls when one feature is set to its median, float64 (n_features,).

        ``features`` is one row.
        """
        row = np.asarray(features, dtype=np.float64)
        changed = np.tile(row, (len(row) + 1, 1))
        changed[np.arange(len(row)), np.arange(len(row))] = self.centre_
        anomalies = self.anomaly(changed)
        return anomalies[-1] - anomalies[:-1]

    ARRAYS = ("left_", "right_", "feature_", "threshold_", "depth_", "levels_", "centre_")

    def save(self, path: Path) -> None:
        """Write an ``.npz`` file."""
        arrays = {name: getattr(self, name) for name in self.ARRAYS}
        with path.open("wb") as file:
            np.savez_compressed(file, norm_=np.array(self.norm_), **arrays)

    @classmethod
    def load(cls, path: Path) -> "OrderIsolationForest":
        """Read what :meth:`save` wrote; raises ValueError or KeyError when it is not that."""
        with np.load(path, allow_pickle=False) as stored:
            forest = cls(n_trees=len(stored["left_"]))
            for name in cls.ARRAYS:
                setattr(forest, name, stored[name])
            forest.norm_ = float(stored["norm_"])
        return forest
