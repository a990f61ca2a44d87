// An extra: the column of the chapter that is being read is lit in the drawing. Without it the page lacks nothing else.
document.documentElement.classList.add("live");
new Map(Array.from(document.querySelectorAll("section.chapter[id]"), s =>
  [s, document.querySelectorAll(".to-" + CSS.escape(s.id))])).forEach((columns, section) =>
  new IntersectionObserver(entries => entries.forEach(e =>
    columns.forEach(c => c.classList.toggle("lit", e.isIntersecting))), { rootMargin: "-30% 0px -60% 0px" }).observe(section));
