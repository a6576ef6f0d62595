"use strict";
(() => {
  const all = (selector, root = document) => Array.from(root.querySelectorAll(selector));
  const one = (selector, root = document) => root.querySelector(selector);

  // Findings of a run are told behind a button.
  const open = (button, shown) => {
    button.setAttribute("aria-expanded", String(shown));
    document.getElementById(button.getAttribute("aria-controls")).hidden = !shown;
  };
  all(".open").forEach((button) => {
    button.addEventListener("click", () => open(button, button.getAttribute("aria-expanded") !== "true"));
  });

  // The address of a finding leads to it, also where it is folded away.
  const follow = () => {
    let name = location.hash.slice(1);
    try { name = decodeURIComponent(name); } catch { /* as it is */ }
    const target = name && document.getElementById(name);
    if (!target) return;
    const detail = target.closest(".detail");
    const body = target.closest("tbody");
    if (body) body.hidden = false;
    if (detail && detail.hidden) open(one(".open", detail.parentElement), true);
    for (let at = target; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
    if (!target.matches("article")) return;
    target.scrollIntoView({ block: "start" });
    target.focus({ preventScroll: true });
  };
  addEventListener("hashchange", follow);
  follow();

  // Copying; without a clipboard the text is selected.
  const copied = async (button, text) => {
    let done = true;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = document.createElement("textarea");
      area.value = text;
      document.body.append(area);
      area.select();
      done = document.execCommand("copy");
      area.remove();
      button.focus();
    }
    const before = button.innerHTML;
    button.textContent = done ? "Copied" : "Not copied";
    setTimeout(() => { button.innerHTML = before; }, 1500);
  };
  all("[data-copy]").forEach((button) => button.addEventListener("click", () => copied(button, button.dataset.copy)));
  all("[data-copy-from]").forEach((button) => {
    const source = document.getElementById(button.dataset.copyFrom);
    button.addEventListener("click", () => copied(button, source.textContent));
  });

  // Before and after lie upon each other, and a slider says how much is seen of which.
  all("[data-compare]").forEach((compare) => {
    const slider = one("input", compare);
    const [before, after] = all(".picture", compare);
    const show = () => {
      before.style.clipPath = "inset(0 " + (100 - slider.value) + "% 0 0)";
      after.style.clipPath = "inset(0 0 0 " + slider.value + "%)";
    };
    compare.classList.add("stacked");
    slider.hidden = false;
    slider.addEventListener("input", show);
    show();
  });

  // A line under the pointer says the time.
  all("[data-timeline]").forEach((timeline) => {
    const length = Number(timeline.dataset.timeline);
    const begin = Number(timeline.dataset.begin || 0);
    const track = one(".ruler .track", timeline);
    if (!length || !track) return;
    const line = document.createElement("div");
    const text = document.createElement("span");
    line.className = "playhead";
    line.hidden = true;
    line.append(text);
    timeline.append(line);
    timeline.addEventListener("pointermove", (event) => {
      const place = track.getBoundingClientRect();
      const share = (event.clientX - place.left) / place.width;
      line.hidden = share < 0 || share > 1;
      line.style.left = event.clientX - timeline.getBoundingClientRect().left + "px";
      line.classList.toggle("late", share > 0.8);
      const seconds = begin + share * length;
      text.textContent = Math.floor(seconds / 60) + ":" + (seconds % 60).toFixed(1).padStart(4, "0");
    });
    timeline.addEventListener("pointerleave", () => { line.hidden = true; });
  });

  // The table of a run.
  const table = document.getElementById("jobs");
  if (!table) return;
  const bodies = all("tbody", table);
  const words = new Map();
  const wordsOf = (body) => {
    if (!words.has(body)) words.set(body, body.textContent.toLowerCase());
    return words.get(body);
  };
  const field = document.getElementById("filter");
  const output = document.getElementById("shown");
  const verdicts = all("[data-verdict]", one(".verdicts"));
  const rules = all("[data-rule]");
  const filter = () => {
    const asked = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    const shown = new Set(verdicts.filter((b) => b.getAttribute("aria-pressed") === "true").map((b) => b.dataset.verdict));
    const rule = rules.find((button) => button.getAttribute("aria-pressed") === "true");
    let count = 0;
    bodies.forEach((body) => {
      const fits = shown.has(body.dataset.verdict)
        && (!rule || all(".chip", body).some((chip) => chip.textContent === rule.dataset.rule))
        && asked.every((word) => wordsOf(body).includes(word));
      body.hidden = !fits;
      count += fits;
    });
    output.textContent = count + (count === 1 ? " job" : " jobs") + (count === bodies.length ? "" : " of " + bodies.length);
  };
  field.addEventListener("input", filter);
  one(".filter").addEventListener("submit", (event) => event.preventDefault());
  const press = (button, pressed) => button.setAttribute("aria-pressed", String(pressed));
  verdicts.forEach((button) => button.addEventListener("click", () => {
    press(button, button.getAttribute("aria-pressed") !== "true");
    filter();
  }));
  rules.forEach((button) => button.addEventListener("click", () => {
    const pressed = button.getAttribute("aria-pressed") !== "true";
    rules.forEach((other) => press(other, false));
    press(button, pressed);
    filter();
  }));

  const grave = ["fail", "warn", "pass"];
  const keys = {
    verdict: (body) => grave.indexOf(body.dataset.verdict),
    result: (body) => ["fail", "warn", "", "pass"].indexOf(body.dataset.result),
    path: (body) => Number(body.dataset.number),
    errors: (body) => -Number(body.dataset.errors),
    warnings: (body) => -Number(body.dataset.warnings),
  };
  const heads = all("[data-sort]", table);
  heads.forEach((button) => button.addEventListener("click", () => {
    const head = button.closest("th");
    const turned = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
    heads.forEach((other) => other.closest("th").setAttribute("aria-sort", "none"));
    head.setAttribute("aria-sort", turned === 1 ? "ascending" : "descending");
    const key = keys[button.dataset.sort];
    const sorted = bodies.slice().sort((a, b) => turned * (key(a) - key(b)) || a.dataset.number - b.dataset.number);
    table.append(...sorted);
  }));
})();
