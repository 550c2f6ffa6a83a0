"""The hosting of one sandbox, put together from its parts."""

from __future__ import annotations

from collections.abc import Mapping

from sentiment_cli.sandbox.calls import Handler
from sentiment_cli.sandbox.context import Context
from sentiment_cli.sandbox.faults import Faults
from sentiment_cli.sandbox.hosting.configs import Configs
from sentiment_cli.sandbox.hosting.endpoints import Endpoint, Endpoints
from sentiment_cli.sandbox.hosting.fleets import Fleet
from sentiment_cli.sandbox.hosting.images import Find, Images
from sentiment_cli.sandbox.hosting.invoking import Invoking
from sentiment_cli.sandbox.hosting.models import Models
from sentiment_cli.sandbox.hosting.records import Record, Region, Store
from sentiment_cli.sandbox.hosting.servers import Containers, Host, Processes
from sentiment_cli.sandbox.hosting.tagging import Tagging


class Hosting:
    """SageMaker hosting, with all its state and every server it runs."""

    def __init__(self, context: Context, find_image: Find | None = None) -> None:
        self._folder = context.folder / "hosting"
        self._folder.mkdir(parents=True, exist_ok=True)
        self._context = context
        self.faults = Faults()
        self._store: Store[Endpoint] = Store()
        self._images = Images(context, find_image)
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

    def inventory(self) -> list[tuple[str, dict[str, str]]]:
        """ARN and tags of everything there is."""
        with self._store.lock:
            shelves = [shelf for region in self._store for shelf in region.shelves()]
            return [(record.arn, dict(record.tags)) for shelf in shelves for record in shelf]

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
