"""What drivers share whose clusters have an agent for each service."""

from abc import abstractmethod
from collections.abc import Mapping

from portal.engine.errors import Part, StepFailed
from portal.engine.runtimes.agent import several
from portal.engine.runtimes.agent.address import Where
from portal.engine.runtimes.agent.link import ask
from portal.engine.runtimes.agent.pty import AgentPty
from portal.engine.runtimes.base import Halt, Pty, Runtime, Stats
from portal.engine.terminals import Size


class AgentEach(Runtime):
    """Drives processes and terminals by whichever agent has them."""

    @abstractmethod
    def _agents(self, session: str) -> Mapping[str, Where]:
        """Each service's agent, as far as any is known."""

    @abstractmethod
    def _agent(self, session: str, service: str) -> Where:
        """A service's agent; for a service that isn't one, the tools' agent, who refuses it."""

    def start(self, session: str, service: str, process: str, argv: tuple[str, ...]) -> None:
        # Two starts of one name in two services at once would both win; nobody does that.
        other = several.process(self._agents(session), process)
        if other is not None and other.is_running and other.service != service:
            return
        agent = self._agent(session, service)
        ask(agent, "start", service=service, process=process, argv=list(argv))

    def interrupt(self, session: str, process: str, *, timeout: float = 10.0) -> int | None:
        server = several.process(self._agents(session), process)
        if server is None:
            return None
        agent = self._agent(session, server.service)
        answer = ask(agent, "interrupt", patience=timeout + 10, process=process, timeout=timeout)
        return answer.status("exit")

    def halt(self, session: str, process: str, how: Halt, *, timeout: float = 10.0) -> None:
        agent = self._agent_of(session, process)
        ask(agent, "halt", patience=timeout + 10, process=process, how=how, timeout=timeout)

    def resume(self, session: str, process: str) -> None:
        ask(self._agent_of(session, process), "resume", process=process)

    def _agent_of(self, session: str, process: str) -> Where:
        """The agent whose process that is. Raises ClusterGone, StepFailed."""
        server = several.process(self._agents(session), process)
        if server is None:
            raise StepFailed(f"no process is called {process!r}", part=Part.UNKNOWN)
        return self._agent(session, server.service)

    def open_pty(
        self,
        session: str,
        service: str,
        name: str,
        size: Size,
        *,
        since: int = 0,
        epoch: str = "",
        begin: bool = True,
    ) -> Pty:
        agent = self._agent(session, service)
        return AgentPty(agent, service, name, size, since=since, epoch=epoch, begin=begin)

    def stats(self, session: str) -> Stats:
        return several.stats(self._agents(session))
