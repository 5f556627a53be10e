"""A direct forecaster as a Java function of the warehouse: its trees, and nothing else to install."""

from evforecast.inwarehouse.java.compiling import CompiledScorer, compile_scorer
from evforecast.inwarehouse.java.reasons import can_score_in_java
from evforecast.inwarehouse.java.running import (
    Cases,
    java_difference,
    score_locally,
    scorer_cases,
)
from evforecast.inwarehouse.java.scorer import JavaScorer
from evforecast.inwarehouse.java.statements import (
    create_function,
    create_inline_function,
    select_scores,
)

__all__ = [
    "Cases",
    "CompiledScorer",
    "JavaScorer",
    "can_score_in_java",
    "compile_scorer",
    "create_function",
    "create_inline_function",
    "java_difference",
    "score_locally",
    "scorer_cases",
    "select_scores",
]
