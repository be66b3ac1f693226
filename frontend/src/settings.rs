//! What the URL asks for. A board is a link.

use web_sys::{UrlSearchParams, Window};

/// `?theme=`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Theme {
    /// As the system has it.
    #[default]
    System,
    /// Light on dark.
    Dark,
    /// Dark on light.
    Light,
}

impl Theme {
    fn from_word(word: &str) -> Theme {
        match word {
            "dark" => Theme::Dark,
            "light" => Theme::Light,
            _ => Theme::System,
        }
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            Theme::System => "system",
            Theme::Dark => "dark",
            Theme::Light => "light",
        }
    }

    /// The next one for a button that goes round.
    pub(crate) fn next(self) -> Theme {
        match self {
            Theme::System => Theme::Dark,
            Theme::Dark => Theme::Light,
            Theme::Light => Theme::System,
        }
    }
}

fn window() -> Option<Window> {
    web_sys::window()
}

fn query() -> Option<UrlSearchParams> {
    UrlSearchParams::new_with_str(&window()?.location().search().ok()?).ok()
}

/// The theme that the URL asks for.
pub(crate) fn theme() -> Theme {
    let word = query().and_then(|query| query.get("theme"));
    word.map_or(Theme::System, |word| Theme::from_word(&word))
}

/// Puts the theme on the page and into the URL.
pub(crate) fn set_theme(theme: Theme) {
    let root = window().and_then(|window| window.document()?.document_element());
    if let Some(root) = root {
        // An attribute of our own name is always allowed.
        let _ = root.set_attribute("data-theme", theme.word());
    }
    let Some((window, query)) = window().zip(query()) else { return };
    match theme {
        Theme::System => query.delete("theme"),
        _ => query.set("theme", theme.word()),
    }
    let search = String::from(query.to_string());
    let url = if search.is_empty() { ".".to_owned() } else { format!("?{search}") };
    if let Ok(history) = window.history() {
        // Refused only by sandboxed frames; the theme is set all the same.
        let _ = history.replace_state_with_url(&wasm_bindgen::JsValue::NULL, "", Some(&url));
    }
}

/// The signed link that the page was opened with: it is the viewer's key.
pub(crate) fn link() -> Option<String> {
    query()?.get("link")
}

/// The folder that the page is in, without a slash at the end.
fn folder() -> Option<String> {
    let path = window()?.location().pathname().ok()?;
    Some(path.rfind('/').map_or_else(String::new, |end| path[..end].to_owned()))
}

/// Where a key is exchanged for a session.
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
