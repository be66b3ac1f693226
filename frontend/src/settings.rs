//! The browser's side of [`Params`]: the address bar, and what is set on the
//! page itself.

use callboard_shared::day::Day;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Element, Headers, HtmlElement, RequestInit, Response, UrlSearchParams, Window};

use crate::params::Params;
use crate::text::{self, Lang};

fn window() -> Option<Window> {
    web_sys::window()
}

fn root() -> Option<Element> {
    window()?.document()?.document_element()
}

/// What the URL asks for now.
pub(crate) fn params() -> Params {
    let query = || {
        let location = window()?.location();
        let query = UrlSearchParams::new_with_str(&location.search().ok()?).ok()?;
        let pairs = js_sys::Array::from(&query);
        let pair = |pair: JsValue| {
            let pair = js_sys::Array::from(&pair);
            Some((pair.get(0).as_string()?, pair.get(1).as_string()?))
        };
        let mut params = Params::read(pairs.iter().filter_map(pair));
        params.embed |= location.pathname().ok()?.ends_with("/embed");
        Some(params)
    };
    query().unwrap_or_default()
}

/// Puts what is asked for into the address bar, as a step that "back" undoes.
pub(crate) fn go(search: &str) {
    if let Some(Ok(history)) = window().map(|window| window.history()) {
        // Refused only by sandboxed frames; what is shown changes all the same.
        let _ = history.push_state_with_url(&JsValue::NULL, "", Some(&url(search)));
    }
}

/// The same without a step: what "back" leads to stays.
#[cfg(feature = "desk")]
pub(crate) fn amend(search: &str) {
    if let Some(Ok(history)) = window().map(|window| window.history()) {
        // As above.
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&url(search)));
    }
}

/// What is in the fragment stays: it may be the link.
fn url(search: &str) -> String {
    let hash = window().and_then(|window| window.location().hash().ok()).unwrap_or_default();
    let search = if search == "?" { "." } else { search };
    [search, &*hash].concat()
}

/// Sets on the page itself what style sheets look for.
pub(crate) fn dress(params: &Params) {
    let Some(root) = root() else { return };
    // Attributes of our own names are always allowed.
    let set = |name, value: &str| drop(root.set_attribute(name, value));
    set("data-theme", params.theme.word());
    set("data-density", if params.dense { "compact" } else { "normal" });
    set("data-tv", if params.tv { "on" } else { "off" });
    set("lang", text::lang().tag());
    let style = root.unchecked_ref::<HtmlElement>().style();
    let _ = match params.label_vh() {
        Some(hundredths) => {
            let (whole, part) = (hundredths / 100, hundredths % 100);
            style.set_property("--label", &format!("{whole}.{part:02}vh"))
        }
        None => style.remove_property("--label").map(drop),
    };
}

/// Makes an alarm heard and seen, as far as the URL asks for that and the
/// browser allows it (`loader.js`).
pub(crate) fn alarm(text: &str) {
    let alarm = || {
        let window = window()?;
        let alarm = js_sys::Reflect::get(&window, &JsValue::from_str("callboardAlarm")).ok()?;
        alarm.dyn_ref::<js_sys::Function>()?.call1(&JsValue::NULL, &JsValue::from_str(text)).ok()
    };
    let _ = alarm();
}

/// The language that the URL asks for, else the browser's first that is known.
pub(crate) fn language(params: &Params) -> Lang {
    let browsers = || {
        let tags = window()?.navigator().languages();
        tags.iter().find_map(|tag| Lang::of_tag(&tag.as_string()?))
    };
    params.lang.or_else(browsers).unwrap_or_default()
}

/// Loads a language and uses it from then on. Where that fails, the page
/// stays as it is.
pub(crate) async fn speak(lang: Lang) {
    let texts = match lang {
        Lang::En => Some(text::english()),
        lang => load(lang).await,
    };
    if texts.is_some_and(text::use_texts) {
        text::set_lang(lang);
    }
}

async fn load(lang: Lang) -> Option<Vec<String>> {
    let file = fetch_json(&format!("{}/lang/{}.json", folder()?, lang.tag())).await?;
    let part = |name| js_sys::Reflect::get(&file, &JsValue::from_str(name)).ok();
    let parts = text::PARTS.iter().filter_map(|name| part(*name));
    let texts = parts.flat_map(|part| js_sys::Object::values(part.unchecked_ref()));
    texts.map(|text: JsValue| text.as_string()).collect()
}

/// The JSON behind an address beside the page. `None` when it does not come,
/// or is none.
pub(crate) async fn fetch_json(url: &str) -> Option<JsValue> {
    let response = JsFuture::from(window()?.fetch_with_str(url)).await.ok()?;
    let response: Response = response.dyn_into().ok()?;
    if !response.ok() {
        return None;
    }
    JsFuture::from(response.json().ok()?).await.ok()
}

/// Asks the proxy, by a path such as `api/day`.
pub(crate) async fn ask(path: &str) -> Option<Response> {
    let request = RequestInit::new();
    // A link is a key of its own, and belongs into no address.
    if let Some(link) = link() {
        let headers = Headers::new().ok()?;
        headers.set("authorization", &["Bearer ", &link].concat()).ok()?;
        request.set_headers(&headers);
    }
    let url = [&*folder()?, "/", path].concat();
    let sent = window()?.fetch_with_str_and_init(&url, &request);
    JsFuture::from(sent).await.ok()?.dyn_into().ok()
}

/// The day so far, in intervals of so many seconds.
pub(crate) async fn ask_day(interval_s: u32) -> Option<Day> {
    let path = ["api/day?interval_s=", &interval_s.to_string()].concat();
    let response = ask(&path).await?;
    let text = JsFuture::from(response.text().ok()?).await.ok()?.as_string()?;
    Day::read(text)
}

/// The signed link that the page was opened with: it is the viewer's key.
pub(crate) fn link() -> Option<String> {
    let query = || params().get("link").map(str::to_owned);
    fragment().filter(|fragment| !fragment.is_empty()).or_else(query)
}

/// The link in the address's fragment, which no server sees: `#link=…`.
fn fragment() -> Option<String> {
    let hash = window()?.location().hash().ok()?;
    let pairs = UrlSearchParams::new_with_str(hash.strip_prefix('#')?).ok()?;
    pairs.get("link")
}

/// The folder that the page is in, without a slash at the end.
pub(crate) fn folder() -> Option<String> {
    let path = window()?.location().pathname().ok()?;
    Some(path.rfind('/').map_or_else(String::new, |end| path[..end].to_owned()))
}

/// Where a key is exchanged for a session.
#[cfg(feature = "desk")]
pub(crate) fn session_url() -> Option<String> {
    Some(format!("{}/api/session", folder()?))
}

/// Where the live socket is: beside the page, whatever path that lives under.
pub(crate) fn socket_url(resume: Option<(&str, u64)>) -> Option<String> {
    let location = window()?.location();
    let scheme = if location.protocol().ok()? == "https:" { "wss" } else { "ws" };
    let (host, folder) = (location.host().ok()?, folder()?);
    let query = match resume {
        Some((epoch, seq)) => format!("?epoch={epoch}&seq={seq}"),
        None => String::new(),
    };
    Some(format!("{scheme}://{host}{folder}/api/live{query}"))
}

/// The board in the next theme, going round.
pub(crate) fn next_theme(params: &Params) -> String {
    params.href(|params| params.theme = params.theme.next())
}
