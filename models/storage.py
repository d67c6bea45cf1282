"""A model on disk: its hyper-parameters as JSON, its arrays in one npz without pickles, the same bytes every time."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from models.interface import Strings
from models.vocabulary import texts
from schemas.errors import UserError

FORMAT = 1
_TEXT, _ENDS = "/text", "/ends"

Arrays = dict[str, Any]
"""Arrays by name; object arrays hold str."""


def write(folder: Path, name: str, parameters: Mapping[str, Any], arrays: Mapping[str, Any]) -> None:
    """Write model `name` into `folder` as `model.json` and `arrays.npz`."""
    packed: dict[str, Any] = {}
    for key, array in arrays.items():
        packed |= _packed(key, array) if array.dtype == object else {key: array}
    np.savez(folder / "arrays.npz", **packed)
    content = {"format": FORMAT, "name": name, "parameters": dict(parameters)}
    (folder / "model.json").write_text(json.dumps(content, indent=1, sort_keys=True))


def read(folder: Path, name: str) -> tuple[dict[str, Any], Arrays]:
    """(parameters, arrays) of the model `name` in `folder`; raises UserError if it holds no such model."""
    path = folder / "model.json"
    if not path.exists():
        raise UserError(f"{folder} holds no model", fix="train it again: the step that writes it is train_" + name)
    content = json.loads(path.read_text())
    found = (content.get("name"), content.get("format"))
    if found != (name, FORMAT):
        raise UserError(f"{path}: found model and format {found}; expected {(name, FORMAT)}", fix="train it again")
    with np.load(folder / "arrays.npz", allow_pickle=False) as file:
        stored = {key: file[key] for key in file.files}
    arrays = {key: array for key, array in stored.items() if not key.endswith((_TEXT, _ENDS))}
    for key in stored:
        if key.endswith(_TEXT):
            arrays[key.removesuffix(_TEXT)] = _unpacked(key.removesuffix(_TEXT), stored)
    return content["parameters"], arrays


def _packed(key: str, values: Strings) -> dict[str, Any]:
    encoded = [value.encode() for value in values.tolist()]
    ends = np.cumsum([0, *map(len, encoded)], dtype=np.int64)
    return {key + _TEXT: np.frombuffer(b"".join(encoded), dtype=np.uint8), key + _ENDS: ends}


def _unpacked(key: str, stored: Mapping[str, Any]) -> Strings:
    text, ends = stored[key + _TEXT], np.ascontiguousarray(stored[key + _ENDS])
    return texts(pa.LargeStringArray.from_buffers(len(ends) - 1, pa.py_buffer(ends), pa.py_buffer(text)))
