"""The VS Code extension's manifest and constants are what the settings' models make of them."""

import json

import extension_settings
import pytest

import tierwise


@pytest.fixture(scope="module")
def package():
    return json.loads((extension_settings.EXTENSION / "package.json").read_text(encoding="utf-8"))


def test_generated_parts_are_up_to_date() -> None:
    assert extension_settings.stale() == [], "run: make docs"


def test_extension_and_server_have_one_version(package) -> None:
    assert package["version"] == tierwise.__version__


def test_every_setting_is_kept_back_from_an_untrusted_workspace(package) -> None:
    settings = [key for section in package["contributes"]["configuration"] for key in section["properties"]]
    trust = package["capabilities"]["untrustedWorkspaces"]
    assert trust["supported"] == "limited"
    assert sorted(trust["restrictedConfigurations"]) == sorted(settings)


def test_settings_of_the_server_belong_to_a_folder(package) -> None:
    for section in package["contributes"]["configuration"]:
        for key, setting in section["properties"].items():
            assert "default" in setting, key
            if key not in extension_settings.OWN:
                assert setting["scope"] == "resource", key
                assert setting["description"], key
