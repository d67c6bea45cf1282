"""What changes between two releases: what users did since, items that were posted, slates made ahead."""
