"""How long a person waits for `godwit --help`."""

import subprocess
import sys

from measure import GODWIT, Figures, alternate, seconds_of

REPETITIONS = 20
LIMIT_MS = 50


def milliseconds(*command):
    return lambda: 1000 * seconds_of(lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL))


figures = Figures("start", "From fork to the end of the process, files in the page cache.")
times = alternate(REPETITIONS, {"godwit": milliseconds(GODWIT, "--help"), "true": milliseconds("/bin/true"),
                                "python": milliseconds(sys.executable, "-c", "pass")})
median = figures.add("godwit --help", "ms", times["godwit"])
figures.add("/bin/true", "ms", times["true"])
python = figures.add("python3 -c pass", "ms", times["python"])
figures.ratio("godwit --help, ms", median, LIMIT_MS)
figures.ratio("godwit --help / python3 -c pass", median / python)
figures.write()
