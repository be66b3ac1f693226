//! A day as it was written, read back.

use super::{Day, Gap, Interval, Worst};
use crate::decode::own;
use crate::decode::slot::{Object, Slot};
use crate::ids::QueueKey;
use crate::stream::Stream;
use crate::text::Text;
use crate::time::UnixMs;
use crate::wire::ToldSettings;

#[derive(Default)]
struct Told {
    day: Day,
    settings: ToldSettings,
    gaps: Vec<ToldGap>,
    worst: Vec<ToldWorst>,
}

impl Object for Told {
    fn slot(&mut self, key: &str) -> Option<Slot<'_>> {
        Some(match key {
            "from" => Slot::At(&mut self.day.from),
            "to" => Slot::At(&mut self.day.to),
            "since" => Slot::At(&mut self.day.since),
            "interval_s" => Slot::Whole(&mut self.day.interval_s),
            "settings" => Slot::Object("settings", &mut self.settings),
            "gaps" => Slot::List("gaps", &mut self.gaps),
            "worst" => Slot::List("worst", &mut self.worst),
            "intervals" => Slot::List("intervals", &mut self.day.intervals),
            _ => return None,
        })
    }
}

read_by_slots!(Told);

impl<'de> serde::Deserialize<'de> for Day {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Day, D::Error> {
        Told::deserialize(from).map(Told::day)
    }
}

impl Day {
    /// Reads a day as the proxy wrote it, which is JSON in UTF-8; `None`: the
    /// text is none.
    pub fn read(text: impl AsRef<[u8]>) -> Option<Day> {
        let mut told = Told::default();
        own::read(text.as_ref(), Slot::Object("", &mut told))?;
        Some(told.day())
    }
}

impl Told {
    fn day(self) -> Day {
        let Told { day, settings, gaps, worst } = self;
        Day {
            settings: settings.settings(),
            gaps: gaps.into_iter().filter_map(ToldGap::gap).collect(),
            worst: worst.into_iter().map(ToldWorst::worst).collect(),
            ..day
        }
    }
}

impl Object for Interval {
    fn slot(&mut self, key: &str) -> Option<Slot<'_>> {
        Some(match key {
            "from" => Slot::At(&mut self.from),
            "to" => Slot::At(&mut self.to),
            "customers" => Slot::Map(&mut self.customers),
            "queues" => Slot::Map(&mut self.queues),
            _ => return None,
        })
    }
}

#[derive(Default)]
struct ToldGap {
    stream: Option<Stream>,
    from: UnixMs,
    to: UnixMs,
}

impl ToldGap {
    fn gap(self) -> Option<Gap> {
        Some(Gap { stream: self.stream?, from: self.from, to: self.to })
    }
}

object!(ToldGap {
    "stream" => Word(stream),
    "from" => At(from),
    "to" => At(to),
});

#[derive(Default)]
struct ToldWorst {
    at: UnixMs,
    until: UnixMs,
    queue: Option<Text>,
    waiting: u32,
    longest_wait_s: Option<f64>,
}

impl ToldWorst {
    fn worst(self) -> Worst {
        Worst {
            at: self.at,
            until: self.until,
            queue: self.queue.map(QueueKey),
            waiting: self.waiting,
            longest_wait_s: self.longest_wait_s.unwrap_or_default(),
        }
    }
}

object!(ToldWorst {
    "at" => At(at),
    "until" => At(until),
    "queue" => Text(queue),
    "waiting" => Whole(waiting),
    "longest_wait_s" => Seconds(longest_wait_s),
});
