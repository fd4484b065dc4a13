"use strict";
(function () {
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const config = {
    responsive: true, displaylogo: false, showSendToCloud: false, showEditInChartStudio: false, plotlyServerURL: "",
    modeBarButtons: [["toImage", "zoom2d", "pan2d", "zoomIn2d", "zoomOut2d", "resetScale2d"]],
  };
  let printing = false;

  function text() { return dark.matches && !printing ? "#e6e8ec" : "#1d2129"; }

  function webgl() {
    try { return !!document.createElement("canvas").getContext("webgl"); } catch (error) { return false; }
  }

  function draw(plot, key) {
    const source = document.querySelector(
      'script[type="application/json"][data-for="' + plot.id + '"]' + (key === undefined ? "" : '[data-key="' + key + '"]')
    );
    if (!source) { return; }
    const figure = JSON.parse(source.textContent);
    const still = document.querySelector('img.fallback[data-for="' + plot.id + '"]');
    if (still && !webgl()) {
      still.hidden = false;
      plot.hidden = true;
      return;
    }
    figure.layout.font = Object.assign({}, figure.layout.font, { color: text() });
    figure.layout.uirevision = key;
    Plotly.react(plot, figure.data, figure.layout, config);
  }

  function recolour() {
    document.querySelectorAll(".plot.js-plotly-plot").forEach(function (plot) {
      Plotly.relayout(plot, { "font.color": text() });
    });
  }

  function first(plot) {
    if (plot.dataset.drawn) { return; }
    plot.dataset.drawn = "yes";
    const chooser = document.querySelector('select[data-target="' + plot.id + '"]');
    draw(plot, chooser ? chooser.value : undefined);
  }

  // a figure is drawn when it comes near the window: twenty at once would hold up the page
  const near = new IntersectionObserver(function (entries) {
    entries.forEach(function (entry) {
      if (entry.isIntersecting) { near.unobserve(entry.target); first(entry.target); }
    });
  }, { rootMargin: "800px" });
  document.querySelectorAll(".plot").forEach(function (plot) {
    const chooser = document.querySelector('select[data-target="' + plot.id + '"]');
    if (chooser) { chooser.addEventListener("change", function () { draw(plot, chooser.value); }); }
    near.observe(plot);
  });

  // a browser may refuse its clipboard to a file: then the selection is copied, or left for the reader to copy
  function selected(source) {
    const range = document.createRange(), selection = window.getSelection();
    range.selectNodeContents(source);
    selection.removeAllRanges();
    selection.addRange(range);
    return document.execCommand("copy");
  }

  function copy(button) {
    const source = document.getElementById(button.dataset.copies), status = button.parentNode.querySelector("[role=status]");
    function say(done) { status.textContent = done ? "Copied." : "Selected: copy it with Ctrl+C."; }
    function otherwise() { say(selected(source)); }
    if (!navigator.clipboard) { otherwise(); return; }
    navigator.clipboard.writeText(source.textContent).then(function () { say(true); }, otherwise);
  }

  document.querySelectorAll("button.copy").forEach(function (button) {
    button.hidden = false;
    button.addEventListener("click", function () { copy(button); });
  });
  dark.addEventListener("change", recolour);
  window.addEventListener("beforeprint", function () {
    printing = true;
    document.querySelectorAll(".plot").forEach(first);
    document.querySelectorAll("details").forEach(function (each) { each.open = true; });
    recolour();
  });
  window.addEventListener("afterprint", function () { printing = false; recolour(); });
})();
