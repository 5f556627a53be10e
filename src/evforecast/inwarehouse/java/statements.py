"""The SQL that makes a scorer a function of Snowflake, and a query that calls it."""

from __future__ import annotations

from evforecast.errors import InputError, require_choice
from evforecast.inwarehouse.java.compiling import CompiledScorer
from evforecast.inwarehouse.java.scorer import JavaScorer
from evforecast.warehouse.naming import TableName, quote
from evforecast.warehouse.snowflake.sql import literal
from evforecast.warehouse.snowflake.stages import Stage, check_file_name

__all__ = ["create_function", "create_inline_function", "select_scores"]

# What Snowflake recommends for source in a statement (docs.snowflake.com, stored procedures, code size); it
# is stored compressed, and ours does not compress any further.
_MOST_INLINE = 100_000


def create_function(
    compiled: CompiledScorer,
    function: str | TableName,
    *,
    stage: Stage | str = "named",
    folder: str = "java",
    runtime: str = "11",
) -> str:
    """Return the statement that makes the function from a jar in a stage.

    Parameters
    ----------
    compiled : CompiledScorer
        Put its jar into the stage first, under `CompiledScorer.jar_name`.
    function : str or TableName
        Its name, with schema and database where they are to be said; quoted as it stands.
    stage : Stage or str
        Where the jar is: ``named:STAGE``, ``user`` or ``external:STAGE`` (see `Stage.parse`).
    folder : str
        Inside the stage.
    runtime : {'11', '17', '21'}
        The Java that runs it.

    Raises
    ------
    InputError
        If the jar was not compiled, or the stage is a table's, from which no code is imported.

    Examples
    --------
    >>> scorer = JavaScorer("Scorer_1", "", ("age",), ("free",), (4,), takes_partner=False)
    >>> print(create_function(CompiledScorer(scorer, b"", ""), "score", stage="named:code"))
    CREATE OR REPLACE FUNCTION "score" ("horizon" INTEGER, "features" ARRAY)
    RETURNS OBJECT NOT NULL
    LANGUAGE JAVA
    IMMUTABLE
    RUNTIME_VERSION = '11'
    COMMENT = 'evforecast: horizons 4; features age; statuses free'
    IMPORTS = ('@code/java/scorer_1.jar')
    HANDLER = 'Scorer_1.score'
    """
    if compiled.jar is None:
        msg = f"create_function: there is no jar. {compiled.message}"
        raise InputError(msg)
    place = stage if isinstance(stage, Stage) else Stage.parse(stage)
    if place.kind == "table":
        msg = (
            f"create_function: Snowflake imports no jar from the stage of a table, @{place.name}. Use a "
            "named one."
        )
        raise InputError(msg)
    jar = place.location(folder) + check_file_name(compiled.jar_name)
    imports = f"IMPORTS = ({literal(jar)})"
    return "\n".join([*_head(compiled.scorer, function, runtime), imports, _handler(compiled)])


def create_inline_function(
    scorer: JavaScorer, function: str | TableName, *, runtime: str = "11"
) -> str:
    """Return the statement that makes the function from the source, which the warehouse compiles.

    For small models, where there is no javac: without a jar it is compiled for each statement that calls it.

    Parameters
    ----------
    scorer : JavaScorer
    function : str or TableName
        Its name, as in `create_function`.
    runtime : {'11', '17', '21'}
        The Java that compiles and runs it.

    Raises
    ------
    InputError
        If the source is larger than a statement should be.

    Examples
    --------
    >>> scorer = JavaScorer("Scorer_1", "class …", ("age",), ("free",), (4,), takes_partner=False)
    >>> print(create_inline_function(scorer, "score").split("HANDLER = ")[1])
    'Scorer_1.score'
    AS $$
    class …
    $$
    """
    size = len(scorer.source.encode())
    if size > _MOST_INLINE:
        msg = (
            f"create_inline_function: the source of {scorer.class_name} has {size:,} bytes, a statement "
            f"takes about {_MOST_INLINE:,}. Compile it and use create_function; or fit a smaller model "
            "(fewer horizons, a coarser target, fewer iterations)."
        )
        raise InputError(msg)
    head = _head(scorer, function, runtime)
    return "\n".join([*head, _handler(scorer), f"AS $$\n{scorer.source}\n$$"])


