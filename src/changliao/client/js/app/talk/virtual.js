// A list of any length of which only what is near the eye stands in the page. Heights are measured once seen;
// whatever comes, goes or grows elsewhere, what one looks at stays where it is.
import { html, useEffect, useLayoutEffect, useRef, useState } from "../../dom.js";

const GUESS_PX = 64;
const AROUND_PX = 450;
const SPARE_PX = 120;
const NEAR_PX = 1200;
const STICKY_PX = 32;
const MOST = 120;
const AT_ONCE = 5;

class Ruler {
  constructor() {
    this.heights = new Map();
    this.lines = [];
    this.tops = new Float64Array(1);
    this.places = new Map();
    this.stuck = true;
    this.anchor = null;
  }

  take(lines) {
    if (lines === this.lines) return;
    this.lines = lines;
    this.places = new Map(lines.map(({ key }, place) => [key, place]));
    this.measure();
  }

  measure() {
    const tops = new Float64Array(this.lines.length + 1);
    this.lines.forEach(({ key }, place) => {
      tops[place + 1] = tops[place] + (this.heights.get(key) ?? GUESS_PX);
    });
    this.tops = tops;
  }

  get total() {
    return this.tops[this.lines.length];
  }

  /** The place of the line at this height. */
  at(y) {
    let [low, high] = [0, Math.max(0, this.lines.length - 1)];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.tops[middle] <= y) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** `[from, to)` of the lines to be drawn for this stretch. */
  window(top, height, around = AROUND_PX) {
    if (!this.lines.length) return [0, 0];
    const from = this.at(Math.max(0, top - around));
    const to = Math.min(this.lines.length, this.at(top + height + around) + 1);
    return [from, Math.min(to, from + MOST)];
  }
}

/**
 * `Virtual({lines, draw, onEdge, onMove, handle, label})`. `draw(line)` answers one element; `onEdge("old" | "new")`
 * when the end of the lines is near; `onMove({stuck, first, last})` with the lines in sight; `handle` is given
 * `{toEnd(), show(key)}`.
 */
export function Virtual({ lines, draw, onEdge, onMove, handle, label, ...rest }) {
  const ruler = useRef(null);
  ruler.current ??= new Ruler();
  const box = useRef(null);
  const inside = useRef(null);
  const above = useRef(null);
  const below = useRef(null);
  const said = useRef({});
  said.current = { onEdge, onMove };
  const [, redraw] = useState(0);
  const it = ruler.current;
  it.take(lines);
  const height = box.current?.clientHeight || 900;
  const drawnNow = useRef([0, 0]);
  const top = it.stuck ? it.total - height : topOf(it, box.current);
  const wanted = it.window(top, height);
  const drawn = nearer(drawnNow.current, it.window(top, height, 0), wanted, it.stuck);
  drawnNow.current = drawn;
  const more = drawn[0] !== wanted[0] || drawn[1] !== wanted[1];
  const frame = useRef(0);
  /** Draw in the next frame: once in a frame, whoever asks for it. */
  const soon = () => {
    frame.current ||= requestAnimationFrame(() => {
      frame.current = 0;
      redraw((n) => n + 1);
    });
  };
  useEffect(() => { if (more) soon(); });
  useEffect(() => () => cancelAnimationFrame(frame.current), []);

  const settle = () => {
    if (!box.current) return;
    if (measured(it, inside.current, drawnNow.current)) it.measure();
    const [from, to] = drawnNow.current;
    above.current.style.height = `${it.tops[from]}px`;
    below.current.style.height = `${it.total - it.tops[to]}px`;
    const wanted = it.stuck ? box.current.scrollHeight - box.current.clientHeight : topOf(it, box.current);
    if (Math.abs(box.current.scrollTop - wanted) > 0.5) box.current.scrollTop = wanted;
    look(it, box.current, said.current);
    if (!reaches(it, box.current, drawnNow.current)) soon();
  };
  useLayoutEffect(settle);

  useEffect(() => {
    const watch = new ResizeObserver(settle);
    watch.observe(box.current);
    watch.observe(inside.current);
    return () => watch.disconnect();
  }, []);

  const scrolled = () => {
    if (!box.current) return; // The last movement of a list that has gone meanwhile.
    const { scrollTop, clientHeight, scrollHeight } = box.current;
    it.stuck = scrollHeight - scrollTop - clientHeight < STICKY_PX;
    const place = it.at(scrollTop);
    it.anchor = it.lines.length ? { key: it.lines[place].key, off: scrollTop - it.tops[place] } : null;
    look(it, box.current, said.current);
    if (!reaches(it, box.current, drawnNow.current)) soon();
  };

  handle.current = {
    toEnd() {
      it.stuck = true;
      redraw((n) => n + 1);
    },
    show(key) {
      if (!it.places.has(key)) return false;
      it.stuck = false;
      it.anchor = { key, off: -Math.round(box.current.clientHeight / 3) };
      redraw((n) => n + 1);
      return true;
    },
    has: (key) => it.places.has(key),
  };

  const [from, to] = drawn;
  return html`<div class="virtual" ref=${box} onScroll=${scrolled} tabindex="0" role="log" aria-label=${label} ...${rest}>
    <div class="virtual-space" ref=${above}></div>
    <div class="virtual-inside" ref=${inside}>${it.lines.slice(from, to).map(draw)}</div>
    <div class="virtual-space" ref=${below}></div>
  </div>`;
}

/**
 * What is drawn next on the way from what is drawn to what is wanted: a few lines more, those in sight first,
 * so that no step takes long however far one has jumped.
 */
function nearer([drawnFrom, drawnTo], sight, wanted, fromEnd) {
  let [from, to] = [Math.max(drawnFrom, wanted[0]), Math.min(drawnTo, wanted[1])];
  if (from >= to) from = to = fromEnd ? sight[1] : sight[0];
  let left = AT_ONCE;
  for (const [low, high] of [sight, wanted]) {
    while (left > 0 && (from > low || to < high)) {
      if (from > low && (fromEnd || to >= high || left % 2)) from--;
      else to++;
      left--;
    }
  }
  return [from, to];
}

/** Where the window should stand so that its anchor does not move. */
function topOf(it, box) {
  const place = it.anchor ? it.places.get(it.anchor.key) : undefined;
  return place === undefined ? box?.scrollTop ?? 0 : Math.max(0, it.tops[place] + it.anchor.off);
}

function measured(it, inside, [from]) {
  let changed = false;
  for (let place = 0; place < inside.children.length; place++) {
    const line = it.lines[from + place];
    const { height } = inside.children[place].getBoundingClientRect();
    if (!line || it.heights.get(line.key) === height) continue;
    it.heights.set(line.key, height);
    changed = true;
  }
  return changed;
}

function look(it, box, { onEdge, onMove }) {
  if (!it.lines.length) return;
  const { scrollTop, clientHeight } = box;
  if (scrollTop < NEAR_PX) onEdge?.("old");
  if (it.total - scrollTop - clientHeight < NEAR_PX) onEdge?.("new");
  onMove?.({ stuck: it.stuck, first: it.lines[it.at(scrollTop)], last: it.lines[it.at(scrollTop + clientHeight)] });
}

/** Whether what is drawn still reaches beyond what is seen. */
function reaches(it, { scrollTop, clientHeight }, [drawnFrom, drawnTo]) {
  const [from, to] = it.window(scrollTop, clientHeight, SPARE_PX);
  return from >= drawnFrom && to <= drawnTo;
}
