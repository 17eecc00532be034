/* Draws each chart from the specification beside it. Until one is drawn, its static picture stands;
   if one cannot be drawn, its picture stays. Expressions are interpreted, so that the page needs no
   right to compile code. */
(() => {
  const options = {
    mode: "vega-lite",
    renderer: "svg",
    ast: true,
    actions: false,
    defaultStyle: false,
    tooltip: { theme: "nines", offsetX: 12, offsetY: 12 },
  };
  const draw = (figure) => {
    const place = figure.querySelector(".live");
    const spec = JSON.parse(figure.querySelector("script").textContent);
    figure.classList.add("drawn");
    return vegaEmbed(place, spec, options).catch((fault) => {
      figure.classList.remove("drawn");
      place.replaceChildren();
      console.error(`${figure.id} could not be drawn: ${fault.message}`);
    });
  };
  const figures = [...document.querySelectorAll("figure.chart")];
  Promise.all(figures.map(draw)).then(() => document.documentElement.setAttribute("data-drawn", ""));
})();
