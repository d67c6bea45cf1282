"""The faults of a world file, and the record of them that lies beside the logs."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from worlds.faults.bots import Bots
from worlds.faults.broken_model import BrokenModel
from worlds.faults.clock_skew import ClockSkew
from worlds.faults.feature_skew import FeatureSkew
from worlds.faults.flood import Flood
from worlds.faults.late import Late
from worlds.faults.malformed import Malformed
from worlds.faults.outage import Outage
from worlds.faults.repeated import Repeated
from worlds.faults.stale_feature import StaleFeature
from worlds.faults.taste_drift import TasteDrift
from worlds.faults.viral import Viral
from worlds.part import Part


class Faults(Part):
    """Every fault a world can have; absent ones do not happen."""

    repeated: Repeated | None = None
    late: Late | None = None
    malformed: Malformed | None = None
    clock_skew: ClockSkew | None = None
    bots: Bots | None = None
    outage: Outage | None = None
    stale_feature: StaleFeature | None = None
    feature_skew: FeatureSkew | None = None
    broken_model: BrokenModel | None = None
    taste_drift: TasteDrift | None = None
    flood: Flood | None = None
    viral: Viral | None = None

    def record(self, first_day: date) -> list[dict[str, Any]]:
        """One row a fault: its name, the dates between which it holds (None: for good), its settings."""
        rows = []
        for name in type(self).model_fields:
            fault = getattr(self, name)
            if fault is not None:
                last = None if fault.to_day is None else str(first_day + timedelta(days=fault.to_day))
                settings = fault.model_dump(exclude={"from_day", "to_day"})
                onset = str(first_day + timedelta(days=fault.from_day))
                rows.append({"fault": name, "from": onset, "to": last, **settings})
        return rows
