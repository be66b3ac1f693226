// What needs no WebAssembly: loads the larger build of the page when the first
// one asks for it, keeps a television awake, and makes alarms heard.
{
  const meta = document.querySelector('meta[name="callboard-more"]');
  // A program, its WebAssembly and a style sheet.
  const files = (meta?.content ?? "").split(",");
  const at = (name) => new URL(name, document.baseURI).href;
  const asks = (name) => new URLSearchParams(location.search).get(name) === "1";

  const dress = (name) =>
    new Promise((done, failed) => {
      const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href: at(name) });
      link.onload = done;
      link.onerror = failed;
      document.head.append(link);
    });
  const load = async ([program, wasm, style]) => {
    const [{ default: start }] = await Promise.all([import(at(program)), dress(style)]);
    await start({ module_or_path: at(wasm) });
  };
  let loading;
  window.callboardMore = () => {
    if (files.length < 3) return;
    loading ??= load(files).catch((error) => {
      loading = undefined;
      console.error("callboard: the rest of the page could not be loaded:", error);
    });
  };

  // Browsers let a page sound and notify only after somebody has touched it.
  let audio;
  const touched = () => {
    if (asks("sound")) {
      audio ??= new AudioContext();
      audio.resume();
    }
    if (asks("notify") && window.Notification?.permission === "default") Notification.requestPermission();
    if (asks("tv") && !document.fullscreenElement) document.documentElement.requestFullscreen?.().catch(() => {});
    stay();
  };
  addEventListener("click", () => setTimeout(touched));

  // Two short notes, rising: heard across a room, and no siren.
  const sound = () => {
    [660, 880].forEach((pitch, index) => {
      const [note, volume] = [audio.createOscillator(), audio.createGain()];
      const begin = audio.currentTime + index * 0.18;
      note.frequency.value = pitch;
      volume.gain.setValueAtTime(0.2, begin);
      volume.gain.exponentialRampToValueAtTime(0.001, begin + 0.3);
      note.connect(volume).connect(audio.destination);
      note.start(begin);
      note.stop(begin + 0.3);
    });
  };
  window.callboardAlarm = (text) => {
    if (asks("sound") && audio?.state === "running") sound();
    if (asks("notify") && window.Notification?.permission === "granted") {
      new Notification("Callboard", { body: text, tag: "callboard" });
    }
  };

  // A lock is lost whenever the page is hidden. A page may become a television's by a click.
  let lock;
  const stay = async () => {
    if (!asks("tv") || document.hidden || lock?.released === false) return;
    lock = await navigator.wakeLock?.request("screen").catch(() => {});
  };
  document.addEventListener("visibilitychange", stay);
  stay();
}
