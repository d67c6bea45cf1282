"""Public data sets as landing logs of their true days: one small file per set, one writer for all."""
