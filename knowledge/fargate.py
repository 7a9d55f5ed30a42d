"""Sizes of a task on Fargate: which memory goes with which CPU.

ECS Developer Guide, "Task CPU and memory" (also in the API's RegisterTaskDefinition, `cpu` and `memory`).
"""

from __future__ import annotations

MEMORY: dict[int, tuple[int, ...]] = {
    256: (512, 1024, 2048),
    512: tuple(range(1024, 4096 + 1, 1024)),
    1024: tuple(range(2048, 8192 + 1, 1024)),
    2048: tuple(range(4096, 16384 + 1, 1024)),
    4096: tuple(range(8192, 30720 + 1, 1024)),
}
"""CPU units -> MiB that go with them. Fargate has sizes above 4 vCPU; an exporter has no use for them."""


def size_problem(cpu: int, memory: int) -> str | None:
    """What is wrong with a task's size; None when nothing is."""
    if cpu not in MEMORY:
        return f"cpu is {cpu}; Fargate takes {', '.join(map(str, MEMORY))} here"
    fitting = MEMORY[cpu]
    if memory not in fitting:
        if len(fitting) > 3:
            said = f"{fitting[0]} to {fitting[-1]} in steps of 1024"
        else:
            said = f"{', '.join(map(str, fitting[:-1]))} or {fitting[-1]}"
        return f"memory is {memory} MiB; with cpu {cpu} Fargate takes {said}"
    return None
