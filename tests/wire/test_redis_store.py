"""A team's store on a real Redis server: two machines share money, pauses and answers; the server goes and comes."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from tierwise.core.errors import ConfigError, RateLimited, Transient
from tierwise.core.models import (
    ChatPrompt,
    FimPrompt,
    Finished,
    FinishReason,
    ModelRef,
    ModelRequest,
    PromptBlock,
    Speaker,
    StreamPart,
    TextDelta,
    Usage,
)
from tierwise.core.shared import SharedPause, SharedUnavailable
from tierwise.core.tasks import Role
from tierwise.outside import Outside
from tierwise.providers.redis_store import RedisStore, open_store
from tierwise.routing.breakers import Pause, Paused, Permit
from tierwise.routing.kept_answers import KeptAnswers
from tierwise.routing.team import Team, TeamBreakers, TeamSpending
from tierwise.settings.facts import ModelFacts
from tierwise.settings.models import (
    BudgetSettings,
    ProviderKind,
    ProviderSettings,
    ResolvedModel,
    RoutingSettings,
    Settings,
    SharedSettings,
)

pytestmark = pytest.mark.asyncio

SERVER = shutil.which("redis-server")
if SERVER is None and os.environ.get("TIERWISE_REDIS") != "require":
    pytest.skip("redis-server is not installed (Debian: apt-get install redis-server)", allow_module_level=True)
pytest.importorskip("redis", reason="the extra `redis` is not installed")

MODEL = ResolvedModel(ModelRef("p", "m"), ProviderSettings(kind=ProviderKind.OPENAI), ModelFacts())
OTHER = ResolvedModel(ModelRef("p", "other"), ProviderSettings(kind=ProviderKind.OPENAI), ModelFacts())


class HandClock:
    """Time that tests let pass; it begins now."""

    def __init__(self) -> None:
        self.passed = 0.0
        self._begun = datetime.now(UTC)

    def monotonic(self) -> float:
        return self.passed

    def now(self) -> datetime:
        return self._begun + timedelta(seconds=self.passed)


@dataclass
class Redis:
    """A server of our own, on a port of the loopback interface, that keeps nothing on disk."""

    port: int
    process: asyncio.subprocess.Process | None = None
    stores: list[RedisStore] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    async def start(self) -> None:
        assert SERVER is not None, "TIERWISE_REDIS=require asks for a redis-server: install one"
        self.process = await asyncio.create_subprocess_exec(
            SERVER, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
            stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert self.process.stdout is not None
        async with asyncio.timeout(20):
            while b"Ready to accept connections" not in await self.process.stdout.readline():
                assert self.process.returncode is None

    async def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            await self.process.communicate()
            self.process = None

    def store(self, prefix: str) -> RedisStore:
        self.stores.append(open_store(self.url, prefix))
        return self.stores[-1]


@pytest_asyncio.fixture
async def redis() -> AsyncIterator[Redis]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        server = Redis(free.getsockname()[1])
    await server.start()
    yield server
    for store in server.stores:
        await store.aclose()
    await server.stop()


class Machine:
    """One of a team's machines."""

    def __init__(self, redis: Redis, prefix: str = "t") -> None:
        self.clock = HandClock()
        self.told: list[str] = []
        self.store = redis.store(prefix)
        self.team = Team(self.clock, lambda model: str(model.ref), self.told.append)
        self.team.use(self.store)
        self.spending = TeamSpending(self.clock, self.team)
        self.breakers = TeamBreakers(self.clock, self.team, RoutingSettings(breaker_failures=1))


async def steps(*machines: Machine) -> None:
    """Each machine in turn talks to the store."""
    for machine in machines:
        assert await machine.team.step()


async def test_money_is_counted_over_all_machines(redis: Redis) -> None:
    one, two = Machine(redis), Machine(redis)
    one.spending.charge(0.75)
    await steps(one, two)
    assert two.spending.day_usd == pytest.approx(0.75)
    two.spending.charge(0.5)
    assert two.spending.day_usd == pytest.approx(1.25), "its own counts at once"
    reached = two.spending.reached(BudgetSettings(day_usd=1.2))
    assert reached is not None
    assert one.spending.reached(BudgetSettings(day_usd=1.2)) is None
    await steps(two, one)
    assert one.spending.reached(BudgetSettings(day_usd=1.2)) is not None
    assert one.spending.session_usd == pytest.approx(0.75), "a session is a machine's own"
    assert one.spending.reached(BudgetSettings(session_usd=1.0)) is None


async def test_other_teams_and_other_days_do_not_count(redis: Redis) -> None:
    one, other = Machine(redis), Machine(redis, "other")
    one.spending.charge(3.0)
    await steps(one, other)
    assert other.spending.day_usd == 0
    one.clock.passed += 86_400
    await steps(one)
    assert one.spending.day_usd == 0


