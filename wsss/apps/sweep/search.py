"""A search by Optuna: a trial is asked for as soon as there is room for one, and told when its runs have ended."""

from dataclasses import dataclass, field
from importlib import import_module
from math import sqrt
from statistics import fmean, variance
from typing import Any, Final, Literal

from wsss.apps.sweep.combinations import Words
from wsss.apps.sweep.graph import Graph
from wsss.apps.sweep.options import SweepOptions
from wsss.apps.sweep.planned import PlannedRun, Planner
from wsss.apps.sweep.source import Source
from wsss.apps.sweep.space import Space
from wsss.apps.sweep.sweep_folder import SweepFolder
from wsss.draw.numbers import score_text, unit_of
from wsss.engine.progress import console
from wsss.errors import WsssError
from wsss.run.objective import is_oracle
from wsss.run.scores import scores_among, value_of

JOURNAL: Final = "journal.log"
SEED: Final = "random_seed"
State = Literal["RUNNING", "COMPLETE", "PRUNED", "FAIL", "WAITING"]
"""Optuna's states of a trial."""
VALUES: Final = "values"
"""Noted of a trial: the objective of each of its runs."""
RUNS: Final = "runs"
"""Noted of a trial: the numbers of its runs."""
APART: Final = 3.0
"""Deviations of one random seed by which the first run of a trial may lie behind the best trial's mean."""
ENOUGH: Final = 2
"""Trials of several seeds that it takes to know that deviation."""


@dataclass(kw_only=True)
class Tried:
    """A trial at work."""

    trial: Any
    """Optuna's."""
    words: Words
    waiting: int = 0
    """Runs that have not ended."""
    values: list[float] = field(default_factory=list)
    runs: list[int] = field(default_factory=list)


def states(*names: State) -> tuple[Any, ...]:
    """Return Optuna's states of trials by their names."""
    enum = import_module("optuna.trial").TrialState
    return tuple(enum[name] for name in names)


def study_in(folder: SweepFolder, *, maximise: bool) -> Any:
    """Return the study whose journal lies in a sweep's folder, a new one where there is none."""
    optuna = import_module("optuna")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    journal = import_module("optuna.storages.journal")
    storage = optuna.storages.JournalStorage(journal.JournalFileBackend(str(folder.path / JOURNAL)))
    study = optuna.create_study(
        storage=storage,
        study_name=folder.path.name,
        direction="maximize" if maximise else "minimize",
        load_if_exists=True,
    )
    # A search that goes on must not draw again what it drew at its beginning.
    study.sampler = optuna.samplers.TPESampler(seed=len(study.get_trials(deepcopy=False)))
    return study


