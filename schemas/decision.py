"""A gate is one measured value, its threshold and a verdict; a decision is all gates of a night and what follows."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

Verdict = Literal["pass", "fail", "warn", "skipped"]


@dataclass(frozen=True)
class Gate:
    """One measured value against its threshold. `direction` says on which side of it the value must lie."""

    name: str
    value: float | None
    threshold: float | None
    direction: Literal["at_least", "at_most"]
    verdict: Verdict
    reason: str = ""

    @classmethod
    def at_least(cls, name: str, value: float, threshold: float, reason: str = "") -> Gate:
        return cls(name, value, threshold, "at_least", "pass" if value >= threshold else "fail", reason)

    @classmethod
    def at_most(cls, name: str, value: float, threshold: float, reason: str = "") -> Gate:
        return cls(name, value, threshold, "at_most", "pass" if value <= threshold else "fail", reason)

    @classmethod
    def skipped(cls, name: str, reason: str) -> Gate:
        """A gate that could not be measured, with why (an immature label, no champion yet)."""
        return cls(name, None, None, "at_least", "skipped", reason)

    def __str__(self) -> str:
        if self.value is None or self.threshold is None:
            return f"{self.verdict:7} {self.name}: {self.reason}"
        sign = ">=" if self.direction == "at_least" else "<="
        tail = f" ({self.reason})" if self.reason else ""
        return f"{self.verdict:7} {self.name}: {self.value:.4g} {sign} {self.threshold:.4g}{tail}"


@dataclass(frozen=True)
class Decision:
    """All gates of one night and what follows from them. `champion` is the release it was compared with.

    `cited`: the differences on the same users that it rests on, in words.
    """

    surface: str
    day: str
    verdict: Literal["ship", "hold", "rollback"]
    release_id: str
    champion: str | None
    gates: tuple[Gate, ...]
    reason: str
    cited: tuple[str, ...] = ()

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self), indent=1))

    @staticmethod
    def read(path: Path) -> Decision:
        content = json.loads(path.read_text())
        content["gates"] = tuple(Gate(**gate) for gate in content["gates"])
        content["cited"] = tuple(content.get("cited", ()))
        return Decision(**content)
