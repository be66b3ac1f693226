// Keeps /lite alive: figures by Server-Sent Events, else by asking again and
// again; seconds tick; what is old says so. The syntax is that of ECMAScript 5,
// for televisions.
(function () {
  "use strict";

  var ASK_MS = 2000;
  var SILENT_MS = 10000;
  var AGAIN_MS = 15000;

  var search = location.search;
  var place = document.getElementById("figures");
  var gone = document.getElementById("gone");
  var words = document.body;
  // The proxy's clock less ours, when it was heard last by ours.
  var ahead = 0;
  var heard = Date.now();
  var source = null;

  function two(n) {
    return n < 10 ? "0" + n : String(n);
  }

  function duration(ms) {
    var s = Math.max(0, Math.floor(ms / 1000));
    var h = Math.floor(s / 3600);
    var m = Math.floor(s / 60) % 60;
    return h ? h + ":" + two(m) + ":" + two(s % 60) : m + ":" + two(s % 60);
  }

  function learn() {
    var now = document.getElementById("now");
    heard = Date.now();
    if (now) {
      ahead = Number(now.getAttribute("data-now")) - heard;
    }
  }

  // The text is the proxy's own, in which all that is foreign was escaped.
  function show(html) {
    place.innerHTML = html;
    learn();
    tick();
  }

  function tick() {
    var now = Date.now();
    var silent = now - heard > SILENT_MS;
    if (silent) {
      gone.textContent = words.getAttribute("data-gone") + " " + duration(now - heard) + " " +
        words.getAttribute("data-old");
    }
    gone.hidden = !silent;
    place.className = silent ? "old" : "";
    if (silent) {
      return;
    }
    var all = place.querySelectorAll("[data-since]");
    for (var i = 0; i < all.length; i += 1) {
      all[i].textContent = duration(now + ahead - Number(all[i].getAttribute("data-since")));
    }
  }

  function ask() {
    var request = new XMLHttpRequest();
    request.open("GET", "lite" + (search ? search + "&" : "?") + "part=1");
    request.timeout = 8000;
    request.onload = function () {
      if (request.status === 200) {
        show(request.responseText);
      } else if (request.status === 401) {
        location.reload();
      }
    };
    request.send();
  }

  function listen() {
    if (!window.EventSource) {
      return;
    }
    source = new EventSource("lite/events" + search);
    source.onmessage = function (event) {
      show(event.data);
    };
    source.onerror = function () {
      // It comes back by itself, unless it was refused.
      if (source && source.readyState === 2) {
        source = null;
        // Not all at the same time.
        setTimeout(listen, AGAIN_MS * (0.5 + Math.random()));
      }
    };
  }

  learn();
  listen();
  setInterval(tick, 1000);
  setInterval(function () {
    // Events come at least every two seconds.
    if (Date.now() - heard > 2 * ASK_MS || !source) {
      ask();
    }
  }, ASK_MS);
})();
