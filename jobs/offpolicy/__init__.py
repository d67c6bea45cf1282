"""What a release would have been worth on requests that another policy answered."""
