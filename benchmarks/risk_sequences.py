"""Neural models of a card's event sequence, pre-trained without labels to foresee the next event.

A recurrent (GRU, Cho et al. 2014) and a convolutional encoder read a card's last twelve payments;
pre-training predicts the amount and the pause of the next one. On the state h stand a One-Class
SVM, an Isolation Forest, and, with labels, a linear head.
"""

import numpy as np
import torch
from sklearn.ensemble import IsolationForest
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from sklearn.svm import OneClassSVM
from torch import nn

from risk.learning.compromise import Transactions, grouped

LENGTH, WIDTH, EPOCHS, BATCH = 12, 24, 2, 512
PRETRAINED_ROWS = 40_000


def sequences(data: Transactions, rows: np.ndarray) -> np.ndarray:
    """The last events of each row's card, itself last: float32 ``(n, LENGTH, 4)``."""
    order, starts = grouped(data.card)
    place = np.empty(len(data), np.int64)
    place[order] = np.arange(len(data))
    at, amount = data.at[order], data.amount[order]
    pause = np.where(np.arange(len(at)) > starts, at - np.r_[0, at[:-1]], 30 * 86_400)
    hour = at % 86_400 / 86_400 * 2 * np.pi
    table = np.column_stack(
        [np.log1p(amount) - 3.5, np.log1p(pause) - 10.0, np.sin(hour), np.cos(hour)]
    ).astype(np.float32)
    index = place[rows][:, None] + np.arange(1 - LENGTH, 1)[None, :]
    inside = index >= starts[place[rows]][:, None]
    return table[np.maximum(index, 0)] * inside[:, :, None]


class Recurrent(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = nn.GRU(4, WIDTH, batch_first=True)
        self.head = nn.Linear(WIDTH, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.body(x)[0]


class Convolutional(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.ConstantPad1d((2, 0), 0.0), nn.Conv1d(4, WIDTH, 3), nn.ReLU(),
            nn.ConstantPad1d((4, 0), 0.0), nn.Conv1d(WIDTH, WIDTH, 3, dilation=2), nn.Tanh(),
        )  # fmt: skip
        self.head = nn.Linear(WIDTH, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.body(x.transpose(1, 2)).transpose(1, 2)


def pretrain(model: nn.Module, x: np.ndarray, seed: int) -> nn.Module:
    """Learn to foresee amount and pause of each next event."""
    torch.manual_seed(seed)
    optimiser = torch.optim.Adam(model.parameters(), 3e-3)
    data = torch.from_numpy(x)
    for _ in range(EPOCHS):
        for rows in torch.randperm(len(data)).split(BATCH):
            batch = data[rows]
            loss = ((model.head(model(batch[:, :-1])) - batch[:, 1:, :2]) ** 2).mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    return model.eval()


def states(model: nn.Module, x: np.ndarray) -> np.ndarray:
    """State h after the last event, next to how badly that event was foreseen: (n, WIDTH + 2)."""
    with torch.no_grad():
        data = torch.from_numpy(x)
        hidden = model(data)
        error = (model.head(hidden[:, -2]) - data[:, -1, :2]).abs()
        return torch.cat([hidden[:, -1], error], dim=1).numpy()


def scores(
    data: Transactions, train: np.ndarray, history: np.ndarray, test: np.ndarray, seed: int = 0
) -> dict[str, np.ndarray]:
    """Scores of the test rows by every model on h."""
    rng = np.random.default_rng(seed)
    chosen = np.sort(rng.choice(history, min(PRETRAINED_ROWS, len(history)), replace=False))
    fraud = data.fraud[train]
    genuine = rng.permutation(np.flatnonzero(fraud == 0))[:2000]
    result = {}
    for name, model in (("rnn", Recurrent()), ("cnn", Convolutional())):
        pretrain(model, sequences(data, chosen), seed)
        known, asked = (states(model, sequences(data, rows)) for rows in (train, test))
        scale = StandardScaler().fit(known)
        known, asked = scale.transform(known), scale.transform(asked)
        svm = OneClassSVM(nu=0.01, gamma="scale").fit(known[genuine])
        forest = IsolationForest(n_estimators=100, random_state=seed).fit(known)
        head = LogisticRegression(max_iter=500).fit(known, fraud)
        result[f"{name}_one_class_svm"] = -svm.decision_function(asked)
        result[f"{name}_isolation_forest"] = -forest.score_samples(asked)
        result[f"{name}_with_labels"] = head.predict_proba(asked)[:, 1]
    return result
