// What pages cannot say in markup: when to ask again, that nobody answers, and what to copy. No page needs it to work.
"use strict";

// Parts that go on by themselves rest while nobody sees them, and are brought up to date when somebody does.
document.addEventListener("every", (event) => {
  if (document.hidden) event.stopImmediatePropagation();
}, true);
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  for (const part of document.querySelectorAll("[hx-trigger^='every']")) htmx.trigger(part, "every", {}, false);
});

// A part that could not be brought up to date stays as it is, and says so.
function say(isAway) {
  const notice = document.getElementById("away");
  if (notice) notice.hidden = !isAway;
}
document.addEventListener("htmx:error", () => say(true));
document.addEventListener("htmx:after:request", (event) => say(event.detail.ctx.response.status >= 500));

// <button data-reveal="id">: shows what was pasted into a field that hides it, and hides it again.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-reveal]");
  if (!button) return;
  const field = document.getElementById(button.dataset.reveal);
  const isHidden = field.type === "password";
  field.type = isHidden ? "text" : "password";
  button.setAttribute("aria-pressed", String(isHidden));
});

// <button data-copy="id">: copies what that element shows, and says so for a moment.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const shown = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(shown.value ?? shown.textContent);
  } catch { // not over plain http from another machine: then it is marked, for Ctrl+C
    if (shown.select) shown.select();
    else getSelection().selectAllChildren(shown);
    return;
  }
  if (button.textContent === button.dataset.copied) return;
  const before = [...button.childNodes];
  button.textContent = button.dataset.copied;
  setTimeout(() => { button.replaceChildren(...before); }, 2000);
});
