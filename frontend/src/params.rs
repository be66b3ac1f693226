//! What the URL asks for. A board is a link: everything that can be chosen is
//! in it.

use callboard_shared::UnixMs;

use crate::text::Lang;

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
    /// Black, white and strong lines.
    Contrast,
}

impl Theme {
    fn from_word(word: &str) -> Theme {
        match word {
            "dark" => Theme::Dark,
            "light" => Theme::Light,
            "contrast" => Theme::Contrast,
            _ => Theme::System,
        }
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            Theme::System => "system",
            Theme::Dark => "dark",
            Theme::Light => "light",
            Theme::Contrast => "contrast",
        }
    }

    /// The next one for a button that goes round.
    pub(crate) fn next(self) -> Theme {
        match self {
            Theme::System => Theme::Dark,
            Theme::Dark => Theme::Light,
            Theme::Light => Theme::Contrast,
            Theme::Contrast => Theme::System,
        }
    }
}

/// `?view=`: what is shown below the strip.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Page {
    /// Everything that is going on.
    #[default]
    Board,
    /// For a look from afar.
    Wall,
    /// The live calls only, for whoever has hundreds of them.
    Calls,
    /// Who gave up.
    Lost,
    /// Calls of any day.
    History,
    /// A day in figures.
    Day,
}

impl Page {
    /// Those of the strip, in its order.
    pub(crate) const ALL: [Page; 5] =
        [Page::Board, Page::Wall, Page::Lost, Page::History, Page::Day];

    pub(crate) fn word(self) -> &'static str {
        match self {
            Page::Board => "board",
            Page::Wall => "wall",
            Page::Calls => "calls",
            Page::Lost => "lost",
            Page::History => "history",
            Page::Day => "day",
        }
    }

    /// Whether the first load of the page can draw it.
    fn is_first(self) -> bool {
        matches!(self, Page::Board | Page::Wall | Page::Calls)
    }
}

/// Labels above this, in hundredths of the screen's height in percent, leave no
/// room for queues and agents side by side.
const SIDE_BY_SIDE: u32 = 260;
/// Seconds for each part that takes turns.
const ROTATE_S: u32 = 20;

/// What the URL asks for.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Params {
    pub(crate) view: Page,
    pub(crate) theme: Theme,
    pub(crate) lang: Option<Lang>,
    /// Smaller rows and gaps.
    pub(crate) dense: bool,
    /// Only these queues, in this order; none: all.
    pub(crate) queues: Vec<String>,
    /// On a television: no chrome, no cursor.
    pub(crate) tv: bool,
    /// From how far it is read, in m.
    pub(crate) distance: Option<u32>,
    /// The screen's diagonal, in inches.
    pub(crate) screen: Option<u32>,
    /// Seconds for each page of the lower part on a television.
    pub(crate) rotate: Option<u32>,
    /// Seconds between two drawings, for those whom change disturbs.
    pub(crate) every: Option<u32>,
    /// Without strip, for a frame in another page.
    pub(crate) embed: bool,
    /// Alarms sound.
    pub(crate) sound: bool,
    /// Alarms are browser notifications.
    pub(crate) notify: bool,
    /// The figure that is explained, and of which queue: `figure` or
    /// `figure@queue`.
    pub(crate) explain: Option<String>,
    /// The call that is shown in steps.
    pub(crate) call: Option<String>,
    /// The moment that the whole board is taken back to.
    pub(crate) at: Option<UnixMs>,
    /// The sheet of keys, or the settings, lie over the page.
    pub(crate) sheet: Option<String>,
    /// What else the URL holds: filters of a view, the signed link.
    pub(crate) rest: Vec<(String, String)>,
}

impl Params {
    /// Reads the pairs of a query.
    pub(crate) fn read(pairs: impl IntoIterator<Item = (String, String)>) -> Params {
        let mut params = Params::default();
        let (mut has_view, mut has_theme) = (false, false);
        for (name, value) in pairs {
            has_view |= name == "view";
            has_theme |= name == "theme";
            params.put(name, value);
        }
        let (view, theme) = params.usual();
        if !has_view {
            params.view = view;
        }
        if !has_theme {
            params.theme = theme;
        }
        params
    }

    /// What need not be told. A television shows the wall, and is dark, as it
    /// lights itself.
    fn usual(&self) -> (Page, Theme) {
        if self.tv { (Page::Wall, Theme::Dark) } else { (Page::Board, Theme::System) }
    }

