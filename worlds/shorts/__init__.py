"""The default world: a short-video feed whose users' tastes, and everything else, are known."""

from worlds.shorts.config import DAYS, FIRST_DAY, SEED, SURFACE, WorldConfig
from worlds.shorts.world import write

__all__ = ["DAYS", "FIRST_DAY", "SEED", "SURFACE", "WorldConfig", "write"]
