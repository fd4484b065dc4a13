// Pictures that are drawn on demand: they are asked for when they come into sight, a few at a time, and asked for again
// while they are drawn. Keys of the gallery and of the trial's page.
(() => {
  "use strict";
  const AT_ONCE = 4;
  const waiting = new Set();
  let busy = 0;

  const say = (image, state, text) => {
    const box = image.closest(".overlay");
    if (!box) return;
    box.dataset.state = state;
    const note = box.querySelector(".overlay-note");
    if (note && note.textContent !== text) note.textContent = text;
  };

  const near = (image) => {
    const box = (image.closest(".overlay") || image).getBoundingClientRect();
    return box.bottom > -400 && box.top < window.innerHeight + 800;
  };

  const next = () => {
    while (busy < AT_ONCE) {
      for (const image of waiting) if (!image.isConnected) waiting.delete(image);
      // those in sight first, from above
      const shown = [...waiting].filter((image) => image.isConnected && near(image));
      if (!shown.length) return;
      waiting.delete(shown[0]);
      get(shown[0]);
    }
  };

  const get = async (image) => {
    const address = image.dataset.overlay;
    busy += 1;
    let again = 0;
    try {
      const answer = await fetch(address, { credentials: "same-origin" });
      if (image.dataset.overlay !== address) return;
      if (answer.status === 200) {
        const url = URL.createObjectURL(await answer.blob());
        if (image.dataset.overlay !== address) return URL.revokeObjectURL(url);
        image.onload = () => URL.revokeObjectURL(url);
        image.src = url;
        image.dataset.got = address;
        say(image, "there", "");
      } else if (answer.status === 202) {
        const ahead = Number(await answer.text());
        say(image, "drawing", ahead > 0 ? `drawing, ${ahead} ahead …` : "drawing …");
        again = 400 + 100 * Math.min(ahead, 20);
      } else {
        const text = answer.status === 404 ? await answer.text() : `The server answers with status ${answer.status}.`;
        say(image, "failed", text || "There is no such picture.");
      }
    } catch (error) {
      say(image, "drawing", "The dashboard does not answer; trying again …");
      again = 2000;
    } finally {
      busy -= 1;
      if (again) setTimeout(() => { if (image.isConnected) { waiting.add(image); next(); } }, again);
      next();
    }
  };

  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      const image = entry.target;
      if (image.dataset.more) { if (entry.isIntersecting) image.click(); continue; }
      if (entry.isIntersecting && image.dataset.got !== image.dataset.overlay) { waiting.add(image); }
    }
    next();
  }, { rootMargin: "400px" });

  const look = (node) => {
    if (!(node instanceof Element)) return;
    const found = [...node.querySelectorAll("img[data-overlay], [data-more]")];
    if (node.matches("img[data-overlay], [data-more]")) found.push(node);
    for (const each of found) seen.observe(each);
  };

  new MutationObserver((changes) => {
    for (const change of changes) {
      if (change.type === "childList") { change.addedNodes.forEach(look); continue; }
      const target = change.target;
      if (change.attributeName === "hidden" && target.dataset.more) {
        seen.unobserve(target);
        if (!target.hidden) seen.observe(target);
      } else if (change.attributeName === "data-overlay" && target.dataset.got !== target.dataset.overlay) {
        target.removeAttribute("src");
        say(target, "drawing", "");
        waiting.add(target);
        next();
      }
    }
    // cards that were added push the button down: it is looked at again
    for (const more of document.querySelectorAll("[data-more]:not([hidden])")) { seen.unobserve(more); seen.observe(more); }
  }).observe(document.documentElement, {
    childList: true, subtree: true, attributes: true, attributeFilter: ["data-overlay", "hidden"],
  });
  document.addEventListener("scroll", next, { passive: true, capture: true });
  look(document.documentElement);

  // ------------------------------------------------------------ keys

  const typing = (target) => target.closest && target.closest("input, select, textarea, [role=combobox], [role=listbox]");

  const move = (key) => {
    const cards = [...document.querySelectorAll(".card")];
    if (!cards.length) return false;
    const here = cards.indexOf(document.activeElement && document.activeElement.closest(".card"));
    if (here < 0) { cards[0].focus(); return true; }
    const top = (card) => Math.round(card.getBoundingClientRect().top);
    const first = top(cards[0]);
    const columns = Math.max(1, cards.findIndex((card) => top(card) > first + 4)) || cards.length;
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[key];
    const to = cards[Math.min(cards.length - 1, Math.max(0, here + step))];
    to.focus();
    to.scrollIntoView({ block: "nearest" });
    return true;
  };

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || typing(event.target)) return;
    const card = event.target.closest && event.target.closest(".card");
    if (event.key.startsWith("Arrow")) {
      if (document.querySelector(".cards")) { if (move(event.key)) event.preventDefault(); return; }
      const link = document.querySelector(`[data-key="${event.key}"] a`);
      if (link && !event.target.closest(".scroll, .plot")) { link.click(); event.preventDefault(); }
    } else if (event.key === "g" || event.key === "b") {
      const within = card || document.querySelector(".tagging");
      const button = within && within.querySelector(`button[data-tag=${event.key === "g" ? "good" : "bad"}]`);
      if (button && !button.disabled) { button.click(); event.preventDefault(); }
    } else if (event.key === "Enter" && event.target === card) {
      const link = card.querySelector("a");
      if (link) { link.click(); event.preventDefault(); }
    }
  });
})();
