"""What each stage of a request kept, removed and took."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import ParamSpec, Protocol, TypeVar


class Counted(Protocol):
    """What a stage hands on: it can tell how much it kept, and how much it removed by reason."""

    @property
    def kept(self) -> int: ...

    @property
    def removed(self) -> Mapping[str, int]: ...


P = ParamSpec("P")
Output = TypeVar("Output", bound=Counted)


@dataclass(frozen=True)
class StageReport:
    """One stage of one request; `milliseconds` is wall time."""

    stage: str
    kept: int
    removed: Mapping[str, int]
    milliseconds: float


def nonzero(counts: Mapping[str, int]) -> dict[str, int]:
    """`counts` without the reasons for which nothing was removed."""
    return {reason: count for reason, count in counts.items() if count}


@dataclass
class Trace:
    """The stages of one request in the order they ran."""

    stages: list[StageReport] = field(default_factory=list)

    def run(self, stage: Callable[P, Output], *args: P.args, **kwargs: P.kwargs) -> Output:
        """What `stage` gives, noted under its own name."""
        began = time.perf_counter()
        output = stage(*args, **kwargs)
        took = (time.perf_counter() - began) * 1000
        self.stages.append(StageReport(stage.__name__, output.kept, dict(output.removed), took))
        return output
