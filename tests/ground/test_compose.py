"""There is no engine to run the compose file in a test; what it must say can be read."""

from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
SERVING = ("web", "worker", "worker-long", "beat")


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    return found


@pytest.mark.parametrize("name", SERVING)
def test_what_serves_is_the_app_role_and_never_the_owner(
    services: dict[str, Any], name: str
) -> None:
    environment = services[name]["environment"]

    assert "encours_app:" in environment["DATABASE_URL"]
    assert environment["OWNER_DATABASE_URL"] == ""


def test_only_migrate_knows_the_owner(services: dict[str, Any]) -> None:
    knowing = [
        name
        for name, service in services.items()
        if "encours_owner:" in str(service.get("environment", {}))
    ]

    assert knowing == ["migrate"]


def test_everything_waits_for_the_migrations(services: dict[str, Any]) -> None:
    for name in SERVING:
        condition = services[name]["depends_on"]["migrate"]["condition"]
        assert condition == "service_completed_successfully"


def test_redis_never_throws_work_away(services: dict[str, Any]) -> None:
    assert "noeviction" in services["redis"]["command"]
    assert "yes" in services["redis"]["command"]


def test_the_roles_are_held_by_row_security() -> None:
    script = (ROOT / "docker" / "postgres-roles.sh").read_text()

    for role in ("encours_owner", "encours_app"):
        line = next(line for line in script.splitlines() if f"CREATE ROLE {role} " in line)
        assert "NOSUPERUSER" in line
        assert "NOBYPASSRLS" in line
