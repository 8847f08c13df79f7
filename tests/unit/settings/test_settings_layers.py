"""Which layer wins, what a reload does, and what several folders have of their own."""

from pathlib import Path

from tierwise.core.models import ModelRef
from tierwise.core.tasks import Task, TaskClass, Tier
from tierwise.settings.local import LocalServer, LocalServerKind
from tierwise.settings.locations import user_config
from tierwise.settings.merge import merge, without_nulls


def test_nothing_at_all_gives_the_engine_without_a_model(world) -> None:
    assert world.store.reload() == ()
    assert world.settings.profile == "auto"
    assert world.store.active_profile(world.folder) == "embedded"
    (model,) = world.settings.chain(Tier.FAST)
    assert model.embedded
    assert world.settings.chain(Tier.FRONTIER) == ()


def test_stronger_layers_win_key_by_key(world) -> None:
    world.key("ANTHROPIC_API_KEY", "OPENAI_API_KEY")
    world.user(
        "profile = 'anthropic'\n[tiers.fast]\ncontext_tokens = 5000\nmax_output_tokens = 9\ndeadline_ms = 1400\n"
    )
    world.workspace("profile = 'openai'\n[tiers.fast]\ncontext_tokens = 4000\nmax_output_tokens = 8\n").trusted()
    world.store.set_editor_settings(world.folder, {"tiers": {"fast": {"context_tokens": 3000}}})
    fast = world.settings.tiers[Tier.FAST]
    assert world.store.active_profile(world.folder) == "openai"
    assert fast.chain[0] == "openai/gpt-6-luna"
    assert (fast.context_tokens, fast.max_output_tokens, fast.deadline_ms) == (3000, 8, 1400)
    assert fast.first_token_ms == 700
    assert world.store.reload() == ()


def test_lists_replace_and_tables_merge() -> None:
    below = {"a": {"x": [1, 2], "y": 1}, "b": 2}
    assert merge(below, {"a": {"x": [3]}}) == {"a": {"x": [3], "y": 1}, "b": 2}
    assert merge(below, {"a": 5}) == {"a": 5, "b": 2}
    assert below == {"a": {"x": [1, 2], "y": 1}, "b": 2}


def test_request_bodies_replace_as_a_whole(world) -> None:
    """Else nobody could take a field of a shipped body away."""
    world.key("ANTHROPIC_API_KEY").user("[models.claude-haiku-5-5]\nquiet_body = { a = 1 }\nprices = { input = 9 }")
    facts = world.settings.facts(ModelRef("anthropic", "claude-haiku-5-5"))
    assert facts.quiet_body == {"a": 1}
    assert (facts.prices.input, facts.prices.output) == (9.0, 0.5)


def test_facts_of_a_model_like_another_one(world) -> None:
    world.user(
        "[providers.corp]\nkind = 'anthropic'\nbase_url = 'https://llm.corp'\n"
        "[models.eu-sonnet]\nlike = 'claude-sonnet-5-5'\nprices = { input = 3 }\n"
        "[models.\"corp/mine\"]\nlike = 'eu-sonnet'\n"
    )
    sonnet = world.settings.models["claude-sonnet-5-5"]
    mine = world.settings.facts(ModelRef("corp", "mine"))
    assert mine.cache == sonnet.cache
    assert mine.prices.input == 3
    assert mine.prices.cache_read is None, "prices given are the model's own, whole"


def test_facts_of_a_pinned_version(world) -> None:
    settings = world.settings
    for name in ("claude-haiku-4-5-20251001", "gpt-5.4-2026-03-05"):
        assert settings.facts(ModelRef("any", name)).prices.input > 0
    assert settings.facts(ModelRef("any", "claude-haiku-4-5-mine")).prices.input == 0


def test_a_users_chain_may_name_any_known_provider_under_any_profile(world) -> None:
    world.user("profile = 'embedded'\n[tiers.frontier]\nchain = ['anthropic/claude-opus-5-5']\n")
    (model,) = world.settings.chain(Tier.FRONTIER)
    assert model.provider.base_url == "https://api.anthropic.com"
    assert model.facts.prices.output == 20
    (sentence,) = world.said()
    assert sentence.startswith('profile "embedded": ANTHROPIC_API_KEY is not set in the environment; set it, or ')


