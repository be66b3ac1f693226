//! Rows 4, 5, 8, 9, 11, 12: frames that break the rules or mean to be too many.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::DeflateEncoder;
use support::Rude;
use support::rude::frame;

use super::{SOCKETS, still_works, watched};

/// A name, the bytes, and the code that they are answered with.
type Attack = (&'static str, Vec<u8>, u16);

/// Closes with this code and reason.
fn closing(code: u16, reason: &[u8]) -> Vec<u8> {
    frame(0x88, &[&code.to_be_bytes(), reason].concat())
}

/// A text frame that says it is this long, and its first bytes.
fn claiming(length: u64) -> Vec<u8> {
    [&[0x81, 0xFF][..], &length.to_be_bytes(), &[0; 4], b"begun"].concat()
}

/// Row 11: what the protocol forbids.
fn broken() -> Vec<Attack> {
    let mut attacks: Vec<Attack> = vec![
        ("unmasked", vec![0x81, 2, b'{', b'}'], 1002),
        ("RSV1 without compression", frame(0xC1, b"{}"), 1002),
        ("RSV2", frame(0xA1, b"{}"), 1002),
        ("RSV3", frame(0x91, b"{}"), 1002),
        ("bad UTF-8", frame(0x81, &[b'{', 0xFF, 0xFE]), 1007),
        ("overlong UTF-8", frame(0x81, &[0xC0, 0xAF]), 1007),
        ("a surrogate", frame(0x81, &[0xED, 0xA0, 0x80]), 1007),
        ("bad UTF-8 over two frames", [frame(0x01, &[0xCE]), frame(0x80, &[0xCE])].concat(), 1007),
        ("a continuation of nothing", frame(0x80, b"{}"), 1002),
        ("a message within a message", [frame(0x01, b"{"), frame(0x81, b"}")].concat(), 1002),
        ("a ping in pieces", frame(0x09, b""), 1002),
        ("a long ping", frame(0x89, &[0; 126]), 1002),
        ("half a close code", frame(0x88, &[3]), 1002),
        ("a close reason that is no text", closing(1000, &[0xFF]), 1007),
    ];
    for opcode in [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] {
        attacks.push(("a reserved opcode", frame(0x80 | opcode, b""), 1002));
    }
    for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535] {
        attacks.push(("a close code that none may send", closing(code, b""), 1002));
    }
    attacks
}

#[tokio::test]
async fn row_11_frames_that_break_the_protocol_are_answered_with_the_right_code() {
    let (simulator, proxy, mut viewer) = watched(&[]).await;
    for path in SOCKETS {
        for (name, bytes, expected) in broken() {
            let rude = Rude::connect(proxy.server.address()).await;
            let code = rude.open(path, &[]).await.attack(&bytes, 1).await;
            assert_eq!(code, expected, "{path}: {name}: {bytes:x?}");
        }
    }
    still_works(&simulator, &mut viewer).await;
}

#[tokio::test]
async fn row_4_lengths_beyond_all_limits_are_refused_before_anything_is_stored() {
    let (simulator, proxy, mut viewer) = watched(&[]).await;
    let before = proxy.server.process().memory();
    for (length, expected) in [
        (4097, 1009),
        (16 << 20, 1009),
        (u64::from(u32::MAX), 1009),
        ((1 << 63) - 1, 1009),
        (1 << 63, 1002),
        (u64::MAX, 1002),
    ] {
        for _ in 0..20 {
            let mut rude = Rude::connect(proxy.server.address()).await.open("/api/live", &[]).await;
            assert_eq!(rude.attack(&claiming(length), 1).await, expected, "{length}");
        }
    }
    let whole = frame(0x81, &vec![b'x'; 16 << 20]);
    for path in SOCKETS {
        let mut rude = Rude::connect(proxy.server.address()).await.open(path, &[]).await;
        assert_eq!(rude.attack(&whole, 1).await, 1009, "16 MiB to {path}");
    }
    let grown = proxy.server.process().memory().saturating_sub(before);
    assert!(grown < 16 << 20, "grown by {grown} bytes");
    still_works(&simulator, &mut viewer).await;
}

#[tokio::test]
async fn row_5_fragments_without_end_are_cut_off() {
    let (simulator, proxy, mut viewer) = watched(&[]).await;
    for path in SOCKETS {
        let rude = Rude::connect(proxy.server.address()).await;
        let mut rude = rude.open(path, &[]).await;
        assert!(rude.say(frame(0x01, b"{")).await);
        assert_eq!(rude.attack(&frame(0x00, b" "), 200_000).await, 1009, "{path}");
    }
    still_works(&simulator, &mut viewer).await;
}

