// Improvements only: every page works without this file.
import { initAll } from "./govuk-frontend.min.js";

initAll();

const typing = (target) => target.closest("input, textarea, select, [contenteditable]");

// [data-keys]: j/k or the arrows move between entries, Enter opens, ? shows the keys.
function listKeys(list) {
  const items = () => [...list.querySelectorAll("[data-key-item]")];
  const link = (item) => (item.matches("a") ? item : item.querySelector("a[href], summary, button"));
  const help = document.createElement("div");
  help.className = "los-keys-help";
  help.hidden = true;
  help.setAttribute("role", "status");
  const words = document.createElement("p");
  words.textContent = "Keys: j or down for the next entry, k or up for the one before, Enter to open, ? to hide this.";
  list.before(help);

  function move(step) {
    const all = items();
    if (!all.length) return;
    const here = all.findIndex((item) => item.contains(document.activeElement));
    const next = all[Math.max(0, Math.min(all.length - 1, here < 0 ? 0 : here + step))];
    const target = link(next) || next;
    if (!target.matches("a, button, summary")) target.tabIndex = -1;
    target.focus();
    next.scrollIntoView({ block: "nearest" });
  }

  document.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || typing(event.target)) return;
    if (event.target.closest(".los-timeline, [role=tablist]")) return;
    const inside = list.contains(event.target);
    if (event.key === "j" || (inside && event.key === "ArrowDown")) move(1);
    else if (event.key === "k" || (inside && event.key === "ArrowUp")) move(-1);
    else if (event.key === "?") {
      help.replaceChildren(words);
      help.hidden = !help.hidden;
    } else return;
    event.preventDefault();
  });
}

// input[data-understand]: say back how a typed date is read.
function understood(input) {
  const words = document.createElement("p");
  words.className = "los-understood";
  words.setAttribute("role", "status");
  input.after(words);
  let timer = 0;
  let asked = 0;
  async function ask() {
    const text = input.value.trim();
    const number = ++asked;
    if (!text) return void (words.textContent = "");
    try {
      const answer = await fetch(`${input.dataset.understand || "/understand-date"}?text=${encodeURIComponent(text)}`);
      const said = await answer.json();
      if (number !== asked) return;
      words.textContent = said.understood || said.words || said.refused || "";
      words.classList.toggle("los-understood--refused", !answer.ok);
    } catch {
      words.textContent = "";
    }
  }
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, 350);
  });
  if (input.value) ask();
}

// [data-refresh-url]: {"done": n, "total": n, "words": "…", "finished": bool, "href": "…"} until finished.
function progress(box) {
  const bar = box.querySelector("progress");
  const words = box.querySelector("[data-progress-words]");
  let wait = 1000;
  async function look() {
    try {
      const answer = await fetch(box.dataset.refreshUrl, { headers: { Accept: "application/json" } });
      if (answer.status === 403 || answer.status === 404) return;
      const said = await answer.json();
      if (words && said.words) words.textContent = said.words;
      if (bar && said.total) {
        bar.max = said.total;
        bar.value = said.done;
      }
      if (said.finished) {
        const next = new URL(said.href || "", window.location.href);
        if (said.href && next.origin === window.location.origin) window.location.assign(next);
        else window.location.reload();
        return;
      }
    } catch {
      wait = Math.min(wait * 2, 15000);
    }
    setTimeout(look, wait);
  }
  setTimeout(look, wait);
}

// button[data-copy]: hidden until script is there to do it.
function copyButton(button) {
  if (!navigator.clipboard) return;
  button.hidden = false;
  const before = button.textContent;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = before), 2000);
  });
}

document.querySelectorAll("[data-keys]").forEach(listKeys);
document.querySelectorAll("input[data-understand]").forEach(understood);
document.querySelectorAll("[data-refresh-url]").forEach(progress);
document.querySelectorAll("button[data-copy]").forEach(copyButton);
