"""One file a family of rules; each rule says which items it allows at the next slot, given those above."""
