"""The pages of the dashboard, a module each: ``PATH``, ``layout(source, place)`` and ``register(app, source)``."""
