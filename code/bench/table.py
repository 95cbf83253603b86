"""The results as plain text."""

from .task import SIZES

HEAD = f"{'':24}{'seconds':>9}{'quartiles':>17}{'ratio':>8}{'products':>10}{'cores':>7}"


def race_table(race):
    """A row per contestant, the fastest first."""
    threads = "one thread" if race["threads"] == 1 else f"{race['threads']} threads"
    rows = [f"batch {race['batch']}, {threads}", HEAD]
    for name in sorted(race["median"], key=race["ratio"].get):
        low, high = race["quartiles"][name]
        rows.append(
            f"{name:24}{race['median'][name]:9.3f}{f'{low:.3f} to {high:.3f}':>17}"
            f"{race['ratio'][name]:8.2f}{race['products'][name]:10.0%}{race['cores'][name]:7.2f}"
        )
    return "\n".join(rows)


def growth_table(points):
    """A row per point: time per sample, and what that is in billions of operations a second."""
    rows = [f"{'':16}{'parameters':>12}{'µs a sample':>13}{'GFLOP/s':>9}"]
    for point in points:
        speed = point["flops"] / point["median"] / 1e3
        rows.append(
            f"{point['varied']:6}{point['value']:10,}{point['parameters']:12,}"
            f"{point['median']:13.2f}{speed:9.1f}"
        )
    return "\n".join(rows)


def shares_table(profile):
    """A row per purpose, the largest first."""
    names = sorted(profile["shares"], key=profile["shares"].get, reverse=True)
    rows = [
        f"{name:24}{profile['seconds'][name]:9.3f}{profile['shares'][name]:8.1%}" for name in names
    ]
    return "\n".join([f"{'':24}{'seconds':>9}{'share':>8}", *rows])


def memory_table(memories):
    """A row per share held out for validation."""
    return "\n".join(
        f"validation {memory['validation']:4.0%}: {memory['taken'] / 1e6:.0f} MB, "
        f"{memory['ratio']:.2f} × the training set"
        for memory in memories
    )


def verdict_table(verdicts):
    """A row per check, network and planted error."""
    return "\n".join(
        f"{row['checker']:30}{row['parameters']:9,}{row['error'] or 'none':>8}  "
        f"{row['verdict']:12}{row['seconds']:8.3f}  {row['answer']}".rstrip()
        for row in verdicts
    )


def cost_table(costs):
    """A row per number of parameters."""
    rows = [f"{'parameters':>12}{'central':>12}{'complex':>12}{'projection':>12}"]
    for size, *seconds in costs:
        cells = ("–" if taken is None else f"{taken:.4f}" for taken in seconds)
        rows.append(f"{size:12,}" + "".join(f"{cell:>12}" for cell in cells))
    return "\n".join(rows)


def report(results):
    """All tables, and above them the machine and the task."""
    machine, task = results["machine"], results["task"]
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    return "\n".join(
        [
            f"{machine['date']}: {machine['processor']}, {machine['cores']} cores, "
            f"{machine['system']}, Python {machine['python']}, load {results['load']:.2f}",
            f"{versions}; NumPy multiplies with {machine['blas']}",
            "",
            f"One epoch of Fashion-MNIST: {task['samples']:,} pictures, "
            f"{'-'.join(map(str, SIZES))}, ReLU, float32, SGD with momentum: "
            f"{task['flops'] / 1e9:.1f} GFLOP in matrix products.",
            "Medians; ratio: to PyTorch with the fused optimizer, in the same round; products: the "
            "matrix products'\nshare of the epoch; cores: processor time / time.",
            *(f"\n{race_table(race)}" for race in results["races"]),
            "\nHow the cost of this library grows, one thread",
            growth_table(results["growth"]),
            "\nWhere the time of an epoch of this library goes, one thread",
            shares_table(results["profile"]),
            "\nThe most memory that training takes",
            memory_table(results["memory"]),
            "\nWho finds one wrong weight, and what a check costs in seconds",
            verdict_table(results["checkers"]["verdicts"]),
            "",
            cost_table(results["checkers"]["costs"]),
        ]
    )
