"""A small golden that the oracle made, so that every change in it has a reason; and the pages made from it."""

from __future__ import annotations

import re
import zlib
from base64 import b64decode
from collections.abc import Mapping
from pathlib import Path

from harness import golden
from harness.case import Case
from harness.golden import Behaviour, GoldenCase, GoldenFile
from harness.history import gather
from harness.report.html.material import Material, material
from harness.report.html.site import RunPage, Site, site
from harness.scenario import choose
from harness.semantics.oracle import predict
from tests.unit.recorded import PUBLISHED
from tests.unit.semantics.samples import keras, tf1

SCENARIOS = {
    "flags/small": """\
title: <script>alert("title")</script> & more
why: A small sweep.
tags: [frozen]
source: https://example.org/?a=1&b=<2>
input: {values: [[[[0.5, 1], [2, 5]]]]}
layer: {momentum: 0.5, epsilon: 0.001}
sweep: {training: [true, false]}
claims:
  - says: One step moves the mean <b>by half</b>.
    source: A page that nobody can click
    runner: tf1
    where: {training: true}
    expect: {moving_mean: [0.625, 1.5]}
""",
    "statistics/steps": """\
title: Three steps
why: To be drawn as a line.
input: {values: [[[[1, 2, 3]], [[4, 6, 9]]]]}
layer: {momentum: 0.9, epsilon: 0.001}
training: true
steps: 3
""",
}
SPANS = {"tf1": ("1.3.0", "1.4.0", "1.5.1"), "keras": ("2.15.1", "2.16.2+keras-3.15.1", "2.21.0+keras-3.15.1")}


def write(root: Path) -> None:
    """The scenarios and their golden files, below ``root``."""
    for name, text in SCENARIOS.items():
        path = root / "scenarios" / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for selection in choose(root / "scenarios"):
        cases = {case.key: _recorded(case) for case in selection.cases}
        golden.write(root / "golden", GoldenFile(scenario=selection.scenario.name, cases=cases))


def _recorded(case: Case) -> GoldenCase:
    """tf1 turned to the fused kernel with 1.4.0, Keras from the sample to the population variance with 2.16."""
    answers: Mapping[str, list[tuple[dict[str, str], tuple[str, ...]]]] = {
        "tf1": [(tf1(fused_kernel="when-asked"), SPANS["tf1"][:1]), (tf1(), SPANS["tf1"][1:])],
        "keras": [
            (keras(fused_kernel="automatic", variance_estimator="sample"), SPANS["keras"][:1]),
            (keras(), SPANS["keras"][1:]),
        ],
    }
    runners = {
        runner: tuple(
            Behaviour(releases=releases, observation=predict(case, given).as_observation()) for given, releases in found
        )
        for runner, found in answers.items()
    }
    return GoldenCase(sha256=case.sha256, runners=runners)


def read(root: Path) -> Material:
    """What the site of :func:`write` is made from."""
    selections = choose(root / "scenarios")
    archive = gather(selections, lambda name: golden.read(root / "golden", name))
    yaml = {name: (root / "scenarios" / f"{name}.yaml").read_text(encoding="utf-8") for name in SCENARIOS}
    return material(archive, selections, yaml, PUBLISHED, (), _silent)


def _silent(_: str) -> None:
    """Nobody wants to know how far it is."""


def pages(whole: Material, run: RunPage | None = None) -> dict[str, str]:
    """Every page of the site, unpacked."""
    return texts(site(whole, run))


def texts(made: Site) -> dict[str, str]:
    """The pages of a site, unpacked."""
    return {name: unpacked(data.decode()) for name, data in made.files.items() if name.endswith(".html")}


def unpacked(page: str) -> str:
    """A page as a browser shows it: with what is compressed in its place."""

    def inflated(found: re.Match[str]) -> str:
        return zlib.decompress(b64decode(found[1]), -zlib.MAX_WBITS).decode()

    return re.sub(r"<script type=text/plain id=packed>(.*?)</script>", inflated, page)


def plain(page: str) -> str:
    """The words of a page."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page))
