"""Rates with their uncertainty, shaped for charts."""

from core.metrics.rates import Filter, Funnel, down_rates, funnel_steps, wilson

__all__ = ["Filter", "Funnel", "down_rates", "funnel_steps", "wilson"]
