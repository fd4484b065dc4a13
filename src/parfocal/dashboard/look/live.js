"use strict";
(function () {
  const dash = (window.dash_clientside = window.dash_clientside || {});

  /* Which parts of the page are open: they alone are computed. */
  let waiting = 0;
  function tellOpen() {
    window.clearTimeout(waiting);
    waiting = window.setTimeout(function () {
      const open = Array.from(document.querySelectorAll("details[data-section][open]"), (part) => part.id);
      if (document.getElementById("study-tiles")) { dash.set_props("study-open", { data: open }); }
    }, 30);
  }
  document.addEventListener("toggle", function (event) {
    if (event.target.matches && event.target.matches("details[data-section]")) { tellOpen(); }
  }, true);

  /* Narrow or wide: figures of several pictures are arranged anew, and only then. */
  const narrow = window.matchMedia("(max-width: 700px)");
  function tellWidth() { dash.set_props("width", { data: narrow.matches ? 390 : 1280 }); }
  narrow.addEventListener("change", tellWidth);

  dash.parfocal = Object.assign(dash.parfocal || {}, {
    title: function () {
      window.setTimeout(function () {
        const heading = document.querySelector("main h1");
        document.title = heading ? heading.textContent + " · parfocal" : "parfocal";
        if (narrow.matches) { tellWidth(); }
        tellOpen();
      }, 0);
      return dash.no_update;
    },
  });
})();
