// Keyboard, upload and focus. Every page works without this file.
(() => {
  const root = document.documentElement;
  let prefix = "";

  const typing = (target) =>
    target.matches("input:not([type=radio]):not([type=checkbox]), textarea, select, [contenteditable]");

  // Digits by their place: on AZERTY the bare row types & é " ' instead.
  const nameOf = (event) => /^(?:Digit|Numpad)(\d)$/.exec(event.code)?.[1] ?? event.key.toLowerCase();

  const press = (name) => {
    const target = document.querySelector(`[data-key="${CSS.escape(name)}"]`);
    if (!target) return false;
    target.focus({ preventScroll: true });
    target.click();
    return true;
  };

  const go = (name) => {
    const link = document.querySelector(`[data-go="${CSS.escape(name)}"]`);
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
    if (typing(event.target)) return;
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
      const search = document.querySelector("[data-search]");
      if (search) {
        event.preventDefault();
        search.focus();
      }
    } else if (name === "?") {
      document.querySelector("#keys")?.showModal();
    } else if (name === "j" || name === "k") {
      move(name === "j" ? 1 : -1);
    } else if (press(name)) {
      event.preventDefault();
    }
  });

  const move = (step) => {
    const rows = [...document.querySelectorAll("[data-row]")];
    if (!rows.length) return;
    const at = rows.indexOf(document.activeElement);
    rows[Math.min(Math.max(at + step, 0), rows.length - 1)].focus();
  };

  document.addEventListener("click", (event) => {
    const copy = event.target.closest("[data-copy]");
    if (copy) navigator.clipboard?.writeText(copy.dataset.copy);
    if (event.target.closest("[data-close]")) event.target.closest("dialog")?.close();
    for (const open of document.querySelectorAll("details.account[open]")) {
      if (!open.contains(event.target)) open.open = false;
    }
  });

  // A file dropped anywhere on a page with an upload goes into it.
  const zone = document.querySelector("[data-drop]");
  if (zone) {
    const input = zone.querySelector("input[type=file]");
    const over = (on) => (event) => {
      event.preventDefault();
      zone.classList.toggle("over", on);
    };
    document.addEventListener("dragover", over(true));
    document.addEventListener("dragleave", over(false));
    document.addEventListener("drop", (event) => {
      over(false)(event);
      if (!event.dataTransfer?.files.length) return;
      input.files = event.dataTransfer.files;
      zone.closest("form").requestSubmit();
    });
    input.addEventListener("change", () => zone.closest("form").requestSubmit());
  }

  // After a swap the fragment says where focus goes.
  document.addEventListener("htmx:afterSwap", (event) => {
    const named = event.detail.target.querySelector("[data-focus]") ?? event.detail.target;
    document.querySelector(named.dataset.focus ?? "none")?.focus();
  });

  // A refused form shows its first error where the person is.
  document.querySelector(".summary")?.focus();
})();
