//! The figures as HTML in one line. All that comes from outside is escaped.

use std::borrow::Cow;
use std::fmt::{self, Display, Write as _};

use callboard_shared::durations::clock;
use callboard_shared::glance::{Busy, Down, Figures, Glance, Queue, Waiting};
use callboard_shared::{Stream, UnixMs, Urgency};

use super::words::Words;

/// Rows of a list that a screen has room for.
const ROWS_MOST: usize = 100;

/// Text as HTML has it, in one line.
pub(super) fn escape(text: &str) -> Cow<'_, str> {
    let special = |c: char| matches!(c, '&' | '<' | '>' | '"' | '\'') || c.is_control();
    if !text.contains(special) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    Cow::Owned(escaped)
}

/// A duration that ticks where there is JavaScript.
struct Since(UnixMs, UnixMs);

impl Display for Since {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Since(since, now) = self;
        write!(
            f,
            "<span class=\"t\" data-since=\"{}\">{}</span>",
            since.0,
            clock(now.since_ms(*since))
        )
    }
}

struct Writer<'a> {
    to: String,
    words: &'a Words,
    now: UnixMs,
}

/// The figures; `names`: agents may be named.
pub(super) fn write(glance: &Glance, words: &Words, names: bool) -> String {
    let mut writer = Writer { to: String::with_capacity(8192), words, now: glance.now };
    let _ = write!(writer.to, "<div id=\"now\" data-now=\"{}\">", glance.now.0);
    if let Some(down) = &glance.down {
        writer.notice(down);
    }
    writer.tiles(&glance.total);
    writer.queues(&glance.queues);
    writer.waiting(&glance.waiting);
    if names {
        writer.agents(&glance.agents);
    }
    writer.to.push_str("</div>");
    writer.to
}

