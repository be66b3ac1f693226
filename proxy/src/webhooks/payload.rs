//! An alert in words, for programs and for people. No number and no name of a
//! person is in it: the queue's name is the only text that a document says.

use callboard_shared::alert::{Kind, Level, Turn};
use callboard_shared::{QueueKey, UnixMs};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::Form;

/// A name is cut to so many characters.
const NAME_MOST: usize = 100;

/// What is told.
#[derive(Clone, Debug)]
pub(super) struct Alert<'a> {
    /// `None`: all calls.
    pub(super) queue: Option<&'a QueueKey>,
    pub(super) name: Option<&'a str>,
    pub(super) kind: Kind,
    pub(super) turn: Turn,
    pub(super) level: Level,
    pub(super) value: Option<u32>,
    /// The limit that is, or was, reached.
    pub(super) limit: Option<u32>,
    /// Since when it is so.
    pub(super) since: UnixMs,
    /// The same on the wall.
    pub(super) clock: String,
    pub(super) at: UnixMs,
    /// The board with this queue.
    pub(super) link: Option<String>,
}

/// The board with this queue alone, or with all of them.
pub(super) fn link(board: &str, queue: Option<&QueueKey>) -> String {
    let Some(queue) = queue else { return board.to_owned() };
    let mut url = format!("{board}?queues=");
    for byte in queue.0.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            url.push(char::from(byte));
        } else {
            url += &format!("%{byte:02X}");
        }
    }
    url
}

impl Alert<'_> {
    /// The body of the request.
    pub(super) fn written(&self, form: Form) -> String {
        let body = match form {
            Form::Json => self.json(),
            Form::Slack => self.slack(),
            Form::Teams => self.teams(),
        };
        body.to_string()
    }

    fn json(&self) -> Value {
        let queue = self.queue.map(|queue| json!({ "id": queue, "name": self.name }));
        json!({
            "version": 1,
            "event": self.turn,
            "queue": queue,
            "kind": self.kind,
            "level": self.level,
            "value": self.value,
            "limit": self.limit,
            "unit": unit(self.kind),
            "since": rfc3339(self.since),
            "at": rfc3339(self.at),
            "link": self.link,
        })
    }

    /// Plain text but for the link: a name cannot call a whole channel.
    fn slack(&self) -> Value {
        let escaped =
            |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let (title, facts) = (self.title(), self.facts());
        let plain = |text: &str| json!({ "type": "plain_text", "text": text, "emoji": false });
        let mut blocks = vec![
            json!({ "type": "section", "text": plain(&title) }),
            json!({ "type": "context", "elements": [plain(&facts)] }),
        ];
        if let Some(link) = &self.link {
            let text = format!("<{}|Open the board>", escaped(link));
            blocks.push(json!({ "type": "section", "text": { "type": "mrkdwn", "text": text } }));
        }
        json!({ "text": escaped(&format!("{title}. {facts}")), "blocks": blocks })
    }

    /// An Adaptive Card in a message, as workflows take it. Rich text has no
    /// markup, so a name is shown as it is.
    fn teams(&self) -> Value {
        let rich = |run: Value| json!({ "type": "RichTextBlock", "inlines": [run] });
        let color = match self.level {
            Level::Breach => "Attention",
            Level::Warn => "Warning",
            Level::Calm => "Good",
        };
        let title = json!({
            "type": "TextRun", "text": self.title(), "weight": "Bolder", "size": "Medium",
            "color": color,
        });
        let facts = json!({ "type": "TextRun", "text": self.facts() });
        let open =
            |link| json!({ "type": "Action.OpenUrl", "title": "Open the board", "url": link });
        let actions: Vec<_> = self.link.iter().map(open).collect();
        json!({
            "type": "message",
            "attachments": [{
                "contentType": "application/vnd.microsoft.card.adaptive",
                "contentUrl": null,
                "content": {
                    "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                    "type": "AdaptiveCard",
                    "version": "1.4",
                    "body": [rich(title), rich(facts)],
                    "actions": actions,
                },
            }],
        })
    }

    /// `Breach: Support – 12 callers waiting`
    fn title(&self) -> String {
        let word = match (self.turn, self.level) {
            (Turn::Resolved, _) => "Over",
            (_, Level::Breach) => "Breach",
            _ => "Warning",
        };
        let queue = match (self.queue, self.name) {
            (None, _) => "All calls".to_owned(),
            (Some(_), Some(name)) => one_line(name),
            (Some(queue), None) => format!("Queue {}", one_line(&queue.0)),
        };
        format!("{word}: {queue} – {}", self.figure())
    }

    fn figure(&self) -> String {
        let Some(n) = self.value else {
            return match self.kind {
                Kind::Waiting | Kind::LongestWait => "no one waits".to_owned(),
                Kind::ServiceLevel => "no service level".to_owned(),
                Kind::Silence => "silence is not watched now".to_owned(),
            };
        };
        match self.kind {
            Kind::Waiting if n == 1 => "1 caller waiting".to_owned(),
            Kind::Waiting => format!("{n} callers waiting"),
            Kind::LongestWait => format!("longest wait {n} s"),
            Kind::ServiceLevel => format!("service level {n} %"),
            Kind::Silence => format!("{n} min without a call"),
        }
    }

    fn facts(&self) -> String {
        let since = format!("since {}", self.clock);
        match (self.limit, unit(self.kind)) {
            (Some(limit), "percent") => format!("limit {limit} %, {since}"),
            (Some(limit), unit) => format!("limit {limit} {unit}, {since}"),
            (None, _) => since,
        }
    }
}

