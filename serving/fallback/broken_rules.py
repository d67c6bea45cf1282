"""Whether an answer shows what it must not: plain counts over the slate, without a look at how it was drawn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from serving.pipeline import Answer
from serving.stages.compose import Slot
from surfaces.policy import Policy


def broken_rules(answer: Answer, policy: Policy) -> Counter[str]:
    """By rule, how many shown items `policy` or the rules of the answer's slate forbid; empty if none.

    What a slot says gave way for it is not broken.
    """
    slots, seen = answer.slate.slots, set(answer.person.seen_rows.tolist())
    found = Counter(_forbidden(answer, policy))
    found["once"] = len(slots) - len({slot.row for slot in slots})
    found["seen"] = sum(slot.row in seen and not _gave_way(slot, "seen") for slot in slots)
    return +(found + _capped(answer) + _too_close(answer))


def _forbidden(answer: Answer, policy: Policy) -> list[str]:
    """The rule of `policy` that each shown item breaks, once for each that it breaks."""
    ask, known = answer.ask, answer.person.known
    withheld = [rule.label for rule in policy.withhold if rule.fits(known, ask.country, ask.device)]
    bound = {f"{name}_tags": (prefix, ask.places[name]) for name, prefix in policy.bindings.items()}
    if not withheld and not bound:
        return []
    found: list[str] = []
    for labels in _labels(answer):
        found += [f"withhold {label}" for label in withheld if label in labels]
        for rule, (prefix, value) in bound.items():
            named = [label for label in labels if label.startswith(f"tag:{prefix}")]
            found += [rule] if named and f"tag:{prefix}{value}" not in named else []
    return found


def _labels(answer: Answer) -> list[set[str]]:
    """All that each shown item bears, as rules name it."""
    catalogue = answer.release.catalogue
    return [
        {
            f"item:{catalogue.ids[slot.row]}",
            f"topic:{catalogue.topics.values[slot.row]}",
            f"creator:{catalogue.creators.values[slot.row]}",
            *(f"tag:{tag}" for tag in catalogue.tags.of_row(slot.row)),
        }
        for slot in answer.slate.slots
    ]


def _capped(answer: Answer) -> Counter[str]:
    slate, catalogue, found = answer.release.surface.slate, answer.release.catalogue, Counter[str]()
    caps = {
        "max_per_creator": (slate.max_per_creator, catalogue.creators.codes),
        "max_per_topic": (slate.max_per_topic, catalogue.topics.codes),
    }
    for rule, (most, codes) in caps.items():
        above = Counter[int]()
        for slot in answer.slate.slots if most is not None else ():
            code = int(codes[slot.row])
            above[code] += code >= 0
            found[rule] += above[code] > (most or 0) and not _gave_way(slot, rule)
    return found


def _too_close(answer: Answer) -> Counter[str]:
    """Items that stand too near to one of the same creator, or to another sponsored one."""
    slate, slots, found = answer.release.surface.slate, answer.slate.slots, Counter[str]()
    if slate.creator_gap:
        codes = [int(answer.release.catalogue.creators.codes[slot.row]) for slot in slots]
        near = [code >= 0 and code in _above(codes, place, slate.creator_gap) for place, code in enumerate(codes)]
        found["creator_gap"] = _broken(slots, near, "creator_gap")
    if slate.sponsored is not None:
        paid = [slate.sponsored.label in labels for labels in _labels(answer)]
        near = [one and any(_above(paid, place, slate.sponsored.one_in - 1)) for place, one in enumerate(paid)]
        found["sponsored"] = _broken(slots, near, "sponsored")
    return found


def _above(values: Sequence[int], place: int, many: int) -> Sequence[int]:
    return values[max(place - many, 0) : place]


def _broken(slots: Sequence[Slot], wrong: Sequence[bool], rule: str) -> int:
    return sum(one and not _gave_way(slot, rule) for slot, one in zip(slots, wrong, strict=True))


def _gave_way(slot: Slot, rule: str) -> bool:
    return rule in slot.draw.relaxed
