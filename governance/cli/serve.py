"""What `serve` does: the view on this machine, without Airflow."""

import socket

import click

from governance.cli.check import local_policy
from governance.errors import InvalidInput, MissingTool


def run_server(host: str, port: int, policy_file: str) -> None:
    """Serve until interrupted. Raises InvalidInput when the port is taken."""
    try:
        import uvicorn

        from governance.web.local import LocalGuard, local_app
    except ImportError as error:
        raise MissingTool(f"the view needs {error.name}", "pip install 'airflow-governance[view]'") from error
    from governance.govern import open_ledger
    from governance.web.trust import known_trust

    policy = local_policy(policy_file)
    ledger, trust = open_ledger(policy), known_trust(policy)
    listener = _listen(host, port)
    port = listener.getsockname()[1]
    guard = LocalGuard()
    app = local_app(lambda: ledger, lambda: trust, guard, own_names(host, port))
    shown = f"[{host}]" if ":" in host else host
    click.echo(f"open   http://{shown}:{port}/login/{guard.ticket}\n       (works once; Ctrl-C ends)")
    config = uvicorn.Config(app, log_level="warning", access_log=False, server_header=False)
    uvicorn.Server(config).run(sockets=[listener])


def own_names(host: str, port: int) -> frozenset[str]:
    """What a browser may call this server."""
    names = {host.lower(), "localhost", "127.0.0.1", "[::1]"} - {"0.0.0.0", "::"}
    return frozenset(f"{name}:{port}" for name in names) | (frozenset(names) if port == 80 else frozenset())


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen()  # so that the link works as soon as it is printed
    except OSError as error:
        raise InvalidInput(
            f"{host}:{port} cannot be listened on: {error.strerror}", "Give another --port."
        ) from error
    return listener
