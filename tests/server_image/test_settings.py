"""The environment becomes settings, or a sentence that names the variable."""

from __future__ import annotations

from pathlib import Path

import pytest

from server_image import cpus
from server_image.settings import Limits, Settings, SettingsError


def test_the_defaults_are_those_of_a_container() -> None:
    settings = Settings.from_environment({})
    assert (settings.host, settings.port, settings.model_dir) == ("0.0.0.0", 8080, Path("/opt/ml/model"))
    assert settings.workers == cpus.available() >= 1
    assert settings.threads == 1
    assert not settings.playground
    assert settings.limits.body == 25 * 1024 * 1024


def test_every_variable_counts_and_an_empty_one_does_not() -> None:
    settings = Settings.from_environment(
        {
            "MODEL_SERVER_MODEL_DIR": "/m",
            "MODEL_SERVER_HOST": "::1",
            "SAGEMAKER_BIND_TO_PORT": " 9000 ",
            "MODEL_SERVER_WORKERS": "3",
            "MODEL_SERVER_THREADS": "",
            "MODEL_SERVER_TIMEOUT": "5",
            "MODEL_SERVER_PLAYGROUND": "1",
            "MODEL_SERVER_LOG_LEVEL": "DEBUG",
            "MODEL_SERVER_MAX_BODY": "2048",
            "MODEL_SERVER_MAX_WAITING": "4096",
            "MODEL_SERVER_MAX_ROWS": "7",
            "MODEL_SERVER_MAX_TEXT": "8",
        }
    )
    assert (settings.host, settings.port, settings.workers, settings.threads) == ("::1", 9000, 3, 1)
    assert (settings.playground, settings.log_level) == (True, "debug")
    assert settings.limits == Limits(body=2048, waiting=4096, rows=7, text=8, seconds=5)


def test_a_batch_transform_job_may_send_as_much_as_it_was_told() -> None:
    assert Settings.from_environment({"SAGEMAKER_MAX_PAYLOAD_IN_MB": "100"}).limits.body == 100 * 1024 * 1024
    assert Settings.from_environment({"SAGEMAKER_MAX_PAYLOAD_IN_MB": "6"}).limits.body == 25 * 1024 * 1024


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SAGEMAKER_BIND_TO_PORT", "70000"),
        ("SAGEMAKER_BIND_TO_PORT", "http"),
        ("MODEL_SERVER_WORKERS", "0"),
        ("MODEL_SERVER_WORKERS", "-1"),
        ("MODEL_SERVER_WORKERS", "2.5"),
        ("MODEL_SERVER_THREADS", "9" * 5000),
        ("MODEL_SERVER_TIMEOUT", "٣"),
        ("MODEL_SERVER_PLAYGROUND", "yes"),
        ("MODEL_SERVER_LOG_LEVEL", "loud"),
    ],
)
def test_a_value_that_cannot_be_meant_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name} is .*; it must be"):
        Settings.from_environment({name: value})


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, 8),
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "max 100000\n"}, 8),
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "200000 100000\n"}, 2),
        ({"sys/fs/cgroup/cpu.max": "150000 100000\n"}, 2),
        ({"sys/fs/cgroup/cpu.max": "5000 100000\n"}, 1),
        ({"proc/self/cgroup": "0::/a/b\n", "sys/fs/cgroup/a/cpu.max": "300000 100000"}, 3),
        ({"proc/self/cgroup": "0::/../../x\n", "sys/fs/cgroup/cpu.max": "300000 100000"}, 3),
        ({"sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n", "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n"}, 8),
        ({"sys/fs/cgroup/cpu/cpu.cfs_quota_us": "400000\n", "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n"}, 4),
        ({"sys/fs/cgroup/cpu.max": "garbage\n"}, 8),
        ({"sys/fs/cgroup/cpu.max": "1 0\n"}, 8),
    ],
)
def test_cpus_as_the_control_group_allows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str], expected: int
) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _pid: set(range(8)), raising=False)
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    assert cpus.available(tmp_path) == expected
