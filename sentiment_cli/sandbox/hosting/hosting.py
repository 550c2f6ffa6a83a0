"""The hosting of one sandbox, put together from its parts."""

from __future__ import annotations

from collections.abc import Mapping

from sentiment_cli.sandbox.calls import Handler
from sentiment_cli.sandbox.context import Context
from sentiment_cli.sandbox.faults import Faults
from sentiment_cli.sandbox.hosting.configs import Configs
from sentiment_cli.sandbox.hosting.endpoints import Endpoint, Endpoints
from sentiment_cli.sandbox.hosting.fleets import Fleet
from sentiment_cli.sandbox.hosting.images import Images
from sentiment_cli.sandbox.hosting.invoking import Invoking
from sentiment_cli.sandbox.hosting.models import Models
from sentiment_cli.sandbox.hosting.records import Record, Region, Store
from sentiment_cli.sandbox.hosting.servers import Containers, Host, Processes
from sentiment_cli.sandbox.hosting.tagging import Tagging


class Hosting:
    """SageMaker hosting, with all its state and every server it runs."""

    def __init__(self, context: Context) -> None:
        self._folder = context.folder / "hosting"
        self._folder.mkdir(parents=True, exist_ok=True)
        self._context = context
        self.faults = Faults()
        self._store: Store[Endpoint] = Store()
        self._images = Images(context)
        self._host = self._connect()
        self._endpoints = Endpoints(self._store, self._fleet)
        self._invoking = Invoking(self._store)

    def services(self) -> Mapping[tuple[str, str], Handler]:
        """A handler for each (service, operation)."""
        parts = (
            Models(self._store, self._images),
            Configs(self._store, self._images),
            self._endpoints,
            Tagging(self._store),
        )
        sagemaker = {("sagemaker", name): handler for part in parts for name, handler in part.handlers().items()}
        return sagemaker | {("sagemaker-runtime", name): each for name, each in self._invoking.handlers().items()}

    def close(self) -> None:
        """Stop every server."""
        self._endpoints.close()
        self._invoking.close()

    def _connect(self) -> Host:
        if self._context.engine == "process":
            return Processes(self._folder)
        from sentiment_cli.clients.docker import connect

        return Containers(self._context, connect())

    def _fleet(self, region: Region[Endpoint], group: str, config: Record) -> Fleet:
        return Fleet(self._host, self._images, self._folder, region, group, config, self.faults)
