"""Puts the figures of build/bench/figures into docs/reference/figures.md, below the line that names each benchmark.

Benchmarks that were not run keep what the page says.
"""

import json
import re

from measure import BUILD, ROOT, number

PAGE = ROOT / "docs/reference/figures.md"
BLOCK = re.compile(r"(<!-- figures: (\w+) -->\n).*?(<!-- end -->\n)", re.DOTALL)


def tables(match):
    file = BUILD / "figures" / f"{match[2]}.json"
    if not file.exists():
        return match[0]
    report = json.loads(file.read_text())
    machine = report["machine"]
    lines = [report["measured"], "", f"{machine['processor']}, {machine['cores']} cores, {machine['memory GiB']} GiB, "
             f"{machine['disk']}, Linux {machine['kernel']}; load {machine['load']:.1f} before, "
             f"{machine['load afterwards']:.1f} after.", "", "| what | min | median | max | unit | times |",
             "| --- | ---: | ---: | ---: | --- | ---: |"]
    for one in report["figures"]:
        values = " | ".join(number(one[name]) for name in ("min", "median", "max"))
        lines.append(f"| {one['what']} | {values} | {one['unit']} | {one['repetitions']} |")
    lines += ["", "| of the medians | value | wanted |", "| --- | ---: | --- |"]
    for one in report["ratios"]:
        wanted = f"at most {one['limit']}" if "limit" in one else ""
        lines.append(f"| {one['what']} | {number(one['value'])} | {wanted} |")
    return match[1] + "\n" + "\n".join(lines) + "\n\n" + match[3]


PAGE.write_text(BLOCK.sub(tables, PAGE.read_text()))
