import re
from dataclasses import replace

import pytest

from evforecast.errors import InputError
from evforecast.inwarehouse.java import (
    CompiledScorer,
    JavaScorer,
    create_function,
    create_inline_function,
    select_scores,
)

SCORER = JavaScorer(
    "Scorer_0a",
    "public class Scorer_0a {}",
    ("status", "it's a \\"),
    ("not free", "free"),
    (1, 96),
    takes_partner=True,
)
COMPILED = CompiledScorer(SCORER, b"jar", "")
ALONE = replace(SCORER, takes_partner=False)


def test_a_function_from_a_jar():
    text = create_function(COMPILED, 'ev."My ""score"""', stage="named:CODE", runtime="17")
    takes = '("horizon" INTEGER, "features" ARRAY, "semi_markov" ARRAY)'
    assert text.splitlines() == [
        f'CREATE OR REPLACE FUNCTION "ev"."My ""score""" {takes}',
        "RETURNS OBJECT NOT NULL",
        "LANGUAGE JAVA",
        "IMMUTABLE",
        "RUNTIME_VERSION = '17'",
        "COMMENT = 'evforecast: horizons 1, 96; features status, it''s a \\\\; statuses not free, free'",
        "IMPORTS = ('@CODE/java/scorer_0a.jar')",
        "HANDLER = 'Scorer_0a.score'",
    ]


def test_without_a_partner_there_is_no_third_argument():
    text = create_function(replace(COMPILED, scorer=ALONE), "score")
    assert '("horizon" INTEGER, "features" ARRAY)\n' in text
    assert "@evforecast_stage/java/scorer_0a.jar" in text


@pytest.mark.parametrize(
    ("stage", "location"),
    [
        ("user", "@~/code/v1/"),
        ("external:lake/models", "@lake/models/code/v1/"),
        ('named:ev."My stage"', '@ev."My stage"/code/v1/'),
    ],
    ids=["user", "external", "quoted"],
)
def test_stages(stage, location):
    text = create_function(COMPILED, "score", stage=stage, folder="code/v1")
    assert f"IMPORTS = ('{location}scorer_0a.jar')" in text


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"stage": "table:t"}, "imports no jar from the stage of a table"),
        ({"stage": "named:x'; DROP"}, "names no stage"),
        ({"folder": "a'b"}, "folders of a stage"),
        ({"runtime": "8"}, "runtime='8' is no choice"),
        ({"function": "a b"}, "no table name"),
    ],
    ids=lambda value: value if isinstance(value, str) else "-".join(value),
)
def test_what_cannot_be_is_refused(given, message):
    chosen = {"function": "score"} | given
    with pytest.raises(InputError, match=re.escape(message)):
        create_function(COMPILED, **chosen)


def test_without_a_jar_it_says_what_the_compiler_said():
    with pytest.raises(InputError, match=r"there is no jar\. Install a JDK"):
        create_function(replace(COMPILED, jar=None, message="Install a JDK."), "score")


def test_inline(fitted):
    small = JavaScorer.of(fitted(target="down", groups=("state",), semi_markov_weight=0))
    text = create_inline_function(small, "score")
    head, body, end = text.split("$$")
    assert "IMPORTS" not in head
    assert head.endswith(f"HANDLER = '{small.class_name}.score'\nAS ")
    assert body.strip() == small.source.strip()
    assert end == ""


def test_too_large_for_a_statement():
    large = replace(SCORER, source="x" * 100_001)
    with pytest.raises(InputError, match=r"100,001 bytes.*Compile it and use create_function"):
        create_inline_function(large, "score")


def test_a_query_makes_rows_of_the_table_forecast():
    text = select_scores(ALONE, "score", "ev.features", model="o'direct")
    assert text == (
        'SELECT \'o\'\'direct\' AS "model", "cutoff", "horizon", "evse_id", '
        'GET("law", \'not free\')::FLOAT AS "p_not free", GET("law", \'free\')::FLOAT AS "p_free"\n'
        'FROM (SELECT f."cutoff", f."horizon", f."evse_id", '
        '"score"(f."horizon", ARRAY_CONSTRUCT(f."status", f."it\'s a \\")) AS "law"\n'
        'FROM "ev"."features" AS f) AS s'
    )


def test_a_query_joins_the_law_of_the_partner():
    text = select_scores(
        SCORER, "score", "features", model="m", partner="forecast", partner_model="m's partner"
    )
    assert 'ARRAY_CONSTRUCT(m."p_not free", m."p_free")) AS "law"' in text
    assert (
        'JOIN "forecast" AS m ON m."cutoff" = f."cutoff" AND m."horizon" = f."horizon" AND '
        'm."evse_id" = f."evse_id" AND m."model" = \'m\'\'s partner\'' in text
    )


@pytest.mark.parametrize(
    ("scorer", "partner", "message"),
    [(SCORER, None, "say partner="), (ALONE, "forecast", "leave partner away")],
    ids=["missing", "too many"],
)
def test_a_partner_is_given_where_one_is_needed(scorer, partner, message):
    with pytest.raises(InputError, match=message):
        select_scores(scorer, "score", "features", model="m", partner=partner)


def test_the_statements_are_read_by_a_parser_of_sql():
    sqlglot = pytest.importorskip("sqlglot")
    query = select_scores(SCORER, "score", "features", model="m", partner="forecast")
    (parsed,) = sqlglot.parse(query, dialect="snowflake")
    assert [column.alias_or_name for column in parsed.selects] == [
        "model", "cutoff", "horizon", "evse_id", "p_not free", "p_free",
    ]  # fmt: skip
