"""One table that holds every trap, and what its rows are in Python."""

COLUMNS = {
    "id": "bigint not null",
    "Mixed Case": "text",
    "select": "text",
    'a "quoted" name': "varchar(40)",
    "fixed": "char(6)",
    "small": "smallint",
    "whole": "integer",
    "big": "bigint",
    "money": "numeric(30, 9)",
    "loose": "numeric",
    "real": "real",
    "double": "double precision",
    "yes": "boolean",
    "day": "date",
    "clock": "time",
    "local": "timestamp",
    "zoned": "timestamptz",
    "raw": "bytea",
    "list": "text[]",
    "doc": "jsonb",
    "uid": "uuid",
    "span": "interval",
}

# What text and files get wrong: quotes, breaks, backslashes, separators, what looks like NULL, other scripts.
TEXTS = [
    'say "hi"',
    "two\nlines",
    "carriage\r\nreturn",
    "back\\slash \\n \\N",
    "\\N",
    "\\.",
    "a,b;c\td",
    "NULL",
    "null",
    " blanks ",
    "été à Paris ⚡ 充电 😀",
    "'; drop table x; --",
    "#comment",
]


def _literal(text):
    return "NULL" if text is None else "'" + text.replace("'", "''") + "'"


def rows():
    """Return rows of SQL literals, in the order of the columns."""
    texts = [*TEXTS, "", None]
    found = []
    for place, text in enumerate(texts):
        t = _literal(text)
        far = place % 3
        found.append(
            [
                str(place),
                t,
                t,
                t,
                ["'ab'", "NULL", "'a b c'"][far],
                ["-32768", "0", "32767"][far],
                ["-2147483648", "0", "2147483647"][far],
                ["-9223372036854775808", "NULL", "9223372036854775807"][far],
                ["-123456789012345678901.123456789", "0", "0.000000001"][far],
                ["12345678901234567890.5", "-0.00000000000001", "NULL"][far],
                ["0.1", "'NaN'", "-3.4e38"][far],
                ["0.1", "'-Infinity'", "5e-324"][far],
                ["true", "false", "NULL"][far],
                ["'0001-01-01'", "'2020-02-29'", "'9999-12-31'"][far],
                ["'00:00'", "'23:59:59.999999'", "NULL"][far],
                # the night in which the clocks of Paris were put back, and the ends of time
                [
                    "'2020-10-25 02:30:00.123456'",
                    "'1899-12-31 23:59:59.000001'",
                    "'9999-12-31 23:59:59'",
                ][far],
                ["'2020-10-25 02:30+02'", "'2020-10-25 02:30+01'", "'2020-03-29 03:30+02'"][far],
                ["'\\x00ff5c6e'", "''", "NULL"][far],
                ["ARRAY['a,b', NULL, '\"']", "'{}'", "NULL"][far],
                ['\'{"b": 1.10, "a": [null, "x"]}\'', "'null'", "NULL"][far],
                ["'00000000-0000-0000-0000-00000000000a'", "NULL", "NULL"][far],
                ["'1 year 2 days 03:04:05.6'", "'-1 day'", "NULL"][far],
            ]
        )
    return found


def create(name):
    """Return the statements that make the table."""
    columns = ", ".join(
        '"' + column.replace('"', '""') + '" ' + kind for column, kind in COLUMNS.items()
    )
    values = ", ".join("(" + ", ".join(row) + ")" for row in rows())
    return [f"CREATE TABLE {name} ({columns})", f"INSERT INTO {name} VALUES {values}"]
