"""A contract as a section of Markdown: what people read is drawn from what the code holds to."""

from __future__ import annotations

from schemas.contract import Contract, Field


def section(contract: Contract) -> str:
    """Markdown heading, description, key, partition and one table row a field."""
    facts = [f"version {contract.version}"]
    if contract.key:
        facts.append("key " + ", ".join(f"`{name}`" for name in contract.key))
    if contract.partition_by:
        facts.append("partitioned by " + ", ".join(f"`{name}`" for name in contract.partition_by))
    lines = [f"### {contract.name}", "", contract.doc, "", "; ".join(facts) + ".", ""]
    lines += ["| field | type | required | range | meaning |", "|---|---|---|---|---|"]
    lines += [_row(field) for field in contract.fields]
    return "\n".join(lines) + "\n"


def _row(field: Field) -> str:
    low = "" if field.minimum is None else f"≥ {field.minimum:g}"
    high = "" if field.maximum is None else f"≤ {field.maximum:g}"
    required = "yes" if field.required else ""
    limits = ", ".join(filter(None, (low, high)))
    return f"| `{field.name}` | {field.dtype} | {required} | {limits} | {field.doc} |"
