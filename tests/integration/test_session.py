"""A session believes its workers, not its wishes: runners, devices, placement."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness.campaign import Named
from harness.errors import DeviceUnavailable, NothingSelected, ReleaseUnavailable
from harness.execution.plan import Interpreter
from harness.observation import Unavailable
from harness.releases.ranges import Range
from harness.scenario import Selection
from harness.session import Measurement, Session, runners_of
from tests.report.samples import case
from tests.unit.measured import selection

FAKE = Interpreter(python=Path(__file__).with_name("fake_python.py"), tensorflow="2.10.0", keras=None)


class Silent:
    """Told everything, says nothing."""

    def message(self, text: str) -> None:
        pass

    def advance(self, label: str) -> None:
        pass


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PYTHONUSERBASE", str(tmp_path))
    return tmp_path


def measure(*wanted: str, device: str = "cpu", chosen: Selection | None = None, **layer: str) -> Measurement:
    selected = chosen or selection([case(layer=dict(layer))])
    with Session(FAKE, wanted, device=device, threads=1, timeout=20) as session:
        return session.measure([selected], Named(name="2.10.0", listener=Silent()))


def only(*runners: str) -> Selection:
    chosen = selection([case()])
    return replace(chosen, scenario=replace(chosen.scenario, runners=runners))


@pytest.mark.parametrize(
    ("allowed", "wanted", "chosen"),
    [
        (None, (), ("tf1", "keras")),
        (None, ("tf_keras", "tf1"), ("tf1", "tf_keras")),
        (("keras", "tf_keras"), (), ("keras",)),
        (("keras:graph", "tf1"), (), ("tf1",)),
        (("keras:graph", "keras_v1"), (), ("keras:graph", "keras_v1")),
        (("tf_keras",), (), ("tf_keras",)),
        (("keras", "tf_keras"), ("tf_keras",), ("tf_keras",)),
        (("keras",), ("tf1",), ()),
    ],
)
def test_runners(allowed: tuple[str, ...] | None, wanted: tuple[str, ...], chosen: tuple[str, ...]) -> None:
    limited = only(*allowed) if allowed else selection([case()])
    assert runners_of(limited, wanted) == chosen


def test_a_runner_that_is_not_there_has_its_reason_and_the_release() -> None:
    measured = measure()
    assert measured.outcomes["flags/seed-article", "keras"] == Unavailable(reason="no Keras here")
    assert measured.releases == {"tf1": "2.99.0", "keras": "2.99.0"}


def test_nothing_to_run_is_said() -> None:
    with pytest.raises(NothingSelected, match="no selected case runs on tf1; the selected scenarios allow keras"):
        measure("tf1", chosen=only("keras"))


def test_a_worker_that_cannot_start_shows_the_end_of_its_stderr(home: Path) -> None:
    (home / "start-fails").touch()
    with pytest.raises(ReleaseUnavailable, match=r"could not start \(exit code 1\); it said:\n    cannot import"):
        measure("tf1")


def test_a_gpu_that_tensorflow_does_not_see_ends_the_run() -> None:
    with pytest.raises(DeviceUnavailable, match=r"--device gpu: TensorFlow 2\.99\.0 sees CPU:0"):
        measure("tf1", device="gpu")


def test_a_result_from_another_device_is_never_taken(home: Path) -> None:
    (home / "has-gpu").touch()
    with pytest.raises(DeviceUnavailable, match="tf1 ran flags/seed-article on CPU:0"):
        measure("tf1", device="gpu:1", wish="CPU:0")


def test_a_result_from_the_device_is_taken(home: Path) -> None:
    (home / "has-gpu").touch()
    assert measure("tf1", device="gpu:1", wish="GPU:0").outcomes


def meant_for(releases: str) -> Selection:
    chosen = selection([case()])
    return replace(chosen, scenario=replace(chosen.scenario, releases=Range.parse(releases)))


@pytest.mark.parametrize(("releases", "jobs"), [("2.8..2.12", 2), (">=2.11", 0), ("all", 2)])
def test_a_scenario_is_run_on_the_releases_it_is_for(releases: str, jobs: int) -> None:
    with Session(FAKE, (), device="cpu", threads=1, timeout=20) as session:
        assert len(session.jobs(meant_for(releases))) == jobs


def test_no_scenario_for_this_release_is_said() -> None:
    said = "TensorFlow 2.10.0: no selected scenario is for this release: their releases are >=2.16"
    with pytest.raises(NothingSelected, match=said):
        measure(chosen=meant_for(">=2.16"))
