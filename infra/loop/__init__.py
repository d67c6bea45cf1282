"""The loop closed: a day is served and logged, a night learns from it, the next day is served with what it learned."""
