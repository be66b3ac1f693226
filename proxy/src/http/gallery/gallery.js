// Puts this board's own address into what is to be pasted.
for (const place of document.querySelectorAll("[data-base]")) {
  place.textContent = new URL(".", location.href).href;
}
