//! Files that the process may have open: most of them for viewers, a part for
//! all else, which nobody who watches can use up.
//!
//! A new file always gets the lowest number that is free. A connection with a
//! high one so tells that all below are taken; where viewers keep none of the
//! highest, these are free for requests, the upstream and the store at all
//! times, however often others come and go.

use rlimit::Resource;

/// Requests at the same time, sockets left out.
const REQUESTS: u64 = 1024;
/// The same of the listener for those who watch the proxy.
const WATCHING: u64 = 256;
/// For the upstream, the store and webhooks, beyond what is open from the start.
const OWN: u64 = 256;

/// Who may have how many.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Files {
    limit: u64,
    /// Requests at the same time.
    pub(super) requests: usize,
    /// Requests of those who watch the proxy.
    pub(super) watching: usize,
    own: u64,
}

impl Files {
    /// Within this process' limit. The log says when it is too low for
    /// `viewers`.
    pub(super) fn here(viewers: usize) -> Files {
        // Where it cannot be told, there is none.
        let limit = Resource::NOFILE.get_soft().unwrap_or(u64::MAX);
        let files = Files::of(limit);
        let room = files.viewers_below().saturating_sub(files.own);
        if room < viewers as u64 {
            tracing::warn!(
                "{limit} open files are room for about {room} viewers, which is less than \
                 `max-viewers`: raise the limit (`ulimit -n`, `LimitNOFILE`), or lower the setting"
            );
        }
        files
    }

    /// A quarter of a low limit is no viewer's.
    fn of(limit: u64) -> Files {
        let share = |most: u64, part: u64| most.min(limit / part).max(1);
        let count = |files: u64| usize::try_from(files).unwrap_or(usize::MAX);
        Files {
            limit,
            requests: count(share(REQUESTS, 8)),
            watching: count(share(WATCHING, 16)),
            own: share(OWN, 16),
        }
    }

    /// Files from this number on are not for viewers.
    pub(super) fn viewers_below(self) -> u64 {
        self.limit.saturating_sub(self.requests as u64 + self.watching as u64 + self.own)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn viewers_have_what_is_left() {
        for (limit, requests, watching, below) in [
            (u64::MAX, 1024, 256, u64::MAX - 1536),
            (16_384, 1024, 256, 14_848),
            (1024, 128, 64, 768),
            (256, 32, 16, 192),
            (0, 1, 1, 0),
        ] {
            let files = Files::of(limit);
            let shares = (files.requests, files.watching, files.viewers_below());
            assert_eq!(shares, (requests, watching, below), "{limit}");
        }
    }
}