impl Writer<'_> {
    fn word(&self, name: &'static str) -> String {
        escape(self.words.get(name)).into_owned()
    }

    /// A count as the language writes it.
    fn count(&self, n: impl Into<u64>) -> String {
        self.words.lang.whole(n.into())
    }

    // Writing into a text cannot fail.
    fn put(&mut self, text: fmt::Arguments<'_>) {
        let _ = self.to.write_fmt(text);
    }

    fn notice(&mut self, down: &Down) {
        let all = down.streams.len() == Stream::ALL.len();
        let text = match (down.refused, all) {
            (true, _) => self.word("Refused"),
            (false, true) => self.word("NoUpstream"),
            (false, false) => {
                let name = |stream: &Stream| {
                    self.word(match stream {
                        Stream::Calls => "LinkCalls",
                        Stream::Queues => "LinkQueues",
                        Stream::Agents => "LinkAgents",
                    })
                };
                let names: Vec<_> = down.streams.iter().map(name).collect();
                self.word("PartsMissing").replace("{streams}", &names.join(", "))
            }
        };
        let (since, old) = (Since(down.since, self.now), self.word("Old"));
        self.put(format_args!("<p class=\"notice\" role=\"status\">{text} {since} {old}</p>"));
    }

    fn tile(
        &mut self,
        name: &str,
        class: &str,
        label: &'static str,
        value: impl Display,
        more: &str,
    ) {
        let label = self.word(label);
        self.put(format_args!(
            "<dl class=\"tile {class}\" data-figure=\"{name}\"><dt>{label}</dt><dd>{value}</dd>"
        ));
        if !more.is_empty() {
            self.put(format_args!("<dd class=\"more\">{more}</dd>"));
        }
        self.to.push_str("</dl>");
    }

    fn tiles(&mut self, total: &Figures) {
        let wait = total.wait_urgency.class();
        self.to.push_str("<div class=\"tiles\">");
        self.tile("waiting", wait, "Waiting", self.count(total.waiting), "");
        let longest = self.longest(total);
        self.tile("longest", wait, "LongestWait", longest, "");
        self.tile("talking", "calm", "Talking", self.count(total.talking), "");
        let (level, class) = (self.level(total), total.level_urgency.class());
        let target = self.word("Target").replace("{p}", &format!("{} %", total.target));
        let target = target.replace("{s}", &self.count(total.target_within_s));
        self.tile("service-level", class, "ServiceLevel", level, &target);
        self.tile("offered", "calm", "Offered", self.count(total.offered), "");
        self.tile("handled", "calm", "Handled", self.count(total.handled), "");
        self.tile("abandoned", "calm", "Abandoned", self.count(total.abandoned), "");
        self.to.push_str("</div>");
    }

    fn longest(&self, figures: &Figures) -> String {
        figures.longest_since.map_or_else(|| "–".to_owned(), |at| Since(at, self.now).to_string())
    }

    fn level(&self, figures: &Figures) -> String {
        let level = figures.service_level.map(|percent| format!("{percent} %"));
        level.unwrap_or_else(|| self.word("NotAvailable"))
    }

    /// The beginning of a table, up to its first row.
    fn table(&mut self, class: &str, caption: &'static str, columns: &[&'static str]) {
        let caption = self.word(caption);
        self.put(format_args!("<table class=\"{class}\"><caption>{caption}</caption><thead><tr>"));
        for column in columns {
            let column = self.word(column);
            self.put(format_args!("<th scope=\"col\">{column}</th>"));
        }
        self.to.push_str("</tr></thead><tbody>");
    }

    fn end_table(&mut self, left_out: usize) {
        self.to.push_str("</tbody></table>");
        if left_out > 0 {
            let left_out = self.count(left_out as u64);
            self.put(format_args!("<p class=\"more\">+{left_out}</p>"));
        }
    }

    fn queues(&mut self, queues: &[Queue]) {
        const COLUMNS: [&str; 8] = [
            "Queue",
            "Waiting",
            "LongestWait",
            "Talking",
            "ServiceLevel",
            "Offered",
            "Handled",
            "Abandoned",
        ];
        self.table("queues", "AllQueues", &COLUMNS);
        for Queue { id, name, figures } in queues.iter().take(ROWS_MOST) {
            let worst = figures.wait_urgency.max(figures.level_urgency);
            self.put(format_args!("<tr data-queue=\"{}\"", escape(id.as_str())));
            self.row_class(worst);
            self.put(format_args!("<th scope=\"row\">{}</th>", escape(name)));
            let (longest, level) = (self.longest(figures), self.level(figures));
            let cells = [
                ("waiting", self.count(figures.waiting)),
                ("longest", longest),
                ("talking", self.count(figures.talking)),
                ("service-level", level),
                ("offered", self.count(figures.offered)),
                ("handled", self.count(figures.handled)),
                ("abandoned", self.count(figures.abandoned)),
            ];
            for (figure, value) in cells {
                self.put(format_args!("<td data-figure=\"{figure}\">{value}</td>"));
            }
            self.to.push_str("</tr>");
        }
        self.end_table(queues.len().saturating_sub(ROWS_MOST));
    }

    fn row_class(&mut self, urgency: Urgency) {
        self.put(format_args!(" class=\"{}\">", urgency.class()));
    }

    fn waiting(&mut self, waiting: &[Waiting]) {
        if waiting.is_empty() {
            let text = self.word("NoOneWaits");
            self.put(format_args!("<p class=\"more\">{text}</p>"));
            return;
        }
        self.table("waiting", "Waiting", &["Caller", "Queue", "Time"]);
        for one in waiting.iter().take(ROWS_MOST) {
            self.to.push_str("<tr");
            self.row_class(one.urgency);
            let caller = escape(one.caller.as_deref().unwrap_or("–"));
            let since = Since(one.since, self.now);
            self.put(format_args!(
                "<th scope=\"row\">{caller}</th><td>{}</td><td>{since}</td></tr>",
                escape(&one.queue)
            ));
        }
        self.end_table(waiting.len().saturating_sub(ROWS_MOST));
    }

    fn agents(&mut self, agents: &[Busy]) {
        let talking: Vec<_> = agents.iter().filter(|agent| agent.talking).collect();
        if talking.is_empty() {
            return;
        }
        self.table("agents", "AgentsOnCalls", &["Agent", "Queue", "Time"]);
        for one in talking.iter().take(ROWS_MOST) {
            let name = escape(one.name.as_deref().unwrap_or("–"));
            let queue = escape(one.queue.as_deref().unwrap_or("–"));
            let since = Since(one.since, self.now);
            self.put(format_args!(
                "<tr><th scope=\"row\">{name}</th><td>{queue}</td><td>{since}</td></tr>"
            ));
        }
        self.end_table(talking.len().saturating_sub(ROWS_MOST));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_from_outside_is_markup() {
        assert_eq!(escape("<b a='1' c=\"2\">&\n"), "&lt;b a=&#39;1&#39; c=&quot;2&quot;&gt;&amp; ");
        assert!(matches!(escape("Växel 1"), Cow::Borrowed(_)));
    }
}