def test_a_chain_may_name_a_provider_of_a_stronger_layer(world) -> None:
    world.user("[tiers.fast]\nchain = ['mine/m']\n")
    world.store.set_editor_settings(
        None, {"providers": {"mine": {"kind": "openai-compatible", "base_url": "http://h"}}}
    )
    assert world.store.reload() == ()
    assert world.settings.chain(Tier.FAST)[0].provider.base_url == "http://h"


def test_per_task_choices(world) -> None:
    world.user("[tasks.complete]\nclass = 'local'\ntier = 'balanced'\ntemperature = 0.3\n")
    choice = world.settings.tasks[Task.COMPLETE]
    assert (choice.task_class, choice.tier, choice.temperature) == (TaskClass.LOCAL, Tier.BALANCED, 0.3)


def test_a_harness_overrides_what_it_writes_and_nothing_else(world) -> None:
    toml = "[routing]\nmax_escalations = 2\nrepair_turns = 2\n[harness_overrides.ci.routing]\nmax_escalations = 0\n"
    world.user(toml + "[harness_overrides.ci.tiers.fast]\ndeadline_ms = 9000\n")
    assert world.settings.routing.max_escalations == 2
    world.user("harness = 'ci'\n" + toml + "[harness_overrides.ci.tiers.fast]\ndeadline_ms = 9000\n")
    world.store.reload()
    assert world.settings.routing.max_escalations == 0
    assert world.settings.routing.repair_turns == 2
    assert world.settings.tiers[Tier.FAST].deadline_ms == 9000
    assert world.settings.tiers[Tier.FAST].context_tokens == 6000


def test_a_broken_file_keeps_its_last_good_settings_and_the_other_layers_go_on(world) -> None:
    world.user("[budget]\nday_usd = 5\n").workspace("[routing]\nmax_escalations = 1\n").trusted()
    world.store.reload()
    world.workspace("[routing]\nmax_escalations = 'none'\n").user("[budget]\nday_usd = 7\n")
    assert world.said() == ['project/.tierwise.toml: routing.max_escalations: must be a whole number, not "none"']
    assert world.settings.routing.max_escalations == 1
    assert world.settings.budget.day_usd == 7
    world.workspace("[routing]\nmax_escalations = 0\n")
    assert world.said() == []
    assert world.settings.routing.max_escalations == 0


def test_two_broken_layers_give_one_problem_each(world) -> None:
    world.user("[budget]\nday_usd = -1\nsession_usd = -1\n").workspace(
        "[routing]\nmax_escalations = 9\nx = 1\n"
    ).trusted()
    world.store.set_editor_settings(None, {"harness": "prod"})
    said = world.said()
    assert sorted(sentence.split(": ")[0] for sentence in said) == [
        "config/tierwise/config.toml",
        "editor settings",
        "project/.tierwise.toml",
    ]


def test_a_last_good_layer_that_no_longer_fits_is_left_out_without_a_second_message(world) -> None:
    world.user("[providers.mine]\nkind = 'fim'\nbase_url = 'http://h'\ndialect = 'ollama'\n")
    world.workspace("[tiers.fast]\nchain = ['mine/m']\n").trusted()
    assert world.store.reload() == ()
    world.user("").workspace("[tiers.fast]\nchain = 5\n")
    assert world.said() == ["project/.tierwise.toml: tiers.fast.chain: must be a list, not 5"]
    assert world.settings.tiers[Tier.FAST].chain == ("embedded/workspace",)


def test_a_problem_is_said_once_until_it_changes(world) -> None:
    world.user("x = 1")
    assert world.said() == ["config/tierwise/config.toml: x: is not a setting"]
    assert world.said() == []
    assert len(world.store.problems()) == 1
    world.user("y = 1")
    assert world.said() == ["config/tierwise/config.toml: y: is not a setting"]
    world.user("")
    assert world.said() == []
    world.user("y = 1")
    assert world.said() == ["config/tierwise/config.toml: y: is not a setting"]


