"""How long a person waits for `godwit --help`."""

import resource
import subprocess
import sys

from measure import GODWIT, Figures, alternate, seconds_of

REPETITIONS = 20
LIMIT_MS = 50


def started(*command):
    """Milliseconds on the clock and of the processor."""
    def run():
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        wall = seconds_of(lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL))
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return 1000 * wall, 1000 * (after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)

    return run


figures = Figures("start", "From fork to the end of the process, files in the page cache.")
times = alternate(REPETITIONS, {"godwit --help": started(GODWIT, "--help"), "/bin/true": started("/bin/true"),
                                "python3 -c pass": started(sys.executable, "-c", "pass")})
medians, cpu = {}, {}
for name, both in times.items():
    medians[name] = figures.add(name, "ms", [wall for wall, _ in both])
    cpu[name] = figures.add(f"{name}: processor time", "ms", [cpu_time for _, cpu_time in both])
figures.ratio("godwit --help, ms", medians["godwit --help"], LIMIT_MS)
figures.ratio("godwit --help, ms of the processor", cpu["godwit --help"], LIMIT_MS)
figures.ratio("godwit --help / python3 -c pass", medians["godwit --help"] / medians["python3 -c pass"])
figures.write()