#[tokio::test]
async fn row_8_floods_of_pings_and_messages_end_the_socket() {
    let (simulator, proxy, mut viewer) = watched(&[]).await;
    let before = proxy.server.process().memory();
    let pings = frame(0x89, b"are you there?").repeat(100_000);
    let filter = frame(0x81, br#"{"type":"filter","queues":["71"]}"#);
    for path in SOCKETS {
        let open = async || Rude::connect(proxy.server.address()).await.open(path, &[]).await;
        assert_eq!(open().await.attack_unheard(&pings).await, 1008, "{path}: pings unread");
        assert_eq!(open().await.attack(&frame(0x8A, b""), 100_000).await, 1008, "{path}: pongs");
        assert_eq!(open().await.attack(&filter, 20_000).await, 1008, "{path}: messages");
        assert_eq!(open().await.attack(&frame(0x82, b""), 20_000).await, 1008, "{path}: binary");
    }
    let grown = proxy.server.process().memory().saturating_sub(before);
    assert!(grown < 16 << 20, "grown by {grown} bytes");
    still_works(&simulator, &mut viewer).await;
}

/// A compressed message, as RFC 7692 wants it.
fn deflated(text: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(text).expect("memory takes all");
    encoder.flush().expect("memory takes all");
    let bytes = encoder.get_ref();
    let end = bytes.strip_suffix(&[0, 0, 0xFF, 0xFF]).expect("a flush ends so");
    frame(0xC1, end)
}

#[tokio::test]
async fn row_9_a_compression_bomb_is_not_unpacked() {
    let (simulator, proxy, mut viewer) = watched(&[]).await;
    let headers = [("sec-websocket-extensions", "permessage-deflate")];
    let open =
        async |path: &str| Rude::connect(proxy.server.address()).await.open(path, &headers).await;
    let before = proxy.server.process().memory();
    // Nearly all that four KiB of deflate can hold.
    let bomb = deflated(&vec![b' '; 3 << 20]);
    assert!(bomb.len() < 4 * 1024, "{} bytes are too many to be unpacked at all", bomb.len());
    for _ in 0..50 {
        assert_eq!(open("/api/live").await.attack(&bomb, 1).await, 1009);
    }
    let grown = proxy.server.process().memory().saturating_sub(before);
    assert!(grown < 8 << 20, "grown by {grown} bytes");
    // Where nothing is compressed, a compressed message breaks the protocol.
    assert_eq!(open("/calls").await.attack(&bomb, 1).await, 1002);
    // What is no deflate at all, and a text that says something else.
    assert_eq!(open("/api/live").await.attack(&frame(0xC1, &[0xFF; 40]), 1).await, 1007);
    assert_eq!(open("/api/live").await.attack(&deflated(b"{}"), 1).await, 1008);
    // A good one is taken: six of them are too many in a second, not too strange.
    let good = deflated(br#"{"type":"filter","queues":["71"]}"#);
    let flood = [good.repeat(5), frame(0x88, &1000_u16.to_be_bytes())].concat();
    assert_eq!(open("/api/live").await.attack(&flood, 1).await, 1000);
    still_works(&simulator, &mut viewer).await;
}

#[tokio::test]
async fn row_12_deep_and_odd_json_of_a_viewer_is_refused() {
    let (simulator, proxy, mut viewer) = watched(&[]).await;
    for text in [
        "[".repeat(4000),
        format!(r#"{{"type":"filter","queues":{}"#, "[".repeat(3900)),
        format!(r#"{{"type":"filter","x":{}}}"#, r#"{"a":"#.repeat(500)),
        r#"{"type":"filter","type":"snapshot"}"#.to_owned(),
        r#"{"type":"filter","queues":[1e999]}"#.to_owned(),
        format!(r#"{{"type":"filter","queues":[{}]}}"#, "9".repeat(3000)),
        "\u{0}".to_owned(),
    ] {
        let mut rude = Rude::connect(proxy.server.address()).await.open("/api/live", &[]).await;
        let code = rude.attack(&frame(0x81, text.as_bytes()), 1).await;
        assert_eq!(code, 1008, "{}", &text[..text.len().min(60)]);
    }
    still_works(&simulator, &mut viewer).await;
}