def select_scores(
    scorer: JavaScorer,
    function: str | TableName,
    features: str | TableName,
    *,
    model: str,
    partner: str | TableName | None = None,
    partner_model: str = "",
) -> str:
    """Return the query that scores a table of features, as rows of the table ``forecast``.

    Parameters
    ----------
    scorer : JavaScorer
    function : str or TableName
        What `create_function` made.
    features : str or TableName
        A table or view with the columns cutoff, horizon, evse_id and the scorer's features by name.
    model : str
        What the rows are called.
    partner : str or TableName, optional
        For a scorer that takes its partner's law: the table ``forecast`` that holds it.
    partner_model : str
        What its rows are called there.

    Returns
    -------
    str
        A SELECT of model, cutoff, horizon, evse_id and a column ``p_<status>`` for each status.

    Raises
    ------
    InputError
        If a partner is needed and not given, or given and not needed.

    Examples
    --------
    >>> scorer = JavaScorer("Scorer_1", "", ("age",), ("free",), (4,), takes_partner=False)
    >>> print(select_scores(scorer, "score", "features", model="direct"))
    SELECT 'direct' AS "model", "cutoff", "horizon", "evse_id", GET("law", 'free')::FLOAT AS "p_free"
    FROM (SELECT f."cutoff", f."horizon", f."evse_id", "score"(f."horizon", ARRAY_CONSTRUCT(f."age")) AS "law"
    FROM "features" AS f) AS s
    """
    if scorer.takes_partner != (partner is not None):
        need = "takes the law of its semi-Markov partner: say partner= and partner_model="
        msg = f"select_scores: {scorer.class_name} " + (
            need if scorer.takes_partner else "has no partner: leave partner away"
        )
        raise InputError(f"{msg}.")
    given = [
        'f."horizon"',
        f"ARRAY_CONSTRUCT({', '.join(f'f.{quote(name)}' for name in scorer.features)})",
    ]
    table = f"{TableName.parse(features).sql} AS f"
    chances = [f"p_{status}" for status in scorer.statuses]
    if partner is not None:
        given.append(f"ARRAY_CONSTRUCT({', '.join(f'm.{quote(name)}' for name in chances)})")
        key = " AND ".join(
            f"m.{quote(name)} = f.{quote(name)}" for name in ("cutoff", "horizon", "evse_id")
        )
        table += (
            f"\nJOIN {TableName.parse(partner).sql} AS m ON {key} AND m.{quote('model')} = "
            f"{literal(partner_model)}"
        )
    listed = ", ".join(
        f'GET("law", {literal(status)})::FLOAT AS {quote(name)}'
        for status, name in zip(scorer.statuses, chances, strict=True)
    )
    law = f"{TableName.parse(function).sql}({', '.join(given)})"
    return (
        f'SELECT {literal(model)} AS "model", "cutoff", "horizon", "evse_id", {listed}\n'
        f'FROM (SELECT f."cutoff", f."horizon", f."evse_id", {law} AS "law"\nFROM {table}) AS s'
    )


def _head(scorer: JavaScorer, function: str | TableName, runtime: str) -> list[str]:
    require_choice(runtime, ("11", "17", "21"), "runtime")
    takes = ["horizon INTEGER", "features ARRAY"] + ["semi_markov ARRAY"] * scorer.takes_partner
    arguments = ", ".join(
        f"{quote(name)} {kind}" for name, kind in (argument.split() for argument in takes)
    )
    about = (
        f"evforecast: horizons {', '.join(map(str, scorer.horizons))}; features "
        f"{', '.join(scorer.features)}; statuses {', '.join(scorer.statuses)}"
    )
    return [
        f"CREATE OR REPLACE FUNCTION {TableName.parse(function).sql} ({arguments})",
        "RETURNS OBJECT NOT NULL",
        "LANGUAGE JAVA",
        "IMMUTABLE",
        f"RUNTIME_VERSION = {literal(runtime)}",
        f"COMMENT = {literal(about)}",
    ]


def _handler(of: JavaScorer | CompiledScorer) -> str:
    scorer = of.scorer if isinstance(of, CompiledScorer) else of
    return f"HANDLER = {literal(f'{scorer.class_name}.score')}"