    fn put(&mut self, name: String, value: String) {
        let is_on = || !matches!(&*value, "0" | "false" | "off");
        let number = || value.trim_end_matches(|c: char| !c.is_ascii_digit()).parse().ok();
        match &*name {
            "view" => {
                let mut known = Page::ALL.into_iter().chain([Page::Calls]);
                self.view = known.find(|page| page.word() == value).unwrap_or_default();
            }
            "theme" => self.theme = Theme::from_word(&value),
            "lang" => self.lang = Lang::of_tag(&value),
            "density" => self.dense = value == "compact",
            "queues" => self.queues = list(&value),
            "tv" => self.tv = is_on(),
            "distance" => self.distance = number().filter(|m| (1..=20).contains(m)),
            "screen" => self.screen = number().filter(|inches| (10..=200).contains(inches)),
            "rotate" => self.rotate = number().filter(|s| (5..=600).contains(s)),
            "every" => self.every = number().filter(|s| (1..=60).contains(s)),
            "embed" => self.embed = is_on(),
            "sound" => self.sound = is_on(),
            "notify" => self.notify = is_on(),
            "explain" => self.explain = Some(value),
            "call" => self.call = Some(value),
            "at" => self.at = value.parse().ok().map(UnixMs),
            "sheet" => self.sheet = Some(value),
            _ => self.rest.push((name, value)),
        }
    }

    /// The pairs of a query that asks for this.
    pub(crate) fn pairs(&self) -> Vec<(&str, String)> {
        let mut pairs = Vec::new();
        let mut put = |name, value: Option<String>| pairs.extend(value.map(|value| (name, value)));
        let on = |flag: bool| flag.then(|| "1".to_owned());
        let number = |number: Option<u32>| number.map(|number| number.to_string());
        let word = |word: &str, usual: bool| (!usual).then(|| word.to_owned());
        let (view, theme) = self.usual();
        put("view", word(self.view.word(), self.view == view));
        put("queues", word(&self.queues.join(","), self.queues.is_empty()));
        put("theme", word(self.theme.word(), self.theme == theme));
        put("lang", self.lang.map(|lang| lang.tag().to_owned()));
        put("density", word("compact", !self.dense));
        put("tv", on(self.tv));
        put("distance", number(self.distance));
        put("screen", number(self.screen));
        put("rotate", number(self.rotate));
        put("every", number(self.every));
        put("embed", on(self.embed));
        put("sound", on(self.sound));
        put("notify", on(self.notify));
        put("explain", self.explain.clone());
        put("call", self.call.clone());
        put("at", self.at.map(|at| at.0.to_string()));
        put("sheet", self.sheet.clone());
        pairs.extend(self.rest.iter().map(|(name, value)| (&**name, value.clone())));
        pairs
    }

    /// A link to the board as changed by `change`.
    pub(crate) fn href(&self, change: impl FnOnce(&mut Params)) -> String {
        let mut changed = self.clone();
        changed.over();
        change(&mut changed);
        changed.search()
    }

    /// Takes away what lies over the page, as any other choice does.
    pub(crate) fn over(&mut self) {
        (self.explain, self.call, self.sheet) = (None, None, None);
    }

    /// The query, with its question mark.
    pub(crate) fn search(&self) -> String {
        let mut search = String::from("?");
        for (name, value) in self.pairs() {
            if search.len() > 1 {
                search.push('&');
            }
            escape(&mut search, name);
            search.push('=');
            escape(&mut search, &value);
        }
        search
    }

    /// Whether it takes more than the first load of the page can draw.
    pub(crate) fn needs_more(&self) -> bool {
        !self.view.is_first()
            || self.explain.is_some()
            || self.call.is_some()
            || self.at.is_some()
            || self.sheet.is_some()
    }

    /// What else the URL holds under this name.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.rest.iter().find(|(known, _)| known == name).map(|(_, value)| &**value)
    }

    /// Sets what else the URL holds, or takes it away.
    #[cfg(feature = "desk")]
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.rest.retain(|(known, _)| known != name);
        if !value.is_empty() {
            self.rest.push((name.to_owned(), value.to_owned()));
        }
    }

    /// Seconds for each part that takes turns.
    pub(crate) fn rotate_s(&self) -> u32 {
        self.rotate.unwrap_or(ROTATE_S)
    }

    /// Whether parts take turns: on a television whose type leaves no room for
    /// all of them at once.
    pub(crate) fn takes_turns(&self) -> bool {
        self.tv && self.label_vh().is_some_and(|label| label > SIDE_BY_SIDE)
    }

    /// The smallest type that can be read from where the viewers are, in
    /// hundredths of the screen's height in percent.
    ///
    /// Capitals of a two-hundredth of the distance, for letters whose capitals
    /// are 0.72 of their size: 11 px per m on 55 inches at 1080 lines.
    pub(crate) fn label_vh(&self) -> Option<u32> {
        let usual = (self.tv || self.view == Page::Wall).then_some(if self.tv { 3 } else { 2 });
        let (distance, screen) = (self.distance.or(usual)?, self.screen.unwrap_or(55));
        Some((11 * 55 * 10_000 * distance / (1_080 * screen)).clamp(150, 700))
    }

    /// Whether this queue belongs to the board.
    pub(crate) fn shows(&self, queue: &str) -> bool {
        self.queues.is_empty() || self.queues.iter().any(|shown| shown == queue)
    }
}

