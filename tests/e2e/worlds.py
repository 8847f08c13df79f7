"""Settings that point a server at a simulator, one provider per wire, and what a model on it must reply."""

from __future__ import annotations

from dataclasses import dataclass

from tierwise.cli.editor import Editor

KEY = "sk-e2e-0123456789abcdef"
ENVIRON = {"FAR_KEY": KEY}

PATIENT = "first_token_ms = 60000\ndeadline_ms = 80000\n"
"""Time limits that no slow machine meets."""


@dataclass(frozen=True)
class World:
    """One way to reach models: the provider's settings, a model, a stronger one, and whether they chat or fill in."""

    provider: str
    path: str
    model: str
    stronger: str
    chats: bool

    def fill(self, code: str) -> str:
        """A reply that completes ``code``."""
        return f"<fill>{code}</fill>" if self.chats else code


WORLDS: dict[str, World] = {
    "messages": World('kind = "anthropic"', "", "claude-sonnet-5-5", "claude-opus-5-5", True),
    "responses": World('kind = "openai"', "/v1", "gpt-6.1-terra", "gpt-6.1-sol", True),
    "chat": World(
        'kind = "openai-compatible"', "/groq/openai/v1", "llama-3.3-70b-versatile", "openai/gpt-oss-120b", True
    ),
    "infill": World('kind = "fim"\ndialect = "llama.cpp"', "/llama.cpp", "qwen2.5-coder", "qwen2.5-coder", False),
    "ollama": World('kind = "fim"\ndialect = "ollama"', "", "qwen2.5-coder:7b", "qwen2.5-coder:7b", False),
    "mistral": World('kind = "fim"\ndialect = "mistral"', "/mistral", "codestral-2508", "codestral-2508", False),
    "deepseek": World(
        'kind = "fim"\ndialect = "deepseek"', "/deepseek/beta", "deepseek-flash", "deepseek-flash", False
    ),
    "completions": World(
        'kind = "fim"\ndialect = "completions"\ntemplate = "qwen2.5-coder"',
        "/vllm",
        "qwen2.5-coder-7b",
        "qwen2.5-coder-7b",
        False,
    ),
}


def config(base_url: str, wire: str, limits: str = PATIENT) -> str:
    """The user's settings: every provider, and all tiers on one wire."""
    parts = ['profile = "embedded"\n[routing]\nhedge = false\nbreaker_failures = 1000\n']
    for name, world in WORLDS.items():
        key = 'api_key_env = "FAR_KEY"'
        parts.append(f'[providers.{name}]\n{world.provider}\nbase_url = "{base_url}{world.path}"\n{key}\n')
    for tier, chain in chains(wire).items():
        parts.append(f'[tiers.{tier}]\nchain = ["{chain}"]\n{limits}')
    return "".join(parts)


def chains(wire: str) -> dict[str, str]:
    """The one model of each tier."""
    world = WORLDS[wire]
    return {
        "fast": f"{wire}/{world.model}",
        **({"balanced": f"{wire}/{world.model}", "frontier": f"{wire}/{world.stronger}"} if world.chats else {}),
    }


async def use(editor: Editor, wire: str) -> None:
    """Change to another wire by the editor's own settings, and wait until the server has them."""
    tiers = {tier: {"chain": [chain]} for tier, chain in chains(wire).items()}
    editor.settings["tierwise"] = {"tiers": tiers}
    editor.notify("workspace/didChangeConfiguration", {"settings": None})
    for _ in range(100):
        status = await editor.request("workspace/executeCommand", {"command": "tierwise.status"})
        if status["tiers"]["fast"]["chain"] == [chains(wire)["fast"]]:
            return
    raise AssertionError(f"the wire never became {wire}")
