"""`SnowflakeSettings`: how to connect to Snowflake, from the environment, a connection file or an address."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from evforecast.errors import InputError, require_choice

__all__ = ["SESSION", "SnowflakeSettings"]

SESSION: Mapping[str, str | bool] = {
    "TIMEZONE": "UTC",
    "QUERY_TAG": '{"app":"evforecast"}',
    # An account may have set these otherwise, and then dates of a file would be read by another format, and
    # names in double quotes would lose their case.
    "DATE_INPUT_FORMAT": "AUTO",
    "TIME_INPUT_FORMAT": "AUTO",
    "TIMESTAMP_INPUT_FORMAT": "AUTO",
    "BINARY_INPUT_FORMAT": "HEX",
    "QUOTED_IDENTIFIERS_IGNORE_CASE": False,
}
"""Session parameters that loading relies on."""

_PREFIX = "EVFORECAST_SNOWFLAKE_"
_SECRETS = ("password", "token", "private_key_file_pwd")
_FIELDS = (
    "account",
    "user",
    "password",
    "authenticator",
    "token",
    "private_key_file",
    "private_key_file_pwd",
    "role",
    "warehouse",
    "database",
    "schema",
    "connection",
)
_NEEDS = {
    "snowflake": "password",
    "username_password_mfa": "password",
    "snowflake_jwt": "private_key_file",
    "oauth": "token",
    "programmatic_access_token": "token",
    "externalbrowser": None,
}
_IN_URL = ("warehouse", "role", "user", "authenticator", "private_key_file", "connection")
_UNSAFE = {"pwd": "password", "passcode": "password", "private_key": "private_key_file"} | {
    name: name for name in _SECRETS
}


@dataclass(frozen=True)
class SnowflakeSettings:
    """How to connect to Snowflake, and where to stage files.

    Each of the first twelve can come from the environment, ``EVFORECAST_SNOWFLAKE_ACCOUNT`` and so on
    (`from_environment`). Secrets come from there or from the connector's own ``connections.toml``, and are
    never shown.

    Parameters
    ----------
    account : str, optional
        ``organization-account``, what stands before ``.snowflakecomputing.com``.
    user : str, optional
    password : str, optional
        A password, or a programmatic access token in its place.
    authenticator : str, optional
        ``snowflake``, ``externalbrowser``, ``oauth``, ``snowflake_jwt`` (key pair),
        ``programmatic_access_token`` or ``username_password_mfa``; by default what the secret that is there
        is for.
    token : str, optional
        Of OAuth, or a programmatic access token.
    private_key_file : str, optional
        The private key of a key pair.
    private_key_file_pwd : str, optional
        What the file is encrypted with, if it is.
    role, warehouse : str, optional
        The user's own if not said.
    database, schema : str, optional
        Where tables are that are named without; the stage and the file formats are made there.
    connection : str, optional
        A connection of ``connections.toml``, which then has whatever is not said here.
    stage : str
        ``named`` (made if it is not there), ``named:STAGE``, ``user``, ``table:TABLE`` or ``external:STAGE``.
    put_threads : int
        Files uploaded at once.
    options : mapping, optional
        Further arguments of ``snowflake.connector.connect``.

    Raises
    ------
    InputError
        If the authenticator is none of these, or `put_threads` is not positive.

    Examples
    --------
    >>> settings = SnowflakeSettings(
    ...     "org-ev", "ann", password="secret", database="ev", schema="raw"
    ... )
    >>> settings
    SnowflakeSettings(account='org-ev', user='ann', database='ev', schema='raw')
    >>> print(settings.url)
    snowflake://org-ev/ev/raw?user=ann
    """

    account: str | None = None
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    authenticator: str | None = None
    token: str | None = field(default=None, repr=False)
    private_key_file: str | None = None
    private_key_file_pwd: str | None = field(default=None, repr=False)
    role: str | None = None
    warehouse: str | None = None
    database: str | None = None
    schema: str | None = None
    connection: str | None = None
    stage: str = "named"
    put_threads: int = 4
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        if self.authenticator is not None:
            require_choice(self.authenticator.lower(), _NEEDS, "authenticator")
        if self.put_threads < 1:
            msg = f"put_threads={self.put_threads}: at least 1 file has to be uploaded at once"
            raise InputError(msg)

    def __repr__(self) -> str:
        """Return what is set, without any secret."""
        shown = [
            f"{name}={getattr(self, name)!r}"
            for name in _FIELDS
            if name not in _SECRETS and getattr(self, name) is not None
        ]
        return f"SnowflakeSettings({', '.join(shown)})"

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> SnowflakeSettings:
        """Return what ``EVFORECAST_SNOWFLAKE_ACCOUNT``, ``_USER``, ``_PASSWORD`` and so on say.

        Parameters
        ----------
        environ : mapping, optional
            By default, the environment of the process.

        Examples
        --------
        >>> SnowflakeSettings.from_environment({"EVFORECAST_SNOWFLAKE_CONNECTION": "work"})
        SnowflakeSettings(connection='work')
        """
        environ = os.environ if environ is None else environ
        return cls(**{name: environ.get(_variable(name)) or None for name in _FIELDS})  # type: ignore[arg-type]

    @classmethod
    def from_url(cls, url: str, environ: Mapping[str, str] | None = None) -> SnowflakeSettings:
        """Return what an address says, and the environment where it is silent.

        Parameters
        ----------
        url : str
            ``snowflake://account/database/schema?warehouse=…&role=…&user=…&authenticator=…``, or
            ``snowflake://?connection=NAME``; ``stage`` and ``put_threads`` may stand there too.
        environ : mapping, optional
            By default, the environment of the process.

        Raises
        ------
        InputError
            If a secret stands in it, or something that is not known.

        Examples
        --------
        >>> SnowflakeSettings.from_url("snowflake://org-ev/ev/raw?warehouse=load", {}).warehouse
        'load'
        """
        parts = urlsplit(url)
        user, _, account = parts.netloc.rpartition("@")
        query = {name.lower(): value for name, value in parse_qsl(parts.query)}
        found = _UNSAFE.keys() & query.keys() or ({"password"} if ":" in user else set())
        for name in sorted(found):
            msg = (
                f"a Snowflake address holds {name!r}: addresses end in logs. Take it out, and set "
                f"{_variable(_UNSAFE[name])} or use a connection of connections.toml."
            )
            raise InputError(msg)
        folders = [unquote(part) for part in parts.path.split("/") if part]
        unknown = sorted(set(query) - {*_IN_URL, "stage", "put_threads"})
        if parts.scheme != "snowflake" or len(folders) > 2 or unknown:
            what = f" It does not know {', '.join(map(repr, unknown))}." if unknown else ""
            msg = (
                f"this is no Snowflake address: {url!r}.{what} Write "
                f"snowflake://ACCOUNT/DATABASE/SCHEMA, with ?{'=…&'.join(_IN_URL)}=… where wanted."
            )
            raise InputError(msg)
        said: dict[str, Any] = {name: query[name] for name in (*_IN_URL, "stage") if name in query}
        said |= {"user": unquote(user)} if user else {}
        said |= {"account": unquote(account)} if account else {}
        said |= dict(zip(("database", "schema"), folders, strict=False))
        if "put_threads" in query:
            if not query["put_threads"].isdecimal():
                msg = f"put_threads={query['put_threads']!r} in a Snowflake address is no whole number"
                raise InputError(msg)
            said["put_threads"] = int(query["put_threads"])
        return replace(cls.from_environment(environ), **said)

    @property
    def url(self) -> str:
        """The address, without secrets."""
        return address(self)

    @property
    def secrets(self) -> list[str]:
        """What must never be shown."""
        values = [getattr(self, name) for name in _SECRETS]
        values += [
            self.options.get(name) for name in ("passcode", "oauth_client_secret", *_SECRETS)
        ]
        return [value for value in values if isinstance(value, str) and value]

    def method(self) -> str:
        """Return the authenticator, in small letters: the one named, or the one that the secret is for."""
        if self.authenticator is not None:
            return self.authenticator.lower()
        if self.private_key_file is not None:
            return "snowflake_jwt"
        return "oauth" if self.token is not None else "snowflake"

    def check(self) -> None:
        """Say what is missing.

        Raises
        ------
        InputError
            With the names of the variables that have to be set.
        """
        if self.private_key_file and not Path(self.private_key_file).expanduser().is_file():
            msg = (
                f"Snowflake: there is no private key at {self.private_key_file}. Correct "
                f"{_variable('private_key_file')}."
            )
            raise InputError(msg)
        if self.connection is not None:
            return
        method = self.method()
        names = ["account", "database", "schema"]
        if method != "oauth":  # such a token names its user
            names.insert(1, "user")
        if needed := _NEEDS[method]:
            names.append(needed)
        missing = [_variable(n) for n in names if not (getattr(self, n) or self.options.get(n))]
        if missing:
            other = ""
            if method == "snowflake" and self.authenticator is None:
                other = (
                    f" Instead of a password: {_variable('private_key_file')}, {_variable('token')}, or "
                    f"{_variable('authenticator')}=externalbrowser."
                )
            msg = (
                f"Snowflake: not set: {', '.join(missing)}. Set them, or name a connection of "
                f"connections.toml that has all of it: {_variable('connection')}, or ?connection= in the "
                f"address.{other}"
            )
            raise InputError(msg)

    def arguments(self) -> dict[str, Any]:
        """Return the arguments of ``snowflake.connector.connect``.

        Raises
        ------
        InputError
            If something is missing.
        """
        self.check()
        found = {name: getattr(self, name) for name in _FIELDS if getattr(self, name) is not None}
        if "connection" in found:
            found["connection_name"] = found.pop("connection")
        else:
            found["authenticator"] = self.method()
        if "authenticator" in found:
            found["authenticator"] = found["authenticator"].upper()
        options = dict(self.options)
        session = {**SESSION, **options.pop("session_parameters", {})}
        always = {
            "application": "evforecast",
            "autocommit": True,  # an account may have it off, and then every load would be undone
            "login_timeout": 60,
            "network_timeout": 600,  # else the connector tries again for ever
            "paramstyle": "qmark",
            "session_parameters": session,
        }
        return {**always, **found, **options}


def address(said: Any) -> str:
    """Return the address of settings, or of a connection: whatever has an ``account`` and so on."""
    values = {name: getattr(said, name, None) or "" for name in _FIELDS if name not in _SECRETS}
    path = "/".join(quote(str(values[name]), safe="") for name in ("database", "schema"))
    query = urlencode(
        {
            name: values[name]
            for name in ("warehouse", "role", "user", "connection")
            if isinstance(values[name], str) and values[name]
        }
    )
    text = f"snowflake://{quote(str(values['account']), safe='')}/{path}".rstrip("/")
    return text + (f"?{query}" if query else "")


def _variable(name: str) -> str:
    return _PREFIX + name.upper()
