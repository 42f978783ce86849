"""The MariaDB that tests use: GOVERNANCE_TEST_MARIADB, or one on this machine that takes us as we are."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import create_engine, make_url

SOCKET = "/run/mysqld/mysqld.sock"
MARIADB = os.environ.get("GOVERNANCE_TEST_MARIADB", f"mysql://root@localhost/?unix_socket={SOCKET}")


@contextmanager
def database_of_its_own() -> Iterator[tuple[str, str]]:
    """URL and name of an empty database, dropped in the end; skips the test where there is no server."""
    address = make_url(MARIADB).set(drivername="mysql+pymysql")
    admin = create_engine(address, connect_args={"connect_timeout": 2})
    try:
        admin.connect().close()
    except Exception:  # any failure to connect means that this machine has none
        pytest.skip("no MariaDB on this machine")
    name = f"test_{uuid.uuid4().hex[:12]}"
    with admin.begin() as connection:
        connection.exec_driver_sql(f"create database {name}")
    try:
        yield address.set(database=name).render_as_string(hide_password=False), name
    finally:
        with admin.begin() as connection:
            connection.exec_driver_sql(f"drop database {name}")
        admin.dispose()