async def test_a_model_that_one_machine_found_limited_is_left_alone_by_all(redis: Redis) -> None:
    one, two = Machine(redis), Machine(redis)
    permit = one.breakers.admit(MODEL)
    assert isinstance(permit, Permit)
    one.breakers.failed(permit, RateLimited("wait", provider="p", model="m", retry_after_s=30.0))
    await steps(one, two)
    pause = two.breakers.admit(MODEL)
    assert isinstance(pause, Paused)
    assert pause.why is Pause.RATE_LIMIT
    assert pause.seconds is not None
    assert 25 < pause.seconds <= 30
    assert isinstance(two.breakers.admit(OTHER), Permit)
    two.clock.passed += 31
    assert isinstance(two.breakers.admit(MODEL), Permit), "it is over without anyone telling"


async def test_a_model_that_answers_again_is_free_for_all(redis: Redis) -> None:
    one, two = Machine(redis), Machine(redis)
    permit = one.breakers.admit(MODEL)
    assert isinstance(permit, Permit)
    one.breakers.failed(permit, Transient("down", provider="p", model="m"))
    await steps(one, two)
    assert isinstance(two.breakers.admit(MODEL), Paused)
    one.clock.passed += 31
    probe = one.breakers.admit(MODEL)
    assert isinstance(probe, Permit)
    one.breakers.spoke(probe)
    await steps(one, two)
    assert isinstance(two.breakers.admit(MODEL), Permit)


async def test_new_settings_take_back_what_was_told(redis: Redis) -> None:
    one, two = Machine(redis), Machine(redis)
    permit = one.breakers.admit(MODEL)
    assert isinstance(permit, Permit)
    one.breakers.failed(permit, RateLimited("wait", provider="p", model="m", retry_after_s=300.0))
    await steps(one, two)
    one.breakers.reset()
    await steps(one, two)
    assert isinstance(two.breakers.admit(MODEL), Permit)
    assert isinstance(one.breakers.admit(MODEL), Permit)


async def test_a_shorter_pause_does_not_end_a_longer_one(redis: Redis) -> None:
    store = redis.store("t")
    await store.pause("e", SharedPause("failures", 60))
    await store.pause("e", SharedPause("failures", 1))
    assert (await store.pauses())["e"].seconds > 50


async def test_a_store_that_goes_and_comes_loses_nothing(redis: Redis) -> None:
    one, two = Machine(redis), Machine(redis)
    one.spending.charge(1.0)
    await steps(one, two)
    await redis.stop()
    one.spending.charge(0.5)
    assert not await one.team.step()
    assert not await one.team.step()
    assert one.team.store is None
    assert one.spending.day_usd == pytest.approx(1.5), "as on one machine alone"
    assert isinstance(one.breakers.admit(MODEL), Permit)
    assert len(one.told) == 1, "told once"
    await redis.start()  # empty: it keeps nothing on disk
    one.spending.charge(0.25)
    await steps(one, two)
    assert one.team.connected
    assert two.spending.day_usd == pytest.approx(0.75), "what was spent while it was away"
    assert one.spending.day_usd == pytest.approx(1.75)


async def test_what_is_no_store_is_refused_or_unavailable(redis: Redis) -> None:
    with pytest.raises(ConfigError, match="must hold a redis://") as caught:
        open_store("http://user:secret@host", "t")
    assert "secret" not in str(caught.value)
    store = redis.store("t")
    await redis.stop()
    for work in (store.answer("k"), store.spend("2026-01-01", 0.0), store.pauses()):
        with pytest.raises(SharedUnavailable):
            await work
    await store.aclose()


# Answers


class Client:
    """Answers with a number, so that each call can be told from the next."""

    def __init__(self, parts: Sequence[StreamPart] | None = None) -> None:
        self.calls = 0
        self._parts = parts

    @property
    def ref(self) -> ModelRef:
        return MODEL.ref

    def client(self, _: ResolvedModel, /) -> Client:
        return self

    async def stream(self, _: ModelRequest) -> AsyncGenerator[StreamPart, None]:
        self.calls += 1
        for part in self._parts or (
            TextDelta("answer "),
            TextDelta(str(self.calls)),
            Finished(FinishReason.STOP, None),
        ):
            yield part


def request(text: str = "why?", role: Role = Role.EXPLAIN, **changes: object) -> ModelRequest:
    prompt = ChatPrompt((PromptBlock(Speaker.USER, text),))
    return replace(ModelRequest(role, prompt, max_output_tokens=9, first_token_s=1.0, deadline_s=2.0), **changes)


async def heard(clients: KeptAnswers, asked: ModelRequest) -> tuple[str, Usage | None]:
    text, usage = "", None
    async for part in clients.client(MODEL).stream(asked):
        match part:
            case TextDelta(piece):
                text += piece
            case Finished(_, usage):
                pass
    return text, usage


