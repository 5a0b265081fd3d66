// Keyboard, upload, focus and what is said after a swap. Every page works without this file.
(() => {
  const root = document.documentElement;
  const words = document.querySelector("#words")?.dataset ?? {};
  const one = (attribute, value) => document.querySelector(`[${attribute}="${CSS.escape(value)}"]`);
  let prefix = "";

  const typing = (target) =>
    target.matches("input:not([type=radio]):not([type=checkbox]), textarea, select, [contenteditable]");

  // Digits by their place: on AZERTY the bare row types & é " ' instead.
  const nameOf = (event) => /^(?:Digit|Numpad)(\d)$/.exec(event.code)?.[1] ?? event.key.toLowerCase();

  const press = (name) => {
    const target = one("data-key", name);
    if (!target) return false;
    if ("turns" in target.dataset) return turn(target.closest("details"));
    target.focus({ preventScroll: true });
    target.click();
    // What is chosen by key is filled in at once: the next sign goes into its first field.
    const then = target.dataset.then && document.getElementById(target.dataset.then);
    then?.focus();
    then?.select?.();
    return true;
  };

  // From one number to the next, the folded ones after the first.
  const turn = (fold) => {
    fold.open = true;
    const numbers = [...document.querySelectorAll("[data-turn]")];
    const at = numbers.indexOf(document.activeElement);
    const next = at < 0 ? numbers.findIndex((number) => fold.contains(number)) : (at + 1) % numbers.length;
    numbers[next]?.focus();
    return true;
  };

  const go = (name) => {
    const link = one("data-go", name);
    link?.click();
    return Boolean(link);
  };

  // Single keys can be switched off (WCAG 2.1.4): <html data-keys="off">.
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.repeat) return;
    if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
      const form = event.target.closest("form") ?? document.querySelector("form[data-main]");
      form?.requestSubmit();
      return;
    }
    if (event.key === "Escape" && typing(event.target)) return event.target.blur();
    if (root.dataset.keys === "off" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (typing(event.target) || document.querySelector("dialog[open]")) return;
    const name = nameOf(event);
    if (prefix === "g") {
      prefix = "";
      if (go(name)) event.preventDefault();
      return;
    }
    if (name === "g") {
      prefix = "g";
      setTimeout(() => (prefix = ""), 1500);
    } else if (name === "/") {
      const search = document.querySelector("main [type=search]") ?? document.querySelector("[data-search]");
      if (search) {
        event.preventDefault();
        search.focus();
        search.select?.();
      }
    } else if (name === "?") {
      help();
    } else if ((name === "j" || name === "k") && !one("data-key", name)) {
      move(name === "j" ? 1 : -1);
    } else if (name === " " && event.target.matches("[data-row]")) {
      event.preventDefault();
      event.target.querySelector("[type=checkbox]")?.click();
    } else if (name === "enter" && event.target.matches("[data-row]")) {
      event.target.querySelector("a[href]")?.click();
    } else if (press(name)) {
      event.preventDefault();
    }
  });

  const move = (step) => {
    const rows = [...document.querySelectorAll("[data-row]")];
    if (!rows.length) return;
    const at = rows.indexOf(document.activeElement);
    rows[at < 0 ? 0 : Math.min(Math.max(at + step, 0), rows.length - 1)].focus();
  };

  // The sheet of keys is read off the page, so it cannot lie.
  const help = () => {
    const sheet = document.querySelector("#keys");
    const list = sheet?.querySelector("dl");
    if (!list) return;
    for (const old of list.querySelectorAll("[data-read]")) old.remove();
    const row = (keys, text) => {
      const [term, said] = [document.createElement("dt"), document.createElement("dd")];
      for (const key of keys) {
        const cap = document.createElement("kbd");
        cap.textContent = key.toUpperCase();
        term.append(cap, " ");
      }
      said.textContent = text;
      term.dataset.read = said.dataset.read = "";
      list.append(term, said);
    };
    const textOf = (element) => {
      const copy = (element.labels?.[0] ?? element).cloneNode(true);
      for (const hint of copy.querySelectorAll("kbd, .count, .n, small")) hint.remove();
      return copy.textContent.trim().replace(/\s+/g, " ");
    };
    for (const target of document.querySelectorAll("[data-key]")) row([target.dataset.key], textOf(target));
    for (const link of document.querySelectorAll(".side [data-go]")) row(["g", link.dataset.go], textOf(link));
    sheet.showModal();
  };

  const say = (text) => {
    const live = document.querySelector("#live");
    if (live) live.textContent = text;
  };

  document.addEventListener("click", (event) => {
    const copy = event.target.closest("[data-copy]");
    if (copy) {
      navigator.clipboard?.writeText(copy.dataset.copy).then(() => {
        const label = copy.querySelector("span") ?? copy;
        const before = label.textContent;
        label.textContent = words.copied;
        say(words.copied);
        setTimeout(() => (label.textContent = before), 1500);
      });
    }
    const fill = event.target.closest("[data-fill]");
    if (fill) {
      const field = document.getElementById(fill.dataset.into);
      field.value = fill.dataset.fill;
      pressChips(field);
    }
    if (event.target.closest("[data-print]")) window.print();
    if (event.target.closest("[data-close]")) event.target.closest("dialog")?.close();
    const opener = event.target.closest("[data-dialog]");
    if (opener) document.getElementById(opener.dataset.dialog)?.showModal();
    for (const open of document.querySelectorAll("details.account[open]")) {
      if (!open.contains(event.target)) open.open = false;
    }
  });

  // A form is sent once: the second click of a double click is not a second payment.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    // A look at what is typed changes nothing, and leaves the form open.
    if (event.submitter?.matches("[data-looks]")) return;
    // What opens beside the page changes it too: it is asked for again when the person comes back.
    if ((event.submitter?.getAttribute("formtarget") ?? form.target) === "_blank") {
      window.addEventListener("focus", () => location.reload(), { once: true });
      return;
    }
    if (event.defaultPrevented || form.method !== "post" || form.matches("[hx-post], [hx-get]")) return;
    if (form.getAttribute("aria-busy") === "true") return event.preventDefault();
    form.setAttribute("aria-busy", "true");
  });
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[aria-busy]")) form.removeAttribute("aria-busy");
  });

  // What is typed is looked at a moment later, in the frames of its language.
  let pause;
  document.addEventListener("input", (event) => {
    const looks = event.target.form?.querySelectorAll(`[data-looks="live"][value="${CSS.escape(event.target.lang)}"]`);
    if (!looks?.length) return;
    clearTimeout(pause);
    pause = setTimeout(() => looks.forEach((button) => button.form.requestSubmit(button)), 600);
  });

  // "All" ticks every row's box; the bar of actions says how many.
  document.addEventListener("change", (event) => {
    const all = event.target.closest("[data-all]");
    const form = event.target.closest("form");
    if (all) for (const box of form.querySelectorAll(`[name="${all.dataset.all}"]`)) if (!box.disabled) box.checked = all.checked;
    const count = form?.querySelector("[data-chosen]");
    if (count) count.textContent = form.querySelectorAll(`[name="${count.dataset.chosen}"]:checked`).length;
  });

  // A file dropped anywhere on a page with an upload goes into it; a swap may bring another zone.
  const over = (on) => (event) => {
    const zone = document.querySelector("[data-drop]");
    if (!zone) return null;
    event.preventDefault();
    zone.classList.toggle("over", on);
    return zone;
  };
  document.addEventListener("dragover", over(true));
  document.addEventListener("dragleave", over(false));
  document.addEventListener("drop", (event) => {
    const zone = over(false)(event);
    if (!zone || !event.dataTransfer?.files.length) return;
    zone.querySelector("input[type=file]").files = event.dataTransfer.files;
    zone.closest("form").requestSubmit();
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-drop] input[type=file]")) event.target.form.requestSubmit();
  });

  // After a swap the page says where focus goes, and what is read out.
  document.addEventListener("htmx:afterSettle", () => {
    weigh();
    const error = document.querySelector("main .summary");
    const named = document.querySelector("main [data-focus]");
    const target = error ?? document.querySelector(named?.dataset.focus ?? "none");
    target?.focus();
    if (target && !error) say(target.textContent.trim());
  });

  // The chip whose day is in the field is the one that is pressed.
  const pressChips = (field) => {
    for (const chip of document.querySelectorAll(`[data-into="${CSS.escape(field.id)}"]`)) {
      chip.setAttribute("aria-pressed", chip.dataset.fill === field.value);
    }
  };

  // The amount follows what is ticked; of less than that it is said what it keeps quiet.
  const ticked = () =>
    [...document.querySelectorAll("[data-minor]:checked")].reduce((sum, box) => sum + Number(box.dataset.minor), 0);
  const written = (minor, places) => {
    const grouped = places > 0 || root.lang === "fr";
    const shape = { minimumFractionDigits: places, maximumFractionDigits: places, useGrouping: grouped };
    return new Intl.NumberFormat(root.lang === "fr" ? "fr-FR" : "en-GB", shape).format(minor / 10 ** places);
  };
  const weigh = () => {
    const [amount, part] = [document.getElementById("id_amount"), document.querySelector("[data-part]")];
    if (!amount || !part) return;
    const figures = amount.value.replace(/[^\d.,]/g, "");
    const [, whole, cents = ""] = /^(.*?)(?:[.,](\d{1,2}))?$/.exec(figures);
    const places = Number(amount.dataset.decimals);
    const minor = Number(whole.replace(/\D/g, "")) * 10 ** places + Number(cents.padEnd(places, "0"));
    part.hidden = !(minor > 0 && minor < ticked());
  };
  document.addEventListener("change", (event) => {
    const amount = document.getElementById("id_amount");
    if (!event.target.matches("[data-minor]") || !amount) return;
    amount.value = written(ticked(), Number(amount.dataset.decimals));
    weigh();
  });
  document.addEventListener("input", (event) => {
    if (event.target.id === "id_amount") weigh();
    if (event.target.matches("[data-day]")) pressChips(event.target);
  });

  const failed = () => {
    const main = document.querySelector("main");
    if (!main || main.querySelector(".banner[data-failed]")) return;
    const band = document.createElement("p");
    band.className = "banner";
    band.dataset.failed = "";
    band.setAttribute("role", "alert");
    band.textContent = words.failed;
    main.prepend(band);
  };
  document.addEventListener("htmx:sendError", failed);
  document.addEventListener("htmx:responseError", failed);
  document.addEventListener("htmx:afterOnLoad", (event) => {
    if (event.detail.successful) document.querySelector(".banner[data-failed]")?.remove();
  });

  weigh();
  // A refused form shows its first error where the person is; else the page says what comes first.
  const first = document.querySelector("main [data-focus]");
  (document.querySelector(".summary") ?? document.querySelector(first?.dataset.focus ?? "none"))?.focus();
})();
