//! With real sockets: what is written, and whose turn it is.

use callboard_shared::audience::Audience;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;

use super::*;
use crate::hub::frame::Opcode;

/// The proxy's end and the client's.
async fn connection() -> (Arc<TcpStream>, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (server, _) = listener.accept().await.unwrap();
    server.writable().await.unwrap();
    (Arc::new(server), client)
}

fn channel() -> Arc<Channel> {
    Arc::new(Channel::new(Audience::supervisor()))
}

fn say(channel: &Channel, text: &str) -> Arc<Frame> {
    let frame = Frame::new(Opcode::Text, text.as_bytes());
    channel.raw(Arc::clone(&frame));
    frame
}

fn park(membership: &Membership, stream: &Arc<TcpStream>, cursor: u64, deflate: bool) {
    let now = Instant::now();
    let turn = Turn { cursor, rest: Outbox::default(), written: now };
    membership.park(stream, deflate, turn, now);
}

/// Reads what is expected, and nothing else.
async fn expect(client: &mut TcpStream, frames: &[&Arc<Frame>], deflate: bool) {
    for frame in frames {
        let expected = frame.wire(deflate);
        let mut read = vec![0; expected.len()];
        client.read_exact(&mut read).await.unwrap();
        assert_eq!(read, **expected);
    }
}

#[tokio::test]
async fn who_keeps_up_gets_everything_without_its_task() {
    let channel = channel();
    let [(plain, mut plain_client), (small, mut small_client)] =
        [connection().await, connection().await];
    let memberships = [Membership::join(&channel), Membership::join(&channel)];
    park(&memberships[0], &plain, 0, false);
    park(&memberships[1], &small, 0, true);
    let one = say(&channel, &"one ".repeat(100));
    expect(&mut plain_client, &[&one], false).await;
    expect(&mut small_client, &[&one], true).await;
    // Both at once: as one piece.
    let (two, three) = (say(&channel, &"two ".repeat(100)), say(&channel, "three"));
    expect(&mut plain_client, &[&two, &three], false).await;
    expect(&mut small_client, &[&two, &three], true).await;
    let turn = memberships[0].take_back().unwrap();
    assert!(turn.cursor == 3 && turn.rest.is_empty());
    assert!(memberships[0].take_back().is_none(), "it is the task's already");
}

#[tokio::test]
async fn who_is_awake_or_behind_is_left_to_its_task() {
    let channel = channel();
    let [(awake, _awake_client), (behind, _behind_client), (other, mut other_client)] =
        [connection().await, connection().await, connection().await];
    let memberships = [(); 3].map(|()| Membership::join(&channel));
    park(&memberships[0], &awake, 0, false);
    assert_eq!(memberships[0].take_back().unwrap().cursor, 0);
    park(&memberships[2], &other, 0, false);
    let one = say(&channel, "one");
    expect(&mut other_client, &[&one], false).await;
    // Its news came before the loop's.
    park(&memberships[1], &behind, 0, false);
    let two = say(&channel, "two");
    expect(&mut other_client, &[&two], false).await;
    memberships[1].called().await;
    assert_eq!(memberships[1].take_back().unwrap().cursor, 0);
    assert!(memberships[0].take_back().is_none());
    // The next message is written neither twice nor by the wrong one.
    park(&memberships[0], &awake, 3, false);
    let three = say(&channel, "three");
    expect(&mut other_client, &[&three], false).await;
    assert_eq!(memberships[0].take_back().unwrap().cursor, 3, "it had that");
}

#[tokio::test]
async fn what_the_system_does_not_take_goes_back_in_order() {
    let channel = channel();
    let (stream, mut client) = connection().await;
    let membership = Membership::join(&channel);
    park(&membership, &stream, 0, false);
    let mut all = Vec::new();
    let mut said = 0;
    // Nobody reads: sooner or later the system takes no more.
    let turn = loop {
        let frame = say(&channel, &format!("{said} ").repeat(8_000));
        all.extend_from_slice(frame.wire(false));
        said += 1;
        yield_now().await;
        let is_back = matches!(&*membership.lane.lock(), Slot::Back(_));
        if is_back {
            break membership.take_back().unwrap();
        }
    };
    let mut rest = Vec::new();
    for (at, frame) in turn.rest.frames().iter().enumerate() {
        let offset = if at == 0 { turn.rest.offset() } else { 0 };
        rest.extend_from_slice(&frame.wire(false)[offset..]);
    }
    let mut cursor = turn.cursor;
    let mut frames = Vec::new();
    while cursor < said {
        assert!(channel.pull_for_all(&mut cursor, &mut frames));
    }
    frames.iter().for_each(|frame| rest.extend_from_slice(frame.wire(false)));
    let mut read = vec![0; all.len() - rest.len()];
    client.read_exact(&mut read).await.unwrap();
    read.extend_from_slice(&rest);
    assert!(read == all, "nothing is lost and nothing comes twice");
}

#[tokio::test]
async fn everybody_is_called_when_it_ends_or_begins_anew() {
    for end in [Channel::stop, Channel::start_anew] {
        let channel = channel();
        let (stream, _client) = connection().await;
        let memberships: Vec<_> = (0..200).map(|_| Membership::join(&channel)).collect();
        memberships.iter().for_each(|membership| park(membership, &stream, 0, false));
        end(&channel);
        for membership in &memberships {
            membership.called().await;
            assert_eq!(membership.take_back().unwrap().cursor, 0);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn every_task_gets_a_moment_now_and_then() {
    let channel = channel();
    let (stream, _client) = connection().await;
    let membership = Membership::join(&channel);
    park(&membership, &stream, 0, false);
    channel.wake();
    for _ in 0..10 {
        yield_now().await;
    }
    assert!(matches!(&*membership.lane.lock(), Slot::Parked(_)), "it had one just now");
    tokio::time::advance(MOMENT_EVERY).await;
    channel.wake();
    membership.called().await;
}

#[tokio::test]
async fn a_loop_ends_with_its_last_viewer_and_begins_with_the_next() {
    let channel = channel();
    for _ in 0..2 {
        let mut memberships: Vec<_> = (0..10).map(|_| Membership::join(&channel)).collect();
        assert!(channel.fanout.loops.iter().any(|one| one.lock().runs));
        memberships.pop();
        say(&channel, "one");
        drop(memberships);
        while Arc::strong_count(&channel) > 1 {
            yield_now().await;
        }
        assert!(channel.fanout.loops.iter().all(|one| {
            let Roster { newcomers, size, left, runs } = &*one.lock();
            newcomers.is_empty() && *size == 0 && *left == 0 && !runs
        }));
    }
}

#[test]
fn one_loop_is_filled_before_the_next() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let _guard = runtime.enter();
    let channel = channel();
    let memberships: Vec<_> = (0..LOOP_FROM).map(|_| Membership::join(&channel)).collect();
    assert!(memberships.iter().all(|membership| membership.place == 0));
    let next = Membership::join(&channel);
    assert_eq!(next.place, 1.min(channel.fanout.loops.len() - 1));
}
