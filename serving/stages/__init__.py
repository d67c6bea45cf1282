"""The stages of a request, one file each."""
