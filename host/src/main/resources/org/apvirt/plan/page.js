// SPDX-License-Identifier: Apache-2.0
// The matrix of adapters and domains, live from the control API or of a plan. No dependencies.
"use strict";
(() => {
  const FIXED = {
    ".": ["no queue", "#8a8d9322"], h: ["host", "#4a7fb5"], r: ["reserved", "#8a8d93"], n: ["no driver", "#b9a06b"],
    c: ["conflict", "#d93025"], o: ["offline", "#5f6368"], x: ["checkstopped", "#a50e0e"],
  };
  const GUESTS = ["#1e8e3e", "#e8710a", "#9334e6", "#12a4af", "#c2185b", "#7cb342", "#5c6bc0", "#f9ab00", "#00838f", "#8d6e63"];
  const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
  const $ = (id) => document.getElementById(id);
  const canvas = $("canvas");
  const context = canvas.getContext("2d");
  const image = document.createElement("canvas"); // one pixel per queue
  const view = { size: 16, x: 0, y: 0, fitted: true };
  let matrix = { adapters: [], domains: [], guests: [], rows: [] };
  let live = false;
  let selected = null; // [row, column]
  let drawn = 0;

  const hex = (number, digits) => number.toString(16).padStart(digits, "0");
  const guest = (cell) => (cell.charCodeAt(0) < 256 ? cell.charCodeAt(0) - 65 : cell.charCodeAt(0) - 256 + 26);
  const meaning = (cell) => FIXED[cell] || [matrix.guests[guest(cell)] || "?", GUESTS[guest(cell) % GUESTS.length]];
  const name = ([row, column]) => hex(matrix.adapters[row], 2) + "." + hex(matrix.domains[column], 4);
  const style = (property) => getComputedStyle(document.documentElement).getPropertyValue(property).trim();

  function paintImage() {
    image.width = Math.max(1, matrix.domains.length);
    image.height = Math.max(1, matrix.adapters.length);
    const pixels = new ImageData(image.width, image.height);
    const words = new Uint32Array(pixels.data.buffer);
    const colours = new Map();
    for (let row = 0; row < matrix.rows.length; row++) {
      for (let column = 0; column < matrix.rows[row].length; column++) {
        const cell = matrix.rows[row][column];
        if (!colours.has(cell)) {
          const [, colour] = meaning(cell);
          const [r, g, b] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
          const alpha = colour.length > 7 ? parseInt(colour.slice(7), 16) : 255;
          colours.set(cell, (alpha << 24 | b << 16 | g << 8 | r) >>> 0);
        }
        words[row * image.width + column] = colours.get(cell);
      }
    }
    image.getContext("2d").putImageData(pixels, 0, 0);
  }

  const HEAD = { left: 34, top: 42 };

  function draw() {
    const ratio = window.devicePixelRatio || 1;
    const { clientWidth: width, clientHeight: height } = canvas.parentElement;
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    const { size } = view;
    context.save();
    context.beginPath();
    context.rect(HEAD.left, HEAD.top, width - HEAD.left, height - HEAD.top);
    context.clip();
    context.imageSmoothingEnabled = false;
    context.drawImage(image, HEAD.left + view.x, HEAD.top + view.y, matrix.domains.length * size, matrix.adapters.length * size);
    const rows = visible(view.y, height - HEAD.top, matrix.adapters.length);
    const columns = visible(view.x, width - HEAD.left, matrix.domains.length);
    if (size >= 6) {
      context.fillStyle = style("--bg");
      for (let row = rows[0]; row <= rows[1]; row++) context.fillRect(HEAD.left + view.x, HEAD.top + view.y + row * size, matrix.domains.length * size, 1);
      for (let column = columns[0]; column <= columns[1]; column++) context.fillRect(HEAD.left + view.x + column * size, HEAD.top + view.y, 1, matrix.adapters.length * size);
    }
    if (size >= 13) {
      context.fillStyle = "#fff";
      context.font = `600 ${Math.min(14, Math.round(size * 0.62))}px ui-monospace, monospace`;
      context.textAlign = "center";
      context.textBaseline = "middle";
      for (let row = rows[0]; row < rows[1]; row++) {
        for (let column = columns[0]; column < columns[1]; column++) {
          const cell = matrix.rows[row][column];
          if (cell !== ".") context.fillText(cell, HEAD.left + view.x + (column + .5) * size, HEAD.top + view.y + (row + .5) * size + 1);
        }
      }
    }
    if (selected) {
      context.strokeStyle = style("--accent");
      context.lineWidth = 2;
      context.strokeRect(HEAD.left + view.x + selected[1] * size - 1, HEAD.top + view.y + selected[0] * size - 1, Math.max(4, size + 1), Math.max(4, size + 1));
    }
    context.restore();
    heads(rows, columns);
    drawn++;
    document.body.dataset.drawn = String(drawn);
  }

  function visible(offset, extent, count) {
    return [Math.max(0, Math.floor(-offset / view.size)), Math.min(count, Math.ceil((extent - offset) / view.size))];
  }

  function heads(rows, columns) {
    const step = Math.max(1, Math.ceil(13 / view.size));
    context.fillStyle = style("--dim");
    context.font = "11px ui-monospace, monospace";
    context.textBaseline = "middle";
    context.textAlign = "right";
    for (let row = Math.ceil(rows[0] / step) * step; row < rows[1]; row += step) {
      const y = HEAD.top + view.y + (row + .5) * view.size;
      if (y > HEAD.top) context.fillText(hex(matrix.adapters[row], 2), HEAD.left - 6, y);
    }
    context.textAlign = "left";
    for (let column = Math.ceil(columns[0] / step) * step; column < columns[1]; column += step) {
      const x = HEAD.left + view.x + (column + .5) * view.size;
      if (x < HEAD.left) continue;
      context.save();
      context.translate(x, HEAD.top - 5);
      context.rotate(-Math.PI / 2);
      context.fillText(hex(matrix.domains[column], 4), 0, 0);
      context.restore();
    }
  }

  function fit() {
    const { clientWidth, clientHeight } = canvas.parentElement;
    const size = Math.min((clientWidth - HEAD.left - 8) / Math.max(1, matrix.domains.length), (clientHeight - HEAD.top - 8) / Math.max(1, matrix.adapters.length));
    Object.assign(view, { size: Math.max(1, Math.min(36, size)), x: 0, y: 0, fitted: true });
    draw();
  }

  function zoom(factor, x = canvas.clientWidth / 2 - HEAD.left, y = canvas.clientHeight / 2 - HEAD.top) {
    const size = Math.max(1, Math.min(48, view.size * factor));
    view.x = x - (x - view.x) * size / view.size;
    view.y = y - (y - view.y) * size / view.size;
    view.size = size;
    view.fitted = false;
    draw();
  }

  function show(next) {
    const same = next.adapters.length === matrix.adapters.length && next.domains.length === matrix.domains.length;
    const chosen = selected && name(selected);
    matrix = next;
    if (selected && (!matrix.rows[selected[0]] || selected[1] >= matrix.domains.length || name(selected) !== chosen)) selected = null;
    paintImage();
    legend();
    if (view.fitted || !same) fit(); else draw();
  }

  function legend() {
    const counts = new Map();
    for (const row of matrix.rows) for (const cell of row) counts.set(cell, (counts.get(cell) || 0) + 1);
    counts.delete(".");
    $("legend").replaceChildren(...[...counts.keys()].sort().map((cell) => {
      const [label, colour] = meaning(cell);
      const item = document.createElement("li");
      const swatch = document.createElement("i");
      swatch.style.background = colour;
      swatch.textContent = cell;
      const count = document.createElement("span");
      count.textContent = counts.get(cell);
      item.append(swatch, label, count);
      return item;
    }));
  }

  async function ask(path, options) {
    const response = await fetch(path, options);
    const text = await response.text();
    const content = text ? JSON.parse(text) : {};
    if (!response.ok) throw new Error(content.detail || response.statusText);
    return content;
  }

  let loading = false;
  let again = false;
  async function load() {
    if (loading) { again = true; return; }
    loading = true;
    try {
      do {
        again = false;
        const begin = performance.now();
        show(await ask("v1/matrix"));
        // Where one change follows the other, half of the time is the machine's.
        if (again) await new Promise((resolve) => setTimeout(resolve, performance.now() - begin));
      } while (again);
      if (selected) details();
    } catch (error) {
      $("state").textContent = error.message;
    }
    loading = false;
  }

  function facts(pairs) {
    $("facts").replaceChildren(...pairs.filter(([, value]) => value !== undefined && value !== "").flatMap(([key, value]) => {
      const term = document.createElement("dt");
      term.textContent = key;
      const data = document.createElement("dd");
      data.textContent = value;
      return [term, data];
    }));
  }

  async function attribute(path) {
    try { return (await ask("v1/attributes?path=" + encodeURIComponent(path))).text.trim(); } catch { return undefined; }
  }

  async function details() {
    const apqn = name(selected);
    $("queue").hidden = false;
    $("apqn").textContent = apqn;
    const cell = matrix.rows[selected[0]][selected[1]];
    if (!live) {
      facts([["state", meaning(cell)[0]], ["wanted by", (matrix.notes || {})[apqn]]]);
      return;
    }
    const device = "/sys/bus/ap/devices/" + apqn + "/";
    const [queue, requests, pending, keys, log] = await Promise.all([
      ask("v1/queues/" + apqn).catch(() => ({})), attribute(device + "request_count"), attribute(device + "pendingq_count"),
      ask("v1/keys/" + apqn).catch(() => null), ask("v1/log").catch(() => [])]);
    if (!selected || name(selected) !== apqn) return;
    facts([["state", meaning(cell)[0]], ["owner", queue.owner], ["driver", queue.driver], ["guest", queue.guest], ["mdev", queue.mdev],
      ["configured", queue.configured === undefined ? undefined : String(queue.configured)], ["checkstopped", queue.checkstopped ? "true" : undefined],
      ["answers", queue.response === undefined ? undefined : "0x" + hex(queue.response, 2)], ["requests", requests], ["pending", pending]]);
    $("keys").textContent = !keys ? "" : (keys.master || []).map((key) => `${key.key.padEnd(5)}${["next", "current", "old"].map((at) => `${at} ${key[at].state} ${key[at].pattern || "-"}`).join("\n     ")}`)
      .concat(keys.wrapping ? [`next    ${keys.wrapping.next.state} ${keys.wrapping.next.pattern || "-"}\ncurrent ${keys.wrapping.current.state} ${keys.wrapping.current.pattern || "-"}`] : []).join("\n");
    $("log").textContent = log.slice(-8).map((line) => line.text).join("\n");
    await mdevs();
  }

  async function mdevs() {
    let entries = [];
    try { entries = (await ask("v1/attributes?path=/sys/devices/vfio_ap/matrix")).entries.filter((entry) => UUID.test(entry)); } catch { /* no vfio_ap */ }
    $("change").hidden = entries.length === 0;
    const before = $("mdev").value;
    $("mdev").replaceChildren(...entries.map((entry) => new Option(entry, entry, false, entry === before)));
  }

  async function write(file) {
    const text = "0x" + hex(file.endsWith("adapter") ? matrix.adapters[selected[0]] : matrix.domains[selected[1]], 2);
    const answer = $("answer");
    try {
      await ask("v1/attributes", { method: "PUT", body: JSON.stringify({ path: `/sys/devices/vfio_ap/matrix/${$("mdev").value}/${file}`, text }) });
      answer.className = "";
      answer.textContent = file.replace("_", " ") + " " + text + ": done";
      load();
    } catch (error) {
      answer.className = "refused";
      answer.textContent = file.replace("_", " ") + " " + text + ": " + error.message;
    }
  }

  function select(row, column) {
    if (!matrix.rows.length) return;
    selected = [Math.max(0, Math.min(matrix.adapters.length - 1, row)), Math.max(0, Math.min(matrix.domains.length - 1, column))];
    const at = [view.y + selected[0] * view.size, view.x + selected[1] * view.size];
    if (at[0] < 0) view.y -= at[0];
    if (at[1] < 0) view.x -= at[1];
    view.y -= Math.max(0, at[0] + view.size - (canvas.clientHeight - HEAD.top));
    view.x -= Math.max(0, at[1] + view.size - (canvas.clientWidth - HEAD.left));
    draw();
    $("state").textContent = name(selected) + " " + meaning(matrix.rows[selected[0]][selected[1]])[0];
  }

  function cellAt(event) {
    const box = canvas.getBoundingClientRect();
    return [Math.floor((event.clientY - box.top - HEAD.top - view.y) / view.size), Math.floor((event.clientX - box.left - HEAD.left - view.x) / view.size)];
  }

  let drag = null;
  canvas.addEventListener("pointerdown", (event) => { drag = { x: event.clientX, y: event.clientY, moved: false }; canvas.setPointerCapture(event.pointerId); });
  canvas.addEventListener("pointermove", (event) => {
    if (!drag) return;
    const [dx, dy] = [event.clientX - drag.x, event.clientY - drag.y];
    if (!drag.moved && Math.hypot(dx, dy) < 4) return;
    drag = { x: event.clientX, y: event.clientY, moved: true };
    view.x += dx;
    view.y += dy;
    view.fitted = false;
    draw();
  });
  canvas.addEventListener("pointerup", (event) => {
    const moved = drag && drag.moved;
    drag = null;
    if (moved) return;
    const [row, column] = cellAt(event);
    if (row < 0 || column < 0 || row >= matrix.adapters.length || column >= matrix.domains.length) return;
    select(row, column);
    $("answer").textContent = "";
    details();
  });
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    const box = canvas.getBoundingClientRect();
    zoom(event.deltaY < 0 ? 1.2 : 1 / 1.2, event.clientX - box.left - HEAD.left, event.clientY - box.top - HEAD.top);
  }, { passive: false });

  const theme = () => {
    const root = document.documentElement;
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    draw();
  };
  const MOVES = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
  $("map").addEventListener("keydown", (event) => {
    if (MOVES[event.key]) {
      const [row, column] = selected || [0, -MOVES[event.key][1]];
      select(row + MOVES[event.key][0] * (selected ? 1 : 0), column + MOVES[event.key][1]);
    } else if (event.key === "Enter" && selected) {
      details();
    } else if (event.key === "Escape") {
      selected = null;
      $("queue").hidden = true;
      $("state").textContent = live ? "live" : "";
      draw();
    } else if (event.key === "+" || event.key === "=") {
      zoom(1.25);
    } else if (event.key === "-") {
      zoom(0.8);
    } else if (event.key === "0") {
      fit();
    } else if (event.key === "t") {
      theme();
    } else {
      return;
    }
    event.preventDefault();
  });
  $("in").addEventListener("click", () => zoom(1.25));
  $("out").addEventListener("click", () => zoom(0.8));
  $("fit").addEventListener("click", fit);
  $("theme").addEventListener("click", theme);
  document.querySelectorAll("[data-write]").forEach((button) => button.addEventListener("click", () => write(button.dataset.write)));
  new ResizeObserver(() => (view.fitted ? fit() : draw())).observe(canvas.parentElement);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);

  const given = document.getElementById("matrix");
  if (given) {
    const data = JSON.parse(given.textContent);
    $("subject").textContent = data.title || "";
    show(data);
  } else {
    live = true;
    const events = new EventSource("v1/changes/stream");
    events.addEventListener("open", () => { $("state").textContent = "live"; load(); });
    events.addEventListener("change", load);
    events.addEventListener("lost", load);
    events.addEventListener("error", () => { $("state").textContent = "no answer; trying again"; });
    ask("v1/status?queues=false").then((status) => { $("subject").textContent = `${status.file} · ${status.level} · ${status.program}`; }).catch(() => {});
  }
})();
