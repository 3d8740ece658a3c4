(() => {
  const box = document.getElementById("filter");
  if (!box) return;
  const rows = [...document.querySelectorAll("#findings details.finding")].map((row) => [row, row.textContent.toLowerCase()]);
  const shown = document.getElementById("shown");
  const filter = () => {
    const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const [row, text] of rows) {
      row.hidden = !words.every((word) => text.includes(word));
      count += !row.hidden;
    }
    const said = `${count} of the ${rows.length} findings listed here match. ${shown.dataset.rest ?? ""}`;
    shown.textContent = words.length ? said.trim() : "";
  };
  box.addEventListener("input", filter);
  const open = document.getElementById("open");
  open.addEventListener("click", () => {
    const opening = open.getAttribute("aria-pressed") !== "true";
    for (const [row] of rows) row.open = opening && !row.hidden;
    open.setAttribute("aria-pressed", String(opening));
    open.textContent = opening ? "Close all" : "Open all";
  });
  document.querySelector(".tools").hidden = false;
})();
