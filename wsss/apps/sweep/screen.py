"""The screen of a sweep: its plan, and what failed at its end."""

from rich.box import SIMPLE
from rich.table import Table

from wsss.apps.sweep.graph import Graph
from wsss.draw.numbers import duration
from wsss.engine.progress import console
from wsss.errors import one_of


def show_graph(graph: Graph) -> None:
    """Print how many artifacts of each stage a sweep needs, how many there are, and how long the others may take."""
    table = Table(title=f"plan of {len(graph.runs)} runs", title_justify="left", box=SIMPLE)
    for name, justify in (("stage", "left"), ("needed", "right"), ("cached", "right"), ("time", "right")):
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    for stage in dict.fromkeys(stage for stage, _ in graph.nodes):
        nodes = [node for key, node in graph.nodes.items() if key[0] == stage]
        todo = [node.seconds for node in nodes if node.standing != "done"]
        known = [seconds for seconds in todo if seconds is not None]
        time = duration(sum(known)) if todo and len(known) == len(todo) else ""
        table.add_row(stage, str(len(nodes)), str(len(nodes) - len(todo)), time)
    console.print(table)
    alone = sum(len(run.steps) for run in graph.runs.values())
    console.print(f"{len(graph.nodes)} artifacts in place of {alone}: what several runs need is made once")


def lost_runs(graph: Graph) -> list[str]:
    """Return what failed, a sentence each, and at last which runs are not finished for that; nothing where all are."""
    failed = graph.failed()
    if not failed:
        return []
    lost = [str(number) for number in graph.runs if any(node.standing != "done" for node in graph.of_run(number))]
    said = [f"{node.title}: {node.problem}" for node in failed]
    return [*said, f"{len(lost)} of {len(graph.runs)} runs are not finished: {one_of(lost)}"]
