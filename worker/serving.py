"""Serves a WSGI application under gunicorn: the receiver, the console and the sandbox, each named by its import string.

Where systemd holds the socket (`docs/deploy/faturasync-receiver.socket`), that one is served: while the process is replaced,
connections wait in it.
"""

import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger
from gunicorn.systemd import listen_fds
from gunicorn.util import import_app
from gunicorn.workers.gthread import ThreadWorker

from mapping.errors import UserError
from worker.supervisor import SUPERVISOR
from worker.visitor import seen_through_proxies

STOP_SECONDS = 20


class _SharedLogger(Logger):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's lines go where all others go."""

    def setup(self, _config: Any) -> None:
        """Leave the handlers to `worker.logs`."""
        self.error_log.propagate = True
        self.access_log.disabled = True  # its lines hold whole URLs


class _Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """Asked to stop, it closes its sockets first: gunicorn's does so last of all.

    Until then the kernel takes connections in for it, seconds long, and all of them would be reset.
    """

    sockets: list[Any]

    def set_accept_enabled(self, enabled: bool) -> None:
        """Called a last time, with False, when what is under way is all that is left to do."""
        super().set_accept_enabled(enabled)
        if not enabled and not self.alive:
            for listener in self.sockets:
                self._accept_all(listener)
                listener.close()
            self.sockets = []

    def _accept_all(self, listener: Any) -> None:
        """Take in who has come already."""
        before = -1
        while before < self.nr_conns < self.worker_connections:
            before = self.nr_conns
            self.accept(listener)


class _Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    def __init__(self, application: str, settings: dict[str, Any]) -> None:
        self._application = application
        self._settings = settings
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._settings.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        return seen_through_proxies(
            import_app(self._application),
            proxies=self.cfg.forwarded_allow_networks(),
            any_proxy="*" in self.cfg.forwarded_allow_ips,
        )


def serve(
    application: str,
    *,
    host: str,
    port: int,
    processes: int = 1,
    threads: int = 8,
    beside: Callable[[], None] = lambda: None,
) -> None:
    """Serve `application` ("module:factory()") until SIGTERM, then finish what is under way and return.

    `beside` is called once in each process that serves: what it starts must not be in the one that forks them.
    Where systemd hands a socket over, it is served in place of `host` and `port`. Raises `UserError` if the port is taken.
    """
    if not listen_fds(unset_environment=False):
        check_port(host, port)
    settings = {
        "bind": [address(host, port)],
        "workers": processes,
        "worker_class": _Worker,
        "threads": threads,
        "graceful_timeout": STOP_SECONDS,
        "timeout": 60,
        "keepalive": 30,
        "logger_class": _SharedLogger,
        "control_socket_disable": True,
        "when_ready": _stop_without_supervisor,
        "post_worker_init": lambda _worker: beside(),
    }
    _Server(application, settings).run()


def _stop_without_supervisor(_arbiter: Any) -> None:
    """From now on, stop as on SIGTERM when the supervisor that started this process is gone."""
    supervisor = os.environ.get(SUPERVISOR)

    def watch() -> None:
        while str(os.getppid()) == supervisor:
            time.sleep(1)
        os.kill(os.getpid(), signal.SIGTERM)

    if supervisor:
        threading.Thread(target=watch, daemon=True).start()


def address(host: str, port: int) -> str:
    """Where something listens, as a URL has it."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def check_port(host: str, port: int) -> None:
    """Raise `UserError` if nothing can listen at `host` and `port`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise UserError(
                f"Port {port} on {host} cannot be used ({error.strerror}). Choose another one, or stop what has it."
            ) from None
