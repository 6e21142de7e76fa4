"""An environment in which ordering is learnt, and an agent that learns it.

The environment replays real demand with lead times, lost sales, packs and costs for all products at
once; its ``reset`` and ``step`` have the signatures of Gymnasium's vector environments (Towers et
al., 2024), a product being an environment. The agent is an actor and a critic trained by clipped
policy gradients (Schulman et al., 2017, Proximal Policy Optimization Algorithms); Gijsbrechts et
al. (2022), Manufacturing & Service Operations Management 24(3), train such agents for lost sales.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from inventory.learning.simulation import Costs, Store

FEATURES = 9
ACTIONS = 2
FORGETS = 0.94
"""Of the reward of the next day; an order shows its worth within about two weeks."""


@dataclass(frozen=True)
class Scene:
    """What is replayed, a row per product.

    ``demand`` (n, n_days); as seen at the end of each day ``until`` (n, n_days), expected units
    until goods ordered then arrive, and ``after`` (n, n_days), expected units of the 14 days after
    that; ``lead_times`` int (n,) and ``packs`` float (n,).
    """

    demand: np.ndarray
    until: np.ndarray
    after: np.ndarray
    lead_times: np.ndarray
    packs: np.ndarray

    def of(self, rows: np.ndarray) -> "Scene":
        """Some of the products."""
        return Scene(
            self.demand[rows], self.until[rows], self.after[rows],
            self.lead_times[rows], self.packs[rows],
        )  # fmt: skip


class OrderingEnv:
    """Every evening: how far may stock fall before it is ordered, and for how many days.

    An action is (n, 2): ``z``, by how many spreads of lead-time demand the reorder point lies above
    its mean, and the logarithm of the quantity over the economic one. When the position is at or
    under the point, the quantity above it is ordered. The reward is the day's cost, negative, over
    the usual one.
    """

    def __init__(self, scene: Scene, costs: Costs) -> None:
        self.scene, self.costs = scene, costs
        self.daily = np.maximum(scene.after.mean(axis=1) / 14, 0.02)
        self.economic = np.sqrt(2 * costs.order * self.daily / costs.holding)
        self.scale = float(np.sqrt(2 * costs.order * self.daily * costs.holding).mean())

    def reset(self, *, seed: int | None = None) -> tuple[np.ndarray, dict[str, Any]]:
        """Begin on the evening of the first day with lead-time demand, and by chance some days
        more, on hand."""
        scene = self.scene
        luck = np.random.default_rng(seed).random(len(scene.demand)) if seed is not None else 0.5
        start = np.ceil(scene.until[:, 0] + self.spread(0) + luck * self.economic)
        self.store = Store(scene.lead_times, scene.packs, start)
        self.day = 0
        return self.observation(), {}

    def step(
        self, action: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, dict[str, np.ndarray]]:
        """Order as the action says, then sell a day; ``info`` has what was held, lost, ordered."""
        scene, n = self.scene, len(action)
        ordered = self.store.order(self.order_of(action)) > 0
        self.day += 1
        demand = scene.demand[:, self.day]
        lost = demand - self.store.day(demand)
        held = self.store.on_hand
        cost = self.costs.holding * held + self.costs.lost * lost + self.costs.order * ordered
        over = self.day >= scene.demand.shape[1] - 1
        info = {"cost": cost, "held": held, "lost": lost, "ordered": ordered}
        stop = np.full(n, over)
        return self.observation(), -cost / self.scale, np.zeros(n, bool), stop, info

    def spread(self, day: int) -> np.ndarray:
        """A standard deviation of lead-time demand, by its mean; (n,)."""
        mean = np.maximum(self.scene.until[:, day], 0.05)
        return np.sqrt(mean * (1 + mean / 4))

    def order_of(self, action: np.ndarray) -> np.ndarray:
        """Units ordered for an action now, before packs, float64 (n,)."""
        now = min(self.day, self.scene.until.shape[1] - 1)
        point = np.ceil(self.scene.until[:, now] + action[:, 0] * self.spread(now)) - 1
        daily = self.scene.after[:, now] / 14
        days = np.exp(action[:, 1]) * self.economic / np.maximum(daily, 0.02)
        extra = np.maximum(daily * np.clip(days, 1, 21), 1.0)
        position = self.store.position
        return np.where(position <= point, np.ceil(point + extra) - position, 0.0)

    def observation(self) -> np.ndarray:
        """Float32 (n, FEATURES); nothing in it lies after the evening of the day."""
        scene, store = self.scene, self.store
        now = min(self.day, scene.until.shape[1] - 1)
        spread, daily = self.spread(now), scene.after[:, now] / 14
        until = scene.until[:, now]
        columns = [
            np.log(daily + 0.02),
            np.log(until + 0.05),
            (store.position - until) / spread,
            (store.on_hand - until) / spread,
            np.log(scene.packs / (self.economic + 0.1)),
            scene.lead_times / 7 - 0.7,
            np.log((daily + 0.02) / (until / scene.lead_times + 0.02)),
            np.full(len(until), np.sin(2 * np.pi * now / 7)),
            np.full(len(until), np.cos(2 * np.pi * now / 7)),
        ]
        return np.clip(np.stack(columns, axis=1), -6, 6).astype(np.float32)


class OrderingAgent:
    """Actor and critic, two hidden layers each.

    Parameters
    ----------
    z, quantity
        Where the actor begins: the actions of an (s, S) rule.
    """

    def __init__(self, *, z: float = 1.0, quantity: float = 0.0, seed: int = 3) -> None:
        torch.manual_seed(seed)
        self.actor, self.critic = _network(ACTIONS), _network(1)
        last = self.actor[-1]
        assert isinstance(last, nn.Linear)
        with torch.no_grad():
            last.weight.mul_(0.01)
            last.bias.copy_(torch.tensor([z, quantity]))
        self.width = nn.Parameter(torch.full((ACTIONS,), -1.2))
        parameters = [*self.actor.parameters(), *self.critic.parameters(), self.width]
        self.optimiser = torch.optim.Adam(parameters, lr=1e-3)

    def act(self, observation: np.ndarray) -> np.ndarray:
        """The mean action, float64 (n, 2)."""
        with torch.no_grad():
            return self.actor(torch.from_numpy(observation)).numpy().astype(np.float64)

    def learn(self, env: OrderingEnv, seed: int, *, epochs: int = 3, batch: int = 8192) -> float:
        """Play through the scene once and improve on it; return the mean reward of a day."""
        dice = torch.Generator().manual_seed(seed)
        seen, acted, gained = [], [], []
        observation, _ = env.reset(seed=seed)
        stop = np.zeros(1, bool)
        while not stop.all():
            state = torch.from_numpy(observation)
            with torch.no_grad():
                mean = self.actor(state)
                action = mean + self.width.exp() * torch.randn(mean.shape, generator=dice)
            observation, reward, _, stop, _ = env.step(action.numpy().astype(np.float64))
            seen.append(state)
            acted.append(action)
            gained.append(torch.from_numpy(reward.astype(np.float32)))
        rewards = torch.stack(gained)
        states, actions = torch.cat(seen), torch.cat(acted)
        with torch.no_grad():
            values = self.critic(states).reshape(rewards.shape)
            last = self.critic(torch.from_numpy(observation)).reshape(-1)
        advantage, later = torch.zeros_like(rewards), torch.zeros_like(last)
        for day in range(len(rewards) - 1, -1, -1):
            following = values[day + 1] if day + 1 < len(rewards) else last
            later = rewards[day] + FORGETS * following - values[day] + FORGETS * 0.9 * later
            advantage[day] = later
        targets = (advantage + values).reshape(-1)
        flat = advantage.reshape(-1)
        # Lost sales are rare and dear, so what lies far out is what has to be learnt from.
        flat = ((flat - flat.mean()) / (flat.std() + 1e-6)).clamp(-20, 20)
        with torch.no_grad():
            before = self._chance(states, actions)
        for _ in range(epochs):
            for rows in torch.randperm(len(flat), generator=dice).split(batch):
                ratio = (self._chance(states[rows], actions[rows]) - before[rows]).exp()
                gain = torch.minimum(ratio * flat[rows], ratio.clamp(0.8, 1.2) * flat[rows]).mean()
                error = nn.functional.smooth_l1_loss(
                    self.critic(states[rows]).reshape(-1), targets[rows]
                )
                self.optimiser.zero_grad()
                (0.5 * error - gain).backward()
                self.optimiser.step()
        return float(rewards.mean())

    def _chance(self, states: torch.Tensor, actions: torch.Tensor) -> torch.Tensor:
        """Log densities of actions, (n,)."""
        normal = torch.distributions.Normal(self.actor(states), self.width.exp())
        return normal.log_prob(actions).sum(dim=1)


def _network(outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(FEATURES, 48), nn.Tanh(), nn.Linear(48, 48), nn.Tanh(), nn.Linear(48, outputs)
    )
