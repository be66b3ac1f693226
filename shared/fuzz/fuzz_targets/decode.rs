//! Any bytes as a frame: decoding, folding and reading off never panic, the
//! canonical form is its own canonical form, and a repetition says nothing.
#![no_main]

use callboard_shared::board::{Applied, Board};
use callboard_shared::decode::decode;
use callboard_shared::figures::metrics::Settings;
use callboard_shared::{Document, Stream, UnixMs};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|frame: &[u8]| {
    let Ok(decoded) = decode(frame) else { return };
    let mut board = Board::default().with_ledger();
    for document in decoded.documents {
        let json = serde_json::to_string(&document).unwrap();
        let again: Document = serde_json::from_str(&json).unwrap();
        assert_eq!(again, document);
        for stream in Stream::ALL {
            board.apply(stream, document.clone(), UnixMs(1_700_000_000_000));
            let repeated = board.apply(stream, document.clone(), UnixMs(1_700_000_000_000));
            assert!(matches!(repeated, Applied::Known(..)));
        }
    }
    let now = UnixMs(1_700_000_100_000);
    let _ = board.total(&Settings::default(), now);
    let written = serde_json::to_string(&board).unwrap();
    let read: Board = serde_json::from_str(&written).unwrap();
    assert_eq!(read.figures, board.figures);
    assert_eq!(read.calls.len(), board.calls.len());
    for queue in read.queues.keys() {
        let _ = read.queue(queue, &Settings::default(), now);
    }
});
