"""What every part of a surface file is made of."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Count = Annotated[int, Field(ge=0)]
Positive = Annotated[int, Field(ge=1)]
Above = Annotated[float, Field(gt=0.0)]


class Part(BaseModel):
    """A part of a surface file: nothing unknown in it, and nothing changes it."""

    model_config = ConfigDict(extra="forbid", frozen=True)


Label = Annotated[str, Field(pattern=r"^(topic|tag|creator|item):.+$")]
"""What an item may bear: `topic:music`, `tag:sponsored`, `creator:c17`, `item:v000042`."""