/// Names with commas between them.
fn list(value: &str) -> Vec<String> {
    value.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// Writes what a query may hold as it is, and the rest byte by byte.
pub(crate) fn escape(to: &mut String, text: &str) {
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z'
            | b'A'..=b'Z'
            | b'0'..=b'9'
            | b'-'
            | b'_'
            | b'.'
            | b'~'
            | b','
            | b':'
            | b'@' => to.push(char::from(byte)),
            _ => {
                to.push('%');
                for digit in [byte >> 4, byte & 15] {
                    to.push(char::from(b"0123456789ABCDEF"[usize::from(digit)]));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Params {
        Params::read(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
    }

    #[test]
    fn what_was_written_is_read() {
        let params = read(&[
            ("view", "wall"),
            ("queues", "72, 71,"),
            ("theme", "light"),
            ("lang", "sv"),
            ("density", "compact"),
            ("tv", "1"),
            ("distance", "4m"),
            ("rotate", "20"),
            ("at", "1700000000000"),
            ("link", "a.b=c&d"),
        ]);
        assert_eq!((params.view, params.tv, params.distance), (Page::Wall, true, Some(4)));
        assert_eq!(params.queues, ["72", "71"]);
        let pairs = params.pairs();
        let again = Params::read(pairs.into_iter().map(|(name, value)| (name.to_owned(), value)));
        assert_eq!(again, params);
        assert!(params.search().contains("link=a.b%3Dc%26d"), "{}", params.search());
    }

    #[test]
    fn type_grows_with_the_distance_and_shrinks_with_the_screen() {
        let label = |query: &[(&str, &str)]| read(query).label_vh();
        assert_eq!(label(&[]), None);
        // 44 px of 1080 on 55 inches at 4 m.
        assert_eq!(label(&[("tv", "1"), ("distance", "4m")]), Some(407));
        assert_eq!(label(&[("tv", "1"), ("distance", "4"), ("screen", "65")]), Some(344));
        assert!(read(&[("tv", "1"), ("distance", "4m")]).takes_turns());
        assert!(!read(&[("view", "wall")]).takes_turns());
    }

    #[test]
    fn nonsense_is_the_usual_board() {
        let params = read(&[("view", "x"), ("distance", "900m"), ("rotate", "1"), ("tv", "0")]);
        assert_eq!(params, Params::default());
        assert_eq!(params.search(), "?");
    }

    #[test]
    fn a_television_is_a_dark_wall_unless_told_otherwise() {
        let usual = |query: &[(&str, &str)]| {
            let params = read(query);
            let again = params.pairs().into_iter().map(|(name, value)| (name.to_owned(), value));
            assert_eq!(Params::read(again), params);
            (params.view, params.theme)
        };
        assert_eq!(usual(&[("tv", "1")]), (Page::Wall, Theme::Dark));
        assert_eq!(usual(&[("theme", "light"), ("tv", "1")]), (Page::Wall, Theme::Light));
        assert_eq!(usual(&[("tv", "1"), ("theme", "system")]), (Page::Wall, Theme::System));
        assert_eq!(usual(&[("tv", "1"), ("view", "board")]), (Page::Board, Theme::Dark));
        assert_eq!(usual(&[("tv", "0")]), (Page::Board, Theme::System));
    }

    #[test]
    fn a_link_closes_what_lies_over_the_page() {
        let params = read(&[("call", "a"), ("q", "x")]);
        assert!(params.needs_more());
        assert_eq!(params.href(|params| params.view = Page::Wall), "?view=wall&q=x");
        assert!(!params.shows("") || params.queues.is_empty());
        #[cfg(feature = "desk")]
        {
            let mut params = params;
            params.set("q", "");
            assert_eq!((params.get("q"), params.rest.len()), (None, 0));
        }
    }
}
