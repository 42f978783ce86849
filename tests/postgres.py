"""The PostgreSQL that tests use: GOVERNANCE_TEST_POSTGRES, or one on this machine."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import create_engine, text

POSTGRES = os.environ.get("GOVERNANCE_TEST_POSTGRES", "postgresql+psycopg://postgres@127.0.0.1:5432/test")


def postgres_answers() -> bool:
    """Whether there is one."""
    try:
        with create_engine(POSTGRES, connect_args={"connect_timeout": 2}).connect():
            return True
    except Exception:  # any failure to connect means that this machine has none
        return False


@contextmanager
def schema_of_its_own(*more: str) -> Iterator[str]:
    """The URL of an empty schema, which is dropped in the end; skips the test where there is no server."""
    if not postgres_answers():
        if os.environ.get("CI"):
            pytest.fail("CI must have a PostgreSQL")
        pytest.skip("no PostgreSQL on this machine")
    schema = f"test_{uuid.uuid4().hex[:12]}"
    admin = create_engine(POSTGRES)
    with admin.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    try:
        options = "%20".join(f"-c{option.replace('=', '%3D')}" for option in (f"search_path={schema}", *more))
        yield f"{POSTGRES}?options={options}"
    finally:
        with admin.begin() as connection:
            connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
        admin.dispose()
