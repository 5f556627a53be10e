"""A seeded city of chargers: demand, visits, outages and gaps, for demos, tests and scale.

Where a constant says "reference year", it was set after the Challenge Planete-Oui (273 chargers in
Paris, 25 November 2019 to 8 November 2020), by the missing values and the most frequent status of
210 of its chargers; "reference sample" are the statuses of these 210 in its first and last 26
hours.
"""

from evforecast.panel.simulator.simulate import simulate

__all__ = ["simulate"]
