// The picture above a chronology: one lane per agency over time. Density at a distance, single entries near.
// It replaces the picture that the server drew, which stays when this cannot run.
// One tab stop with roving focus; the line below the picture says in words what is under the focus.

import { bisector, group, max } from "d3-array";
import { scaleLinear, scaleUtc } from "d3-scale";
import { select } from "d3-selection";
import { utcMonday, utcMonth, utcYear } from "d3-time";

const NEAR = 130; // more entries in view than this are drawn as density
const MOST_BARS = 360;
const LANE = 42;
const TOP = 42;
const BOTTOM = 8;
const SHORTEST = 6 * 3600e3; // zooming further than six hours says nothing more
const VAGUE = new Set(["week", "month", "term", "year", "about", "half_day"]);
const KEYS =
  "Keys: left and right move through the entries, up and down change agency, plus and minus zoom, 0 shows everything, Enter opens.";

const london = (options) => new Intl.DateTimeFormat("en-GB", { timeZone: "Europe/London", ...options });
const DAY = london({ day: "numeric", month: "short", year: "numeric" });
const MINUTE = london({ weekday: "short", day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" });
const MONTH = london({ month: "long", year: "numeric" });
const YEAR = london({ year: "numeric" });
const SHORT_MONTH = london({ month: "short" });
const SHORT_DAY = london({ day: "numeric", month: "short" });
const CLOCK = london({ hour: "2-digit", minute: "2-digit" });

function whenWords(mark) {
  if (["second", "minute", "hour"].includes(mark.precision)) return MINUTE.format(mark.start);
  if (mark.precision === "month") return MONTH.format(mark.start);
  if (mark.precision === "year") return YEAR.format(mark.start);
  return (mark.precision === "about" ? "about " : "") + DAY.format(mark.precision === "about" ? mark.middle : mark.start);
}

function tickWords(moment, step) {
  if (step < 20 * 3600e3) return moment.getUTCHours() === 0 ? SHORT_DAY.format(moment) : CLOCK.format(moment);
  if (step < 27 * 86400e3) return SHORT_DAY.format(moment);
  const first = moment.getUTCMonth() === 0;
  return first ? String(moment.getUTCFullYear()) : SHORT_MONTH.format(moment);
}

function binning(span, lanes) {
  const days = span / 86400e3;
  if (days <= 400 && (days / 7) * lanes <= MOST_BARS) return { floor: utcMonday, words: (d) => `week of ${DAY.format(d)}` };
  if ((days / 30) * lanes <= MOST_BARS) return { floor: utcMonth, words: (d) => MONTH.format(d) };
  return { floor: utcYear, words: (d) => YEAR.format(d) };
}

function read(data) {
  const lanes = data.lanes.map((lane, row) => ({ ...lane, row, letter: lane.letter || lane.name.slice(0, 1) }));
  const rows = new Map(lanes.map((lane) => [lane.code, lane]));
  const marks = data.marks
    .filter((mark) => mark.start && rows.has(mark.lane))
    .map((mark) => {
      const start = new Date(mark.start);
      const end = mark.end ? new Date(mark.end) : start;
      return { ...mark, start, end, middle: new Date((+start + +end) / 2), row: rows.get(mark.lane).row };
    })
    .sort((a, b) => a.start - b.start || a.row - b.row);
  return { lanes, marks, now: data.now ? new Date(data.now) : null, from: new Date(data.from), to: new Date(data.to) };
}

function picture(figure, data) {
  const { lanes, marks, now } = data;
  const holder = figure.querySelector(".los-timeline__picture") || figure.appendChild(document.createElement("div"));
  holder.className = "los-timeline__picture";
  const edge = Math.max((data.to - data.from) * 0.02, 86400e3);
  const whole = [+data.from - edge, +data.to + edge];
  let view = [...whole];
  let items = [];
  let here = -1;
  let showingKeys = false;

  const bar = select(figure).insert("div", () => holder).attr("class", "los-timeline__bar");
  const button = (words, label, act) =>
    bar.append("button").attr("type", "button").attr("aria-label", label).text(words).on("click", act);
  const buttons = {
    in: button("+", "Zoom in", () => zoom(0.5)),
    out: button("−", "Zoom out", () => zoom(2)),
    earlier: button("Earlier", "Show earlier", () => pan(-0.6)),
    later: button("Later", "Show later", () => pan(0.6)),
    all: button("All", "All: show everything", all),
  };
  const range = bar.append("span").attr("class", "los-timeline__range");
  const live = select(figure).insert("p", () => holder.nextSibling).attr("class", "los-timeline__live").attr("aria-live", "polite");

  function settle(from, to) {
    const span = Math.min(Math.max(to - from, SHORTEST), whole[1] - whole[0]);
    const start = Math.min(Math.max((from + to) / 2 - span / 2, whole[0]), whole[1] - span);
    view = [start, start + span];
  }

  function zoom(factor) {
    const held = hasFocus();
    const about = items[here] ? +items[here].time : (view[0] + view[1]) / 2;
    const half = ((view[1] - view[0]) * factor) / 2;
    settle(about - half, about + half);
    draw(about, items[here] && items[here].row, held);
  }

  function pan(share) {
    const by = (view[1] - view[0]) * share;
    settle(view[0] + by, view[1] + by);
    draw((view[0] + view[1]) / 2, null, false);
  }

  function all() {
    const held = hasFocus();
    const about = items[here] ? +items[here].time : +(now || data.to);
    settle(...whole);
    draw(about, items[here] && items[here].row, held);
  }

  const hasFocus = () => holder.contains(document.activeElement);

  function say() {
    if (showingKeys) return void live.text(KEYS);
    const item = items[here];
    live.text(item && hasFocus() ? item.words : `${items.words || ""} Press ? in the picture for keys.`);
  }

  function focusOn(index, take) {
    here = index;
    showingKeys = false;
    items.forEach((item, n) => item.node.setAttribute("tabindex", n === here ? "0" : "-1"));
    select(holder).selectAll(".los-tl__focus").remove();
    if (items[here] && take) items[here].node.focus();
    say();
  }

  function ring(item) {
    const box = item.node.getBBox();
    const shape = select(item.node.ownerSVGElement).append("g").attr("class", "los-tl__focus");
    for (const [name, room] of [["los-tl__ring-edge", 6], ["los-tl__ring", 3]])
      shape.append("rect").attr("class", name).attr("x", box.x - room).attr("y", box.y - room).attr("rx", 4)
        .attr("width", box.width + room * 2).attr("height", box.height + room * 2);
  }

  function nearest(time, row) {
    let best = -1;
    let least = Infinity;
    items.forEach((item, n) => {
      if (row !== null && row !== undefined && item.row !== row) return;
      const away = Math.abs(item.time - time);
      if (away < least) [least, best] = [away, n];
    });
    return best;
  }

  function step(by) {
    const next = here + by;
    if (items[next]) return focusOn(next, true);
    const order = bisector((mark) => +mark.start);
    const beyond = by > 0 ? marks[order.right(marks, view[1])] : marks[order.left(marks, view[0]) - 1];
    if (!beyond) return undefined;
    const half = (view[1] - view[0]) / 2;
    settle(+beyond.start - half, +beyond.start + half);
    return draw(+beyond.start, beyond.row, true);
  }

  function changeLane(by) {
    if (!items[here]) return;
    for (let row = items[here].row + by; row >= 0 && row < lanes.length; row += by) {
      const found = nearest(items[here].time, row);
      if (found >= 0) return void focusOn(found, true);
    }
  }

  function keys(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const act = {
      ArrowRight: () => step(1), ArrowLeft: () => step(-1),
      ArrowUp: () => changeLane(-1), ArrowDown: () => changeLane(1),
      "+": () => zoom(0.5), "=": () => zoom(0.5), "-": () => zoom(2), 0: all,
      Home: () => focusOn(0, true), End: () => focusOn(items.length - 1, true),
      Enter: () => items[here] && items[here].open(), " ": () => items[here] && items[here].open(),
      "?": () => { showingKeys = !showingKeys; say(); },
    }[event.key];
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }

  function frame(svg, x, width, left) {
    const height = TOP + lanes.length * LANE;
    svg.selectAll(null).data(lanes).enter().filter((lane) => lane.row % 2 === 0).append("rect")
      .attr("class", "los-tl__stripe").attr("x", 0).attr("width", width).attr("y", (lane) => TOP + lane.row * LANE).attr("height", LANE);
    const ticks = x.ticks(Math.max(2, Math.round((width - left) / 85)));
    const gap = ticks.length > 1 ? ticks[1] - ticks[0] : 86400e3;
    const tick = svg.selectAll(null).data(ticks).enter().append("g").attr("aria-hidden", "true");
    tick.append("line").attr("class", "los-tl__tick").attr("x1", (t) => x(t)).attr("x2", (t) => x(t)).attr("y1", TOP - 6).attr("y2", height);
    tick.append("text").attr("class", "los-tl__quiet").attr("x", (t) => x(t)).attr("y", TOP - 11).attr("text-anchor", "middle").text((t) => tickWords(t, gap));
    const label = svg.selectAll(null).data(lanes).enter().append("g").attr("transform", (lane) => `translate(6,${TOP + lane.row * LANE + LANE / 2})`);
    label.append("title").text((lane) => lane.name);
    label.append("rect").attr("class", (lane) => `los-fill-${lane.badge}`).attr("y", -11).attr("width", 24).attr("height", 22).attr("rx", 3);
    label.append("text").attr("class", "los-tl__letter").attr("x", 12).attr("y", 5).attr("text-anchor", "middle").text((lane) => lane.letter);
    if (left > 60)
      label.append("text").attr("x", 32).attr("y", 5).text((lane) => (lane.name.length > 20 ? `${lane.name.slice(0, 19)}…` : lane.name));
    if (now && now >= x.domain()[0] && now <= x.domain()[1]) {
      const side = x(now) > width - 40 ? "end" : "start";
      svg.append("line").attr("class", "los-tl__now").attr("x1", x(now)).attr("x2", x(now)).attr("y1", 4).attr("y2", height);
      svg.append("text").attr("class", "los-tl__now-label").attr("x", x(now) + (side === "end" ? -4 : 4)).attr("y", 13).attr("text-anchor", side).text("now");
    }
  }

  function density(svg, x, seen) {
    const bins = binning(view[1] - view[0], lanes.length);
    const counts = [...group(seen, (mark) => `${mark.row}|${+bins.floor(mark.start)}`).values()].map((members) => {
      const start = bins.floor(members[0].start);
      const end = bins.floor.offset(start, 1);
      return { row: members[0].row, start, end, time: (+start + +end) / 2, count: members.length };
    });
    counts.sort((a, b) => a.start - b.start || a.row - b.row);
    const tall = scaleLinear([0, max(counts, (bin) => bin.count) || 1], [3, LANE - 10]);
    const edges = x.range();
    return counts.map((bin) => {
      const lane = lanes[bin.row];
      const from = Math.max(x(bin.start), edges[0]);
      const to = Math.min(x(bin.end), edges[1]);
      const words = `${lane.name}, ${bins.words(bin.start)}: ${bin.count} ${bin.count === 1 ? "entry" : "entries"}. Enter looks closer.`;
      const node = svg.append("rect").attr("class", `los-tl__bar los-fill-${lane.badge}`).attr("role", "button").attr("aria-label", words)
        .attr("x", from + 0.5).attr("width", Math.max(to - from - 1, 1.5))
        .attr("y", TOP + (bin.row + 1) * LANE - 4 - tall(bin.count)).attr("height", tall(bin.count)).node();
      const open = () => {
        const room = (bin.end - bin.start) * 0.5;
        settle(bin.start - room, +bin.end + room);
        draw(bin.time, bin.row, true);
      };
      return { node, row: bin.row, time: bin.time, words, open };
    });
  }

  function single(svg, x, seen) {
    const last = lanes.map(() => []);
    return seen.map((mark) => {
      const lane = lanes[mark.row];
      const wide = x(mark.end) - x(mark.start) > 12;
      const from = Math.max(x(mark.start), x.range()[0]);
      const to = Math.min(x(mark.end), x.range()[1]);
      // Entries that would lie on one another step down into one of three tracks.
      let track = [0, 1, 2].find((n) => (last[mark.row][n] ?? -Infinity) < from - 8);
      if (track === undefined) track = last[mark.row].indexOf(Math.min(...last[mark.row]));
      last[mark.row][track] = wide ? to : from;
      const y = TOP + mark.row * LANE + LANE / 2 + [0, -12, 12][track];
      const look = ["los-tl__mark", `los-fill-${lane.badge}`];
      if (VAGUE.has(mark.precision)) look.push("los-tl__mark--vague");
      if (now && mark.start > now) look.push("los-tl__mark--planned");
      const words = `${whenWords(mark)}. ${lane.name}: ${mark.kind}. ${mark.label}`;
      const link = svg.append("a").attr("href", mark.href || null).attr("role", "link").attr("aria-label", words);
      link.append("title").text(words);
      if (wide) link.append("rect").attr("class", look.join(" ")).attr("x", from).attr("y", y - 5).attr("width", to - from).attr("height", 10).attr("rx", 3);
      else link.append("circle").attr("class", look.join(" ")).attr("cx", from).attr("cy", y).attr("r", 6);
      return { node: link.node(), row: mark.row, time: +mark.start, words, open: () => mark.href && window.location.assign(mark.href) };
    });
  }

  function draw(about, row, take) {
    const width = Math.max(holder.clientWidth, 300);
    const left = width < 600 ? 40 : 172;
    const x = scaleUtc(view, [left, width - 12]);
    const seen = marks.filter((mark) => mark.start <= view[1] && mark.end >= view[0]);
    const height = TOP + lanes.length * LANE + BOTTOM;
    holder.replaceChildren();
    const svg = select(holder).append("svg").attr("class", "los-tl").attr("viewBox", `0 0 ${width} ${height}`)
      .attr("role", "group").attr("aria-label", figure.dataset.title || "Entries by agency over time");
    frame(svg, x, width, left);
    const far = seen.length > NEAR;
    items = (far ? density : single)(svg, x, seen);
    items.words = `${seen.length} ${seen.length === 1 ? "entry" : "entries"} in view${far ? ", as counts" : ""}.`;
    items.forEach((item, n) => {
      item.node.addEventListener("focus", () => {
        if (here !== n) focusOn(n, false);
        ring(item);
        say();
      });
      item.node.addEventListener("blur", () => select(holder).selectAll(".los-tl__focus").remove());
      if (far) item.node.addEventListener("click", item.open);
    });
    svg.on("keydown", keys);
    const wanted = nearest(about ?? +(now || data.to), row);
    focusOn(wanted < 0 ? nearest(about ?? +(now || data.to), null) : wanted, take);
    range.text(`${DAY.format(view[0])} to ${DAY.format(view[1])}`);
    const whole_span = whole[1] - whole[0];
    buttons.in.property("disabled", view[1] - view[0] <= SHORTEST);
    buttons.out.property("disabled", view[1] - view[0] >= whole_span);
    buttons.all.property("disabled", view[1] - view[0] >= whole_span);
    buttons.earlier.property("disabled", view[0] <= whole[0]);
    buttons.later.property("disabled", view[1] >= whole[1]);
  }

  let drawnAt = 0;
  new ResizeObserver(() => {
    if (Math.abs(holder.clientWidth - drawnAt) < 2) return;
    const held = hasFocus();
    drawnAt = holder.clientWidth;
    draw(items[here] && +items[here].time, items[here] && items[here].row, held);
  }).observe(holder);
  drawnAt = holder.clientWidth;
  draw();
  figure.dataset.ready = "yes";
}

async function enhance(figure) {
  const address = new URL(figure.dataset.source || figure.dataset.src || "", window.location.href);
  if (address.origin !== window.location.origin) return;
  try {
    const answer = await fetch(address, { headers: { Accept: "application/json" }, credentials: "same-origin" });
    if (!answer.ok) return;
    const data = read(await answer.json());
    if (data.lanes.length && data.marks.length) picture(figure, data);
    else figure.dataset.ready = "yes";
  } catch {
    figure.dataset.failed = "yes";
  }
}

document.querySelectorAll("figure.los-timeline").forEach(enhance);