def kept(redis: Redis, client: Client, prefix: str = "t") -> KeptAnswers:
    store = redis.store(prefix)
    return KeptAnswers(client, lambda: (store, 60.0))


async def test_a_colleagues_answer_costs_nothing(redis: Redis) -> None:
    client = Client()
    one, two = kept(redis, client), kept(redis, client)
    assert await heard(one, request()) == ("answer 1", None)
    assert await heard(two, request()) == ("answer 1", Usage())
    assert client.calls == 1
    assert (await heard(two, request()))[0] == "answer 2", "asking again means wanting another"


@pytest.mark.parametrize(
    "other",
    [
        request("why not?"),
        request(max_output_tokens=10),
        request(temperature=0.5),
        request(role=Role.REVIEW),
        request(role=Role.COMPLETE, prompt=FimPrompt("a", "b", "c.py", "r")),
        request(max_output_tokens=0),
    ],
)
async def test_other_requests_are_asked(redis: Redis, other: ModelRequest) -> None:
    client = Client()
    await heard(kept(redis, client), request())
    await heard(kept(redis, client), other)
    assert client.calls == 2


async def test_half_an_answer_is_not_kept(redis: Redis) -> None:
    cut = Client((TextDelta("half"), Finished(FinishReason.LENGTH, None)))
    await heard(kept(redis, cut), request())
    assert (await heard(kept(redis, Client()), request()))[0] == "answer 1"


async def test_without_the_store_the_model_is_asked(redis: Redis) -> None:
    client = Client()
    clients = kept(redis, client)
    await redis.stop()
    assert (await heard(clients, request()))[0] == "answer 1"
    assert (await heard(KeptAnswers(client, lambda: None), request()))[0] == "answer 2"


# The whole, by the settings


class Server:
    """What one server makes of its settings and environment."""

    def __init__(self, **environ: str) -> None:
        self.told: list[str] = []
        self.settings = Settings(shared=SharedSettings(url_env="TEAM_STORE"))
        self.clock = HandClock()
        self.outside = Outside(environ, self.clock, lambda: self.settings, self.told.append)
        self.spending = TeamSpending(self.clock, self.outside.team)


async def test_settings_connect_and_leave(redis: Redis) -> None:
    one, two = Server(TEAM_STORE=redis.url), Server(TEAM_STORE=redis.url)
    await one.outside.follow()
    await two.outside.follow()
    assert await one.outside.team.step()
    one.spending.charge(0.5)
    kept = one.outside.kept_answers()
    assert kept is not None
    assert kept[1] == 86_400
    await one.outside.aclose()  # the rest is delivered
    assert one.outside.kept_answers() is None
    assert await two.outside.team.step()
    assert two.spending.day_usd == pytest.approx(0.5)
    two.settings = Settings(shared=SharedSettings(url_env="TEAM_STORE", answers=False))
    await two.outside.follow()
    assert two.outside.kept_answers() is None
    assert two.outside.team.connected
    two.settings = Settings()
    await two.outside.follow()
    assert two.outside.team.connected is None
    assert two.spending.day_usd == 0
    assert one.told == two.told == []
    await two.outside.aclose()


@pytest.mark.parametrize(
    ("environ", "says"),
    [({}, "TEAM_STORE, which is not set"), ({"TEAM_STORE": "http://:secret@x"}, "must hold a redis://")],
)
async def test_settings_that_lead_nowhere_are_told_of_once(environ: dict[str, str], says: str) -> None:
    server = Server(**environ)
    await server.outside.follow()
    await server.outside.follow()
    (sentence,) = server.told
    assert says in sentence
    assert "secret" not in sentence
    assert await server.outside.team.step()
    await server.outside.aclose()


async def test_models_are_the_same_by_address_and_key_and_the_key_stays_here(redis: Redis) -> None:
    one, two = Server(TEAM_STORE=redis.url, KEY="k-1234567890"), Server(TEAM_STORE=redis.url, KEY="another")
    provider = ProviderSettings(kind=ProviderKind.OPENAI, api_key_env="KEY")
    model = ResolvedModel(ModelRef("p", "m"), provider, ModelFacts())
    for server in (one, two):
        await server.outside.follow()
    one.outside.team.pause(model, Paused(model.ref, Pause.RATE_LIMIT, 50.0))
    assert await one.outside.team.step()
    assert await two.outside.team.step()
    assert two.outside.team.paused(model) is None, "another key has limits of its own"
    same = Server(TEAM_STORE=redis.url, KEY="k-1234567890")
    await same.outside.follow()
    assert await same.outside.team.step()
    assert same.outside.team.paused(model) is not None
    (endpoint,) = await redis.store("tierwise").pauses()
    assert "k-123" not in endpoint
    for server in (one, two, same):
        await server.outside.aclose()
