"""WHEN it runs: sensors are thin shells over pure decisions of the engine, schedules are one line each."""
