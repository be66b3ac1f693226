//! Frames of well-behaved clients and of others.

use proptest::prelude::*;

use super::*;

/// A client's frame.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mask = [7, 0, 255, 13];
    let mut frame = vec![first];
    match payload.len() {
        length @ 0..=125 => frame.push(0x80 | length as u8),
        length => {
            frame.push(0x80 | 126);
            frame.extend_from_slice(&(length as u16).to_be_bytes());
        }
    }
    frame.extend_from_slice(&mask);
    frame.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    frame
}

/// What is heard, in pieces of `piece` bytes.
fn heard_in(pieces: usize, bytes: &[u8], deflate: bool) -> Vec<Heard> {
    let mut incoming = Incoming::new(&[], deflate);
    let mut all = Vec::new();
    'pieces: for piece in bytes.chunks(pieces) {
        let mut rest = piece;
        while !rest.is_empty() {
            let (taken, heard) = incoming.take(rest);
            rest = &rest[taken..];
            let is_broken = matches!(heard, Some(Heard::Broken(_)));
            all.extend(heard);
            if is_broken {
                break 'pieces;
            }
            if taken == 0 {
                break;
            }
        }
    }
    all
}

fn heard(bytes: &[u8]) -> Vec<Heard> {
    heard_in(bytes.len().max(1), bytes, false)
}

fn text(text: &str) -> Heard {
    Heard::Text(text.to_owned())
}

#[test]
fn frames_are_read_in_any_pieces() {
    let long = "x".repeat(4096);
    let bytes = [
        frame(0x81, b"hello"),
        frame(0x89, b"ping"),
        frame(0x81, long.as_bytes()),
        frame(0x8A, b""),
        frame(0x82, b"\xFF"),
        frame(0x88, &[0x03, 0xE8]),
    ]
    .concat();
    let expected = vec![
        text("hello"),
        Heard::Ping(b"ping".to_vec()),
        text(&long),
        Heard::Pong,
        Heard::Binary,
        Heard::Close(Some(1000)),
    ];
    for pieces in [1, 2, 3, 7, 1000, bytes.len()] {
        assert_eq!(heard_in(pieces, &bytes, false), expected, "in pieces of {pieces}");
    }
}

#[test]
fn a_message_may_come_in_pieces_with_a_ping_between() {
    let bytes = [frame(0x01, b"he"), frame(0x89, b""), frame(0x00, b"l"), frame(0x80, b"lo")];
    assert_eq!(heard(&bytes.concat()), [Heard::Ping(vec![]), text("hello")]);
}

#[test]
fn what_breaks_the_rules_is_named() {
    let unmasked = vec![0x81, 1, b'x'];
    let top_bit = [&[0x81, 0xFF][..], &[0xFF; 8], &[0; 4]].concat();
    let enormous = [&[0x81, 0xFF, 0x7F][..], &[0xFF; 7], &[0; 4]].concat();
    let fragments = (0..40).map(|i| frame(u8::from(i == 0), b"x")).collect::<Vec<_>>().concat();
    for (name, bytes, code) in [
        ("not masked", unmasked, code::PROTOCOL),
        ("reserved bit", frame(0xA1, b"x"), code::PROTOCOL),
        ("compressed without leave", frame(0xC1, b"x"), code::PROTOCOL),
        ("reserved opcode", frame(0x83, b"x"), code::PROTOCOL),
        ("ping in pieces", frame(0x09, b"x"), code::PROTOCOL),
        ("long ping", frame(0x89, &[0; 126]), code::PROTOCOL),
        ("2^64 - 1", top_bit, code::PROTOCOL),
        ("2^63 - 1", enormous, code::TOO_LARGE),
        ("over 4 KiB", frame(0x81, &[b'x'; 4097]), code::TOO_LARGE),
        (
            "over 4 KiB in pieces",
            [frame(1, &[b'x'; 4000]), frame(0x80, &[b'x'; 97])].concat(),
            code::TOO_LARGE,
        ),
        ("40 pieces", fragments, code::TOO_LARGE),
        ("goes on without a beginning", frame(0x80, b"x"), code::PROTOCOL),
        ("begins twice", [frame(1, b"x"), frame(1, b"x")].concat(), code::PROTOCOL),
        ("not UTF-8", frame(0x81, b"\xC3\x28"), code::NOT_UTF8),
        ("half a close code", frame(0x88, &[3]), code::PROTOCOL),
        ("close code 1005", frame(0x88, &[0x03, 0xED]), code::PROTOCOL),
        ("close code 5000", frame(0x88, &[0x13, 0x88]), code::PROTOCOL),
        ("close reason not UTF-8", frame(0x88, &[0x03, 0xE8, 0xFF]), code::NOT_UTF8),
    ] {
        assert_eq!(heard(&bytes).last(), Some(&Heard::Broken(code)), "{name}");
    }
}

#[test]
fn a_compressed_message_is_unpacked_up_to_the_limit() {
    use std::io::Write as _;
    let deflated = |text: &[u8]| {
        let mut out = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
        out.write_all(text).unwrap();
        out.flush().unwrap();
        let bytes = out.get_ref().clone();
        bytes[..bytes.len() - 4].to_vec()
    };
    let hear = |bytes: &[u8]| heard_in(bytes.len(), bytes, true);
    assert_eq!(hear(&frame(0xC1, &deflated(b"hello hello"))), [text("hello hello")]);
    let bomb = deflated(&vec![b'x'; 1_000_000]);
    assert!(bomb.len() < 4096);
    assert_eq!(hear(&frame(0xC1, &bomb)), [Heard::Broken(code::TOO_LARGE)]);
    assert_eq!(hear(&frame(0xC1, b"\xFF\xFF\xFF")), [Heard::Broken(code::NOT_UTF8)]);
}

proptest! {
    #[test]
    fn nothing_that_is_sent_breaks_the_reader(
        bytes in prop::collection::vec(any::<u8>(), 0..600),
        pieces in 1_usize..50,
        deflate in any::<bool>(),
    ) {
        let mut incoming = Incoming::new(&[], deflate);
        for piece in bytes.chunks(pieces) {
            let (taken, heard) = incoming.take(piece);
            prop_assert!(taken <= piece.len());
            prop_assert!(incoming.payload.capacity() <= 2 * MESSAGE_LIMIT);
            if let Some(Heard::Broken(_)) = heard {
                break;
            }
        }
    }
}
