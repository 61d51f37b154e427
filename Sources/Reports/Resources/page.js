// Draws the charts of a report in the colours of the page, and offers each as a file.
(function () {
  "use strict";
  var looks = JSON.parse(document.getElementById("looks").textContent);
  var darkness = window.matchMedia("(prefers-color-scheme: dark)");
  var places = Array.prototype.slice.call(document.querySelectorAll("[data-chart]"));
  var charts = places.map(function (place) {
    var name = place.getAttribute("data-chart");
    var source = document.getElementById("chart-" + name);
    return { name: name, place: place, specification: JSON.parse(source.textContent), view: null, width: 0 };
  });

  // The colours of the page, and legends that fit into a width.
  function look(width) {
    var copy = JSON.parse(JSON.stringify(darkness.matches ? looks.dark : looks.light));
    copy.legend.columns = Math.max(2, Math.floor(width / 150));
    copy.legend.labelLimit = Math.floor(width / copy.legend.columns) - 50;
    copy.axisX.titleLimit = Math.max(80, width - 60);
    return copy;
  }

  // Views side by side have no width of their own accord: they share that of the page, as far as they stay readable.
  function sized(specification, width) {
    var cells = specification.usermeta && specification.usermeta.cells;
    if (!cells) { return specification; }
    var copy = JSON.parse(JSON.stringify(specification));
    var size = Math.floor(Math.min(Math.max((width - 70) / cells - 8, 84), 260));
    (function visit(view) {
      if (view.width) { view.width = size; view.height = size; }
      ["x", "y"].forEach(function (name) {
        var axis = view.encoding && view.encoding[name] && view.encoding[name].axis;
        if (axis && axis.titleLimit) { axis.titleLimit = size; }
      });
      (view.hconcat || view.vconcat || view.layer || []).forEach(visit);
    })(copy);
    return copy;
  }

  function draw(chart) {
    var width = (chart.place.closest(".scroll") || chart.place).clientWidth;
    chart.width = width;
    var specification = sized(chart.specification, width);
    var isLarge = JSON.stringify(specification).length > 60000;
    var options = { actions: false, config: look(width), renderer: isLarge ? "canvas" : "svg", tooltip: { theme: darkness.matches ? "dark" : "light" } };
    return window.vegaEmbed(chart.place, specification, options).then(function (result) {
      if (chart.view) { chart.view.finalize(); }
      chart.view = result.view;
    }).catch(function (error) {
      chart.place.textContent = "This chart could not be drawn: " + error.message;
      console.error(chart.name, error);
    });
  }

  function drawAll() {
    return charts.reduce(function (before, chart) {
      return before.then(function () { return draw(chart); });
    }, Promise.resolve()).then(function () { document.documentElement.setAttribute("data-drawn", "true"); });
  }

  function save(name, address) {
    var link = document.createElement("a");
    link.download = name;
    link.href = address;
    document.body.appendChild(link);
    link.click();
    link.remove();
  }

  function saveSpecification(chart) {
    var whole = JSON.parse(JSON.stringify(chart.specification));
    whole.config = looks.light;
    if (whole.width === "container") { whole.width = 640; }
    var file = new Blob([JSON.stringify(whole, null, 2)], { type: "application/json" });
    var address = URL.createObjectURL(file);
    save(chart.name + ".vl.json", address);
    setTimeout(function () { URL.revokeObjectURL(address); }, 10000);
  }

  function savePicture(chart, format) {
    if (!chart.view) { return; }
    chart.view.toImageURL(format, 2).then(function (address) { save(chart.name + "." + format, address); });
  }

  function offer(chart) {
    var figure = chart.place.closest("figure");
    var title = figure.querySelector("h3").textContent;
    var row = document.createElement("div");
    row.className = "actions";
    [["Specification", function () { saveSpecification(chart); }],
      ["SVG", function () { savePicture(chart, "svg"); }],
      ["PNG", function () { savePicture(chart, "png"); }]].forEach(function (action) {
      var button = document.createElement("button");
      button.type = "button";
      button.textContent = action[0];
      button.setAttribute("aria-label", "Save as a file: " + action[0] + " of " + title);
      button.addEventListener("click", action[1]);
      row.appendChild(button);
    });
    figure.appendChild(row);
  }

  charts.forEach(offer);
  drawAll();
  darkness.addEventListener("change", drawAll);
  var pending = null;
  window.addEventListener("resize", function () {
    clearTimeout(pending);
    pending = setTimeout(function () {
      charts.forEach(function (chart) {
        var width = (chart.place.closest(".scroll") || chart.place).clientWidth;
        if (width !== chart.width) { draw(chart); }
      });
    }, 200);
  });
})();