fn one_line(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(NAME_MOST).collect()
}

fn unit(kind: Kind) -> &'static str {
    match kind {
        Kind::Waiting => "calls",
        Kind::LongestWait => "s",
        Kind::ServiceLevel => "percent",
        Kind::Silence => "min",
    }
}

fn rfc3339(at: UnixMs) -> Option<String> {
    Some(Timestamp::from_millisecond(at.0).ok()?.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_a_name() {
        let queue = QueueKey::from("7 1");
        let alert = Alert {
            queue: Some(&queue),
            name: Some("<!channel> & [x](http://e.example)\n"),
            kind: Kind::Waiting,
            turn: Turn::Raised,
            level: Level::Breach,
            value: Some(12),
            limit: Some(10),
            since: UnixMs(1_795_337_000_000),
            clock: "09:43".to_owned(),
            at: UnixMs(1_795_337_001_500),
            link: Some(link("https://board.example/x/", Some(&queue))),
        };
        let title = "Breach: <!channel> & [x](http://e.example) – 12 callers waiting";
        let slack = alert.slack();
        assert_eq!(
            slack["text"],
            "Breach: &lt;!channel&gt; &amp; [x](http://e.example) – 12 callers waiting. \
             limit 10 calls, since 09:43"
        );
        assert_eq!(slack["blocks"][0]["text"]["type"], "plain_text");
        assert_eq!(slack["blocks"][0]["text"]["text"], title);
        let link = "<https://board.example/x/?queues=7%201|Open the board>";
        assert_eq!(slack["blocks"][2]["text"]["text"], link);
        let card = &alert.teams()["attachments"][0]["content"];
        assert_eq!(card["body"][0]["inlines"][0]["text"], title);
        let json = alert.json();
        assert_eq!(json["since"], "2026-11-22T08:43:20Z");
        assert_eq!(json["queue"], json!({ "id": "7 1", "name": alert.name }));
    }

    #[test]
    fn figures_are_said_in_their_units() {
        let said = |kind, value| {
            let alert = Alert {
                queue: None,
                name: None,
                kind,
                turn: Turn::Resolved,
                level: Level::Calm,
                value,
                limit: None,
                since: UnixMs(0),
                clock: "01:00".to_owned(),
                at: UnixMs(0),
                link: None,
            };
            alert.title()
        };
        for (kind, value, words) in [
            (Kind::Waiting, Some(1), "1 caller waiting"),
            (Kind::LongestWait, Some(70), "longest wait 70 s"),
            (Kind::LongestWait, None, "no one waits"),
            (Kind::ServiceLevel, Some(61), "service level 61 %"),
            (Kind::Silence, Some(30), "30 min without a call"),
        ] {
            assert_eq!(said(kind, value), format!("Over: All calls – {words}"));
        }
    }
}
