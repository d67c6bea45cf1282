"""Off-policy evaluation: what a policy that did not act would have been worth, from the logs of one that did."""
