"""Bots: some users are programs that come more often and click on nearly everything."""

from __future__ import annotations

from worlds.draws import Codes, Mask, Streams
from worlds.part import Amount, Share, Spell


class Bots(Spell):
    """`share` of users come `sessions` times as often, and `boost` is added to the logit of their clicks."""

    share: Share = 0.01
    sessions: Amount = 5.0
    boost: float = 8.0

    def who(self, user: Codes, streams: Streams) -> Mask:
        """Whether each of the user rows is one."""
        return streams["bot"].uniform(user) < self.share
