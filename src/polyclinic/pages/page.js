"use strict";
// Sorts a table by the column whose head is pressed.
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const key = (row) => row.cells[column].dataset.order ?? row.cells[column].textContent.trim();
      const rows = [...body.rows].sort((a, b) => {
        const [x, y] = [key(a), key(b)];
        const numbers = [Number(x), Number(y)];
        if (numbers.some(Number.isNaN)) return x.localeCompare(y, "en", { numeric: true });
        return numbers[0] - numbers[1];
      });
      body.append(...(down ? rows.reverse() : rows));
    });
  });
}
// Shows what a box of a graph takes from and leads to while the pointer or the focus is on it.
for (const graph of document.querySelectorAll("svg.graph")) {
  const edges = [...graph.querySelectorAll(".edge")];
  const boxes = [...graph.querySelectorAll(".box-group")];
  const show = (name) => {
    const near = new Set([name]);
    for (const edge of edges) {
      const on = edge.dataset.from === name || edge.dataset.to === name;
      edge.classList.toggle("on", on);
      if (on) near.add(edge.dataset.from).add(edge.dataset.to);
    }
    for (const box of boxes) box.classList.toggle("off", name !== null && !near.has(box.dataset.node));
    graph.classList.toggle("lit", name !== null);
  };
  for (const box of boxes) {
    const holder = box.closest("a") ?? box;
    for (const event of ["pointerenter", "focus"]) holder.addEventListener(event, () => show(box.dataset.node));
    for (const event of ["pointerleave", "blur"]) holder.addEventListener(event, () => show(null));
  }
}
// A printed page shows what is folded.
addEventListener("beforeprint", () => {
  for (const part of document.querySelectorAll("details")) part.open = true;
});
