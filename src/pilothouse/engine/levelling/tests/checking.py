# SPDX-License-Identifier: Apache-2.0
"""Says what is wrong with a schedule, in plain Python and from the instance alone."""


def broken(instance, starts) -> list[str]:
    """Every rule of a levelled schedule that the starts break."""
    starts = [int(start) for start in starts]
    spans = [int(span) for span in instance.durations]
    found = [
        f"task {t} starts before its release"
        for t, s in enumerate(starts)
        if s < instance.release[t]
    ]
    for task, (start, span) in enumerate(zip(starts, spans)):
        if instance.due[task] >= 0 and start + span > instance.due[task]:
            found.append(f"task {task} finishes after its due date")
        if instance.fixed[task] >= 0 and start != instance.fixed[task]:
            found.append(f"task {task} left its fixed start")
    for first, second, lag in instance.links.tolist():
        if starts[second] < starts[first] + lag:
            found.append(f"lag {lag} from {first} to {second} is broken")
    for resource, steps in enumerate(instance.capacity):
        found += over_capacity(instance, resource, steps.tolist(), starts, spans)
    return found


def over_capacity(instance, resource, steps, starts, spans) -> list[str]:
    """Periods in which more is used than there is; fixed tasks alone may use too much."""
    used: dict[int, int] = {}
    moved: dict[int, bool] = {}
    for task, (start, span) in enumerate(zip(starts, spans)):
        units = int(instance.demand[task, resource])
        if units:
            for period in range(start, start + span):
                used[period] = used.get(period, 0) + units
                moved[period] = moved.get(period, False) or instance.fixed[task] < 0
    found = []
    for period, units in sorted(used.items()):
        there_is = [capacity for begin, capacity in steps if begin <= period][-1]
        if units > there_is and moved[period]:
            found.append(f"resource {resource} in period {period}: {units} of {there_is}")
    return found


def makespan(instance, starts) -> int:
    return max((int(s) + int(d) for s, d in zip(starts, instance.durations)), default=0)
