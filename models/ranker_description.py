"""What must be known of a saved ranker to feed it: kept beside the ONNX file, read without torch."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from models.ranker_encoding import Encoding
from models.vocabulary import Vocabulary, strings
from schemas.errors import UserError

DESCRIPTION = "ranker.json"
ONNX = "ranker.onnx"
FORMAT = 1


@dataclass(frozen=True)
class Description:
    """What must be known of an ONNX ranker to feed it. `heads`: `binary` or `sum` per outcome, in output order.

    `features`: names of the dense columns; `feature_schema`: hash of the schema they come from. `untrained`: heads
    that had no label to learn from.
    """

    heads: Mapping[str, str]
    untrained: tuple[str, ...]
    features: tuple[str, ...]
    feature_schema: str
    encoding: Encoding

    def write(self, folder: Path) -> None:
        content = {
            "format": FORMAT,
            "heads": dict(self.heads),
            "untrained": self.untrained,
            "features": self.features,
            "feature_schema": self.feature_schema,
            "positions": self.encoding.positions,
            "vocabularies": {name: known.ids.tolist() for name, known in self.encoding.vocabularies.items()},
        }
        (folder / DESCRIPTION).write_text(json.dumps(content, indent=1))

    @classmethod
    def read(cls, folder: Path) -> Description:
        """The description in `folder`; raises UserError if there is none or its format is another."""
        path = folder / DESCRIPTION
        if not path.exists():
            raise UserError(f"{folder} holds no ranker", fix="train it again: the step that writes it is train_ranker")
        content = json.loads(path.read_text())
        if content["format"] != FORMAT:
            raise UserError(f"{path}: found format {content['format']}; expected {FORMAT}", fix="train it again")
        vocabularies = {name: Vocabulary(strings(ids)) for name, ids in content["vocabularies"].items()}
        return cls(
            heads=content["heads"],
            untrained=tuple(content["untrained"]),
            features=tuple(content["features"]),
            feature_schema=content["feature_schema"],
            encoding=Encoding(vocabularies, content["positions"]),
        )
