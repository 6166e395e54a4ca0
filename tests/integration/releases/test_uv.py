from __future__ import annotations

import pytest

from harness.errors import ReleaseUnavailable
from harness.releases.uv import tail, uv_command, uv_environment
from tests.integration.releases.conftest import World, put


def test_the_uv_beside_this_python_is_taken_before_the_one_on_path(world: World) -> None:
    put("uv", world.root / "path/uv")
    assert uv_command() == [str(world.root / "tools/uv")]
    (world.root / "tools/uv").unlink()
    assert uv_command() == [str(world.root / "path/uv")]


def test_without_uv_it_is_said_how_to_get_it(world: World) -> None:
    (world.root / "tools/uv").unlink()
    with pytest.raises(ReleaseUnavailable, match=r"hint: pip install 'batchnorm-harness\[envs\]'"):
        uv_command()


def test_pip_settings_hold_for_uv_unless_it_has_its_own() -> None:
    pip = {"PIP_INDEX_URL": "file:///a", "PIP_EXTRA_INDEX_URL": "file:///b"}
    assert uv_environment(pip).items() >= {"UV_DEFAULT_INDEX": "file:///a", "UV_INDEX": "file:///b"}.items()
    own = uv_environment({**pip, "UV_INDEX_URL": "file:///c"})
    assert "UV_DEFAULT_INDEX" not in own
    assert own["UV_INDEX_URL"] == "file:///c"


def test_the_rest_of_the_users_settings_reach_uv_untouched() -> None:
    user = {"UV_OFFLINE": "1", "SSL_CERT_FILE": "/certificates", "UV_CACHE_DIR": "/cache"}
    assert uv_environment(user).items() >= user.items()


def test_the_tail_is_the_last_lines_that_say_something() -> None:
    assert tail("\n".join(map(str, range(40))) + "\n\n  \n").split("\n") == [str(line) for line in range(28, 40)]
    assert tail("\n") == "it said nothing"
