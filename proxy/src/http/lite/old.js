// Loaded only by browsers without modules: they get the board as plain HTML.
(function () {
  location.replace("lite" + location.search);
})();
