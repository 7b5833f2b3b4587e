// Shows thousands of items one at a time: a list that holds only the rows in sight, and two answers side by side.
for (const browser of document.querySelectorAll("div.browser")) {
  const ROW = 34;
  const find = (name) => browser.querySelector(`[data-part="${name}"]`);
  const [group, first, second, metric, filter, words] = ["group", "first", "second", "metric", "filter", "words"].map(find);
  const [list, inside, rows, status, detail] = ["list", "inside", "rows", "status", "detail"].map(find);
  const sides = [...first.options].map((option) => option.textContent);
  const loaded = new Map();
  let data = null;
  let shown = [];
  let chosen = 0;

  const load = async (number) => {
    if (!loaded.has(number)) {
      const packed = document.getElementById(`${browser.id}-${number}`).textContent.trim();
      const bytes = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
      const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
      loaded.set(number, JSON.parse(await new Response(stream).text()));
    }
    return loaded.get(number);
  };
  const answer = (item, side) => item.a[side];
  const value = (item, side) => answer(item, side)?.v[metric.value] ?? null;
  const shownValue = (number) => (number === null ? "–" : Number(number.toFixed(3)).toString());
  const keep = {
    all: () => true,
    differ: (item) => value(item, first.value) !== value(item, second.value),
    first: (item) => value(item, first.value) > value(item, second.value) && value(item, second.value) !== null,
    second: (item) => value(item, first.value) < value(item, second.value) && value(item, first.value) !== null,
    low: (item) => [first, second].every((side) => value(item, side.value) === 0),
    unscored: (item) => [first, second].some((side) => answer(item, side.value) && value(item, side.value) === null),
    noted: (item) => item.n !== "",
  };
  const texts = (item) =>
    [item.i, item.g, item.n, ...sides.flatMap((_, side) => [data.t[answer(item, side)?.p] ?? "", answer(item, side)?.r ?? ""])];

  const made = (tag, text, className) => {
    const element = document.createElement(tag);
    if (text !== undefined) element.textContent = text;
    if (className) element.className = className;
    return element;
  };
  const rowOf = (place) => {
    const item = shown[place];
    const row = made("div", undefined, "browser-row");
    row.id = `${browser.id}-row-${place}`;
    row.setAttribute("role", "option");
    row.setAttribute("aria-selected", String(place === chosen));
    row.setAttribute("aria-setsize", String(shown.length));
    row.setAttribute("aria-posinset", String(place + 1));
    row.style.top = `${place * ROW}px`;
    row.append(made("span", item.i, "browser-name"));
    for (const side of [first, second]) row.append(made("span", shownValue(value(item, side.value)), "browser-value"));
    if (item.n) row.append(made("span", "●", "browser-note"));
    row.addEventListener("click", () => choose(place));
    return row;
  };
  const draw = () => {
    const from = Math.max(0, Math.floor(list.scrollTop / ROW) - 5);
    const to = Math.min(shown.length, from + Math.ceil(list.clientHeight / ROW) + 10);
    rows.replaceChildren(...Array.from({ length: Math.max(0, to - from) }, (_, offset) => rowOf(from + offset)));
    const active = document.getElementById(`${browser.id}-row-${chosen}`);
    if (active) list.setAttribute("aria-activedescendant", active.id);
    else list.removeAttribute("aria-activedescendant");
  };
  const block = (title, text) => {
    const part = document.createDocumentFragment();
    part.append(made("h4", title));
    const body = made("pre", text === "" ? "(empty)" : text, "prose");
    body.tabIndex = 0;
    part.append(body);
    return part;
  };
  const folded = (title, text) => {
    const part = made("details");
    part.append(made("summary", title), block("", text).lastChild);
    return part;
  };
  const show = () => {
    detail.replaceChildren();
    const item = shown[chosen];
    if (!item) return;
    detail.append(made("h3", item.i));
    if (item.n) detail.append(made("p", item.n, "muted"));
    const picked = [...new Set([first.value, second.value])];
    const prompts = [...new Set(picked.map((side) => answer(item, side)?.p).filter((prompt) => prompt !== undefined))];
    if (prompts.length === 1) detail.append(block(browser.dataset.prompt, data.t[prompts[0]]));
    if (browser.dataset.right) detail.append(block(browser.dataset.right, item.g));
    const beside = made("div", undefined, "beside");
    for (const side of picked) {
      const part = made("div");
      const one = answer(item, side);
      part.append(made("h4", sides[side]));
      if (one) {
        if (prompts.length > 1 && one.p !== undefined) part.append(folded(browser.dataset.prompt, data.t[one.p]));
        const body = made("pre", one.r === "" ? "(empty)" : one.r, "prose");
        body.tabIndex = 0;
        const figures = made("dl", undefined, "facts");
        for (const [number, name] of data.m.entries()) {
          const entry = made("div");
          entry.append(made("dt", name), made("dd", shownValue(one.v[number])));
          figures.append(entry);
        }
        part.append(body);
        if (one.w) part.append(made("p", one.w, "bad"));
        part.append(figures);
      } else part.append(made("p", "not asked", "muted"));
      beside.append(part);
    }
    detail.append(beside);
  };
  const choose = (place) => {
    chosen = Math.max(0, Math.min(shown.length - 1, place));
    const top = chosen * ROW;
    if (top < list.scrollTop) list.scrollTop = top;
    if (top + ROW > list.scrollTop + list.clientHeight) list.scrollTop = top + ROW - list.clientHeight;
    draw();
    show();
  };
  const select = () => {
    const wanted = words.value.trim().toLowerCase();
    shown = data.items.filter(
      (item) => keep[filter.value](item) && (!wanted || texts(item).some((text) => text.toLowerCase().includes(wanted))),
    );
    inside.style.height = `${shown.length * ROW}px`;
    list.scrollTop = 0;
    status.textContent = `${shown.length.toLocaleString("en")} of ${data.items.length.toLocaleString("en")} items`;
    choose(0);
  };
  const open = async () => {
    try {
      data = await load(group.value);
    } catch (error) {
      status.textContent = `This browser cannot unpack the items (${error}).`;
      return;
    }
    metric.replaceChildren(...data.m.map((name, number) => Object.assign(made("option", name), { value: String(number) })));
    select();
  };
  group.addEventListener("change", open);
  for (const control of [first, second, metric, filter]) control.addEventListener("change", select);
  let waiting = 0;
  words.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(select, 150);
  });
  list.addEventListener("scroll", () => requestAnimationFrame(draw));
  list.addEventListener("keydown", (event) => {
    const page = Math.max(1, Math.floor(list.clientHeight / ROW) - 1);
    const moves = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    if (!(event.key in moves)) return;
    event.preventDefault();
    choose(chosen + moves[event.key]);
  });
  if (second.options.length > 1) second.selectedIndex = 1;
  browser.hidden = false;
  // The items are unpacked when the reader comes near them.
  new IntersectionObserver(
    (entries, observer) => {
      if (entries.some((entry) => entry.isIntersecting)) {
        observer.disconnect();
        open();
      }
    },
    { rootMargin: "600px" },
  ).observe(browser);
}
