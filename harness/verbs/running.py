"""What the verbs that run TensorFlow have in common: which targets, which cases, and how to tell how far it is."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence

from harness.campaign import Campaign, Measured, Settings, workers_at_once
from harness.errors import HarnessError
from harness.execution.host import Host
from harness.execution.plan import check_runners
from harness.report.progress import Progress
from harness.scenario import Selection, choose
from harness.session import Measurement, Session, runners_of
from harness.sharding import Shard, split
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
    on_choice: Callable[[Sequence[Selection]], None] = lambda _: None,
    on_selection: Callable[[Sequence[Selection]], None] = lambda _: None,
    meanwhile: Callable[[Session, Sequence[Selection]], Iterator[object]] = lambda _, __: iter(()),
    raising: bool = True,
) -> Iterator[Measured]:
    """Run the selected cases on every target; told to stderr while it goes on.

    Args:
        options: what :func:`~harness.verbs.options.add_measuring` parsed.
        asked: the targets.
        host: where the installed TensorFlow is being imported already, see :mod:`harness.verbs.ahead`.
        each_release_once: what an earlier target shows is not measured again.
        on_choice: called with all that is selected, that of other shards too.
        on_selection: called once it is known what will run.
        meanwhile: work for as long as the installed TensorFlow is imported, done piece by piece.
        raising: what keeps the installed TensorFlow from being measured is raised; else it is yielded, as that of any
            other target is.
    """
    progress = Progress(sys.stderr, enabled=not options.quiet)
    settings = Settings(
        runners=tuple(options.runners), device=options.device, threads=options.threads, timeout=options.timeout
    )
    try:
        if not (options.tensorflow or options.keras or options.pythons):
            measurement = _on_installed(options, settings, progress, host, on_choice, on_selection, meanwhile, raising)
            yield Measured(target=asked[0], measurement=measurement)
            return
        selected = _selected(options, on_choice)
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
    on_choice: Callable[[Sequence[Selection]], None],
    on_selection: Callable[[Sequence[Selection]], None],
    meanwhile: Callable[[Session, Sequence[Selection]], Iterator[object]],
    raising: bool,
) -> Measurement | HarnessError:
    interpreter = installed().provide(progress.message)
    with settings.session(interpreter, host=host, workers=workers_at_once()) as session:
        selected = _selected(options, on_choice)
        on_selection(selected)
        progress.total = _jobs(selected, settings)
        try:
            return session.measure(selected, progress, meanwhile(session, selected))
        except HarnessError as error:
            if raising:
                raise
            return error


def _selected(options: argparse.Namespace, on_choice: Callable[[Sequence[Selection]], None]) -> tuple[Selection, ...]:
    chosen = choose(options.scenario_root, options.scenarios, options.keyword, options.tags)
    on_choice(chosen)
    shard: Shard | None = getattr(options, "shard", None)
    return chosen if shard is None else split(chosen, shard)


def _jobs(selected: Sequence[Selection], settings: Settings, without: frozenset[str] = frozenset()) -> int:
    return sum(
        len(set(runners_of(selection, settings.runners)) - without) * len(selection.cases) for selection in selected
    )
