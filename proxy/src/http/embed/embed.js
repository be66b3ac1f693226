// Tells the height of the board to the page around it, whenever it changes, if
// that page is of an origin that may know it.
(() => {
  if (window.parent === window) return;
  const allowed = document.currentScript.dataset.origins.split(" ").filter(Boolean);
  allowed.push(location.origin);
  // Browsers name the page around us in one of two ways, or not at all.
  const origin = () => {
    if (location.ancestorOrigins?.length) return location.ancestorOrigins[0];
    return document.referrer ? new URL(document.referrer).origin : null;
  };
  const parent = origin();
  const told = parent ? allowed.filter((one) => one.toLowerCase() === parent) : allowed;
  let last = 0;
  const tell = () => {
    const app = document.getElementById("app");
    const height = Math.ceil(app?.scrollHeight || document.body.scrollHeight);
    if (!height || height === last) return;
    last = height;
    for (const one of told) window.parent.postMessage({ type: "callboard-height", height }, one);
  };
  const app = document.getElementById("app");
  // What is in it changes without its own box doing so.
  new ResizeObserver(tell).observe(app);
  new MutationObserver(tell).observe(app, { childList: true, subtree: true });
  tell();
})();
