"""What the verbs that run TensorFlow have in common: which targets, which cases, and how to tell how far it is."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from difflib import get_close_matches

from harness.campaign import Campaign, Measured, Settings, workers_at_once
from harness.errors import InvalidOption, Problem
from harness.execution.host import Host
from harness.execution.plan import RUNNERS
from harness.report.progress import Progress
from harness.scenario import Selection, choose
from harness.session import Measurement, Session, runners_of
from harness.targets import Target, installed, shown_before, targets


def asked_targets(options: argparse.Namespace) -> tuple[Target, ...]:
    """What ``--tf``, ``--keras`` and ``--python`` name, else the installed TensorFlow."""
    check_runners(options.runners)
    return targets(options.tensorflow, options.keras, options.pythons)


def measurements(
    options: argparse.Namespace,
    asked: Sequence[Target],
    host: Host | None,
    *,
    each_release_once: bool = False,
    on_selection: Callable[[Sequence[Selection]], None] = lambda _: None,
    meanwhile: Callable[[Session, Sequence[Selection]], Iterator[object]] = lambda _, __: iter(()),
) -> Iterator[Measured]:
    """Run the selected cases on every target; told to stderr while it goes on.

    Args:
        options: what :func:`~harness.verbs.options.add_measuring` parsed.
        asked: the targets.
        host: where the installed TensorFlow is being imported already, see :mod:`harness.verbs.ahead`.
        each_release_once: what an earlier target shows is not measured again.
        on_selection: called once it is known what will run.
        meanwhile: work for as long as the installed TensorFlow is imported, done piece by piece.
    """
    progress = Progress(sys.stderr, enabled=not options.quiet)
    settings = Settings(
        runners=tuple(options.runners), device=options.device, threads=options.threads, timeout=options.timeout
    )
    try:
        if not (options.tensorflow or options.keras or options.pythons):
            measurement = _on_installed(options, settings, progress, host, on_selection, meanwhile)
            yield Measured(target=asked[0], measurement=measurement)
            return
        selected = _selected(options)
        on_selection(selected)
        without = shown_before(asked) if each_release_once else {}
        nothing: frozenset[str] = frozenset()
        progress.total = sum(_jobs(selected, settings, without.get(target.name, nothing)) for target in asked)
        yield from Campaign(settings, progress).run(asked, selected, without)
    finally:
        progress.finish()


def _on_installed(
    options: argparse.Namespace,
    settings: Settings,
    progress: Progress,
    host: Host | None,
    on_selection: Callable[[Sequence[Selection]], None],
    meanwhile: Callable[[Session, Sequence[Selection]], Iterator[object]],
) -> Measurement:
    interpreter = installed().provide(progress.message)
    session = Session(
        interpreter,
        settings.runners,
        device=settings.device,
        threads=settings.threads,
        timeout=settings.timeout,
        host=host,
        workers=workers_at_once(),
    )
    with session:
        selected = _selected(options)
        on_selection(selected)
        progress.total = _jobs(selected, settings)
        return session.measure(selected, progress, meanwhile(session, selected))


def _selected(options: argparse.Namespace) -> tuple[Selection, ...]:
    return choose(options.scenario_root, options.scenarios, options.keyword, options.tags)


def _jobs(selected: Sequence[Selection], settings: Settings, without: frozenset[str] = frozenset()) -> int:
    return sum(
        len(set(runners_of(selection, settings.runners)) - without) * len(selection.cases) for selection in selected
    )


def check_runners(names: Sequence[str], place: str = "--runner") -> None:
    """Refuse runners that do not exist; ``place`` is the option that named them."""
    for name in names:
        if name not in RUNNERS:
            near = get_close_matches(name, RUNNERS, n=1)
            raise InvalidOption(
                Problem(
                    place=place,
                    message=f"must be one of {', '.join(RUNNERS)}, got {name!r}",
                    hint=f"did you mean {near[0]}?" if near else None,
                )
            )
