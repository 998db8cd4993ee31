"""Commands of another container or machine, which know the running platform by its address."""

from pathlib import Path

from data_platform.instance.embedded import EmbeddedPostgres
from tests.deployments.speaking import Platform
from tests.end_to_end.live import Live


def test_a_unit_without_a_code_server_is_refused_where_none_can_be_started(platform: Platform, tmp_path: Path) -> None:
    own = {
        "DATA_PLATFORM_WEBSERVER": platform.live.address,
        "DATA_PLATFORM_POSTGRES_URL": EmbeddedPostgres(platform.live.state).url,
    }
    elsewhere = Live(tmp_path, platform.live.port, platform.live.root, own)
    elsewhere.dp("unit", "new", "harbour")
    try:
        refused = elsewhere.attempt("deploy", "harbour")
        assert refused.returncode == 1
        assert "has no code server for harbour" in refused.stderr
        assert "unit-harbour" in refused.stderr
        assert "Traceback" not in refused.stderr
        forecast = elsewhere.dp("deploy", "fleet", "--forecast")
        assert platform.served() in forecast
    finally:
        elsewhere.dp("unit", "remove", "harbour", "--force")
