"""Boards: every user keeps some, each about a topic, and comes in a session to fill one of them.

Driver `board`: cosine of the item and the board of the session.
"""

from __future__ import annotations

import numpy as np

from worlds.culture import Ground, unit
from worlds.draws import Codes, Floats
from worlds.drivers import Drivers, Scene
from worlds.options.option import Option
from worlds.options.settings import Boards
from worlds.sessions import Requests


class Shelf(Option):
    """Everybody's boards."""

    def __init__(self, ground: Ground, spec: Boards) -> None:
        self.ground, self.spec = ground, spec

    def board(self, asked: Requests) -> Codes:
        """(r,) which of the user's boards each request is about."""
        return self.ground.streams["board"].below(self.spec.each, asked.day, asked.user, asked.session)

    def wanted(self, asked: Requests) -> Floats:
        """(r, d) unit vectors of what each request's board is about."""
        board = self.board(asked)
        topic = self.ground.streams["board topic"].choice(self.ground.share, asked.user, board)
        axes = np.arange(self.ground.config.dimensions)
        noise = self.ground.streams["board taste"].normal(asked.user[:, None], board[:, None], axes)
        return unit(self.ground.topics[topic] + 0.1 * noise)

    def drivers(self, scene: Scene, asked: Requests, items: Codes) -> Drivers:
        latent = scene.items.latent[items]
        pattern = "rd,rkd->rk" if items.ndim == 2 else "rd,kd->rk"
        return {"board": np.asarray(np.einsum(pattern, self.wanted(asked), latent))}
