// Loads the larger build of the page when the first one asks for it. Its files
// are named in the page: a program, its WebAssembly and a style sheet.
{
  const meta = document.querySelector('meta[name="callboard-more"]');
  const files = (meta?.content ?? "").split(",");
  const at = (name) => new URL(name, document.baseURI).href;
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
}