class Search(Source):
    """Runs that Optuna chooses, at most `width` trials at a time.

    A trial's value is the mean over `seeds` random seeds. Where its first run lies far behind the best trial, the
    others are not made, and it counts as pruned.
    """

    def __init__(
        self,
        study: Any,
        planner: Planner,
        *,
        objective: str,
        space: Space,
        words: Words,
        options: SweepOptions,
        width: int,
    ) -> None:
        self.study = study
        self._objective, self._mark = objective, " (oracle)" if is_oracle(objective) else ""
        self._space, self._planner, self._words, self._width = space, planner, words, width
        self._folder = SweepFolder(path=planner.sweep)
        self._trials, self._seeds = options.trials, options.seeds
        self._runs: dict[int, Words] = self._folder.runs()
        self._open: dict[int, Tried] = {}
        self._added: list[PlannedRun] = []
        self._lost = 0
        self._take_up()

    def more(self, graph: Graph) -> list[PlannedRun]:
        """See `Source`."""
        del graph
        while not self._added and len({id(each) for each in self._open.values()}) < self._width and self._wants_more():
            self._begin()
        added, self._added = self._added, []
        return added

    def told(self, run: PlannedRun, problem: str | None) -> None:
        """See `Source`."""
        tried = self._open.pop(run.number)
        tried.waiting -= 1
        try:
            if problem is None:
                value = value_of(self._objective, scores_among(step.artifact for step in run.steps))
                assert value is not None, "a search has an objective"
                tried.values.append(value)
        except WsssError as error:
            problem = str(error)
        self._note(tried)
        if problem is not None or len(tried.values) + tried.waiting < len(tried.runs):
            if not tried.waiting:
                self._lose(tried, problem or "another of its runs failed")
        elif len(tried.runs) < self._seeds:
            self._go_on(tried)
        elif not tried.waiting:
            self._tell(tried, "COMPLETE")

    def is_over(self) -> bool:
        """See `Source`."""
        return not self._open and not self._wants_more()

    def said(self) -> list[str]:
        """Return the best trial in words."""
        if not self.study.get_trials(deepcopy=False, states=states("COMPLETE")):
            return ["no trial was finished"]
        best = self.study.best_trial
        chosen = " ".join(f"{key}={value}" for key, value in best.params.items())
        runs = ", ".join(map(str, best.user_attrs[RUNS]))
        return [f"best: trial {best.number} (runs {runs}), {self._text(best.value)}: {chosen}"]

    def _text(self, value: float) -> str:
        return f"{score_text(self._objective, value)}{unit_of(self._objective)}{self._mark}"

    def _take_up(self) -> None:
        """Ask again for trials that were at work when the search was stopped: what they made is there."""
        for trial in self.study.get_trials(states=states("RUNNING")):
            self.study.tell(trial.number, state=states("FAIL")[0])
            self.study.enqueue_trial(trial.params)

    def _wants_more(self) -> bool:
        ended = self.study.get_trials(deepcopy=False, states=states("COMPLETE", "PRUNED"))
        at_work = len({id(each) for each in self._open.values()})
        return len(ended) + at_work + self._lost < self._trials

    def _begin(self) -> None:
        trial = self.study.ask()
        tried = Tried(trial=trial, words=self._space.suggested(trial))
        try:
            self._add(tried, first=0, count=1)
        except WsssError as error:
            self._lose(tried, str(error))

    def _go_on(self, tried: Tried) -> None:
        """After the first seed, add the others, or prune the trial."""
        if self._is_behind(tried.values[0]):
            self._tell(tried, "PRUNED")
            return
        self._add(tried, first=1, count=self._seeds - 1)

    def _is_behind(self, value: float) -> bool:
        complete = self.study.get_trials(deepcopy=False, states=states("COMPLETE"))
        spreads = [variance(each.user_attrs[VALUES]) for each in complete if len(each.user_attrs.get(VALUES, ())) > 1]
        if len(spreads) < ENOUGH:
            return False
        best = self.study.best_value
        behind = best - value if self._maximises() else value - best
        return bool(behind > APART * sqrt(fmean(spreads)))

    def _maximises(self) -> bool:
        return bool(self.study.direction.name == "MAXIMIZE")

    def _add(self, tried: Tried, *, first: int, count: int) -> None:
        base = next((int(word.partition("=")[2]) for word in tried.words if word.startswith(f"{SEED}=")), 0)
        rest = tuple(word for word in tried.words if not word.startswith(f"{SEED}="))
        for place in range(first, first + count):
            words = (*rest, f"{SEED}={base + place}") if self._seeds > 1 else tried.words
            number = self._number(words)
            self._added.append(self._planner.one(words, number=number))
            self._runs[number] = words
            self._open[number] = tried
            tried.runs.append(number)
            tried.waiting += 1
        self._folder.write(self._words, self._runs)
        self._note(tried)

    def _number(self, words: Words) -> int:
        """Return the number of a run: that of earlier, or a new one where another trial has the same words."""
        taken = {number for number, own in self._runs.items() if own == words} - self._open.keys()
        return min(taken, default=max(self._runs, default=0) + 1)

    def _note(self, tried: Tried) -> None:
        tried.trial.set_user_attr(VALUES, tried.values)
        tried.trial.set_user_attr(RUNS, tried.runs)

    def _tell(self, tried: Tried, state: State) -> None:
        mean = fmean(tried.values)
        self.study.tell(tried.trial, mean if state == "COMPLETE" else None, state=states(state)[0])
        word = "is pruned" if state == "PRUNED" else "is finished"
        runs = ", ".join(map(str, tried.runs))
        said = f"trial {tried.trial.number} {word} (runs {runs}): {self._text(mean)}"
        console.print(said)

    def _lose(self, tried: Tried, problem: str) -> None:
        self._lost += 1
        self.study.tell(tried.trial, state=states("FAIL")[0])
        console.print(f"trial {tried.trial.number} failed: {problem}")
