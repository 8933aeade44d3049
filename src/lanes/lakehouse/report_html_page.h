#pragma once

#include "emit/literal.h"

/// Behaviour of assessment.html: a constant, because nothing that was assessed may stand in it.
namespace godwit::lakehouse::page {

inline constexpr emit::Literal kScript = R"js(
"use strict";
(() => {
  const table = document.getElementById("list"), body = table.tBodies[0], rows = [...body.rows];
  const search = document.getElementById("search"), readiness = document.getElementById("by-readiness");
  const kind = document.getElementById("by-kind"), count = document.getElementById("count");
  const texts = rows.map(row => row.textContent.toLowerCase());
  document.getElementById("filters").hidden = false;

  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    rows.forEach((row, i) => {
      const fits = words.every(word => texts[i].includes(word)) &&
        (!readiness.value || row.dataset.readiness === readiness.value) && (!kind.value || row.dataset.kind === kind.value);
      row.hidden = !fits;
      shown += fits;
    });
    count.textContent = shown === rows.length ? `${rows.length} entries` : `${shown} of ${rows.length} entries`;
  };
  for (const control of [search, readiness, kind]) control.addEventListener("input", filter);
  filter();

  const value = (row, column) => {
    const cell = row.cells[column], key = cell.dataset.sort;
    return key === undefined ? cell.textContent.trim().toLowerCase() : Number(key);
  };
  const compare = (a, b) => a < b ? -1 : a > b ? 1 : 0;
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const up = head.ariaSort === "descending" || (head.ariaSort !== "ascending" && !head.classList.contains("number"));
      for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      const order = rows.map((row, i) => [value(row, column), i, row]);
      order.sort((a, b) => (up ? compare(a[0], b[0]) : compare(b[0], a[0])) || a[1] - b[1]);
      body.append(...order.map(entry => entry[2]));
    });
  });
  addEventListener("beforeprint", () => document.querySelectorAll("details").forEach(details => details.open = true));
})();
)js";

} // namespace godwit::lakehouse::page