def test_a_deleted_file_is_forgotten(world) -> None:
    world.user("[budget]\nday_usd = 5\n")
    world.store.reload()
    (world.config / "config.toml").unlink()
    assert world.said() == []
    assert world.settings.budget.day_usd is None


def test_each_folder_has_its_own(world, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    world.workspace("[completion]\nmultiline = false\n").workspace("[completion]\nenabled = false\n", other)
    world.store.set_folders([world.folder, other])
    world.store.set_editor_settings(other, {"privacy": {"max_file_kb": 7}})
    world.store.set_editor_settings(None, {"privacy": {"max_file_kb": 8}})
    mine, others, outside = (world.store.for_folder(folder) for folder in (world.folder, other, None))
    assert (mine.completion.multiline, mine.completion.enabled, mine.privacy.max_file_kb) == (False, True, 8)
    assert (others.completion.multiline, others.completion.enabled, others.privacy.max_file_kb) == (True, False, 7)
    assert (outside.completion.multiline, outside.completion.enabled, outside.privacy.max_file_kb) == (True, True, 8)
    assert world.store.for_folder(tmp_path / "unknown") == outside
    world.store.set_editor_settings(other, None)
    assert world.store.for_folder(other).privacy.max_file_kb == 8
    world.store.set_folders([world.folder])
    assert world.store.for_folder(other) == outside


def test_a_broken_file_of_the_user_is_named_once_for_all_folders(world, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    world.user("x = 1").store.set_folders([world.folder, tmp_path / "other"])
    assert len(world.store.reload()) == 1


def test_null_in_an_editors_section_means_not_set(world) -> None:
    world.user("[budget]\nday_usd = 5\n")
    section = {
        "budget": {"day_usd": None, "session_usd": 1},
        "profile": None,
        "trace": {"server": "off"},
        "trusted": True,
    }
    world.store.set_editor_settings(None, section)
    assert world.store.reload() == ()
    assert (world.settings.budget.day_usd, world.settings.budget.session_usd) == (5, 1)
    assert without_nulls({"a": {"b": None}}) == {"a": {}}


def test_an_editors_wrong_section_keeps_its_last_good_one(world) -> None:
    world.store.set_editor_settings(None, {"budget": {"day_usd": 1}})
    world.store.set_editor_settings(None, {"budget": {"day_usd": "much"}})
    assert world.said() == ['editor settings: budget.day_usd: must be a number, not "much"']
    assert world.settings.budget.day_usd == 1


def test_the_user_file_can_be_named(tmp_path: Path) -> None:
    named = tmp_path / "elsewhere.toml"
    environ = {"XDG_CONFIG_HOME": str(tmp_path)}
    assert user_config(environ) == tmp_path / "tierwise/config.toml"
    assert user_config({**environ, "TIERWISE_CONFIG": str(named)}) == named
    assert user_config({**environ, "TIERWISE_CONFIG": " "}) == tmp_path / "tierwise/config.toml"
    assert user_config({"XDG_CONFIG_HOME": "relative"}).is_absolute()


def test_watched_files(world) -> None:
    world.profile("mine", "description = 'x'")
    names = {str(file.relative_to(world.folder.parent)) for file in world.store.watched_files()}
    assert names == {
        "config/tierwise/config.toml",
        "config/tierwise/profiles/mine.toml",
        "state/tierwise/trusted.json",
        "project/.tierwise.toml",
    }


def test_servers_found_later_change_what_auto_means(world) -> None:
    assert world.store.active_profile(None) == "embedded"
    server = LocalServer(LocalServerKind.OLLAMA, "http://127.0.0.1:11434", ("qwen2.5-coder:7b",))
    world.store.set_local_servers((server,))
    assert world.store.active_profile(None) == "local"
    assert world.settings.tiers[Tier.FAST].chain == ("ollama-fim/qwen2.5-coder:7b",)
    world.store.set_local_servers(())
    assert world.store.active_profile(None) == "embedded"
    assert world.store.reload() == ()
