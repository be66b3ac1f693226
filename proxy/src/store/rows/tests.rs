//! What a call counts for, to the disk and back.

use callboard_shared::decode::decode;
use callboard_shared::{Board, Stream};
use proptest::prelude::*;

use super::*;
use crate::store::pack::Kind;
use crate::store::schema;

fn database() -> Connection {
    let mut connection = Connection::open_in_memory().unwrap();
    connection.pragma_update(None, "foreign_keys", true).unwrap();
    schema::migrate(&mut connection).unwrap();
    connection
}

/// What is in the tables, as one contribution.
fn read(connection: &Connection) -> Contribution {
    let mut counted = Contribution::default();
    let sql = format!("SELECT {ENTRY} FROM entries ORDER BY place");
    let mut statement = connection.prepare(&sql).unwrap();
    for row in statement.query_map([], entry).unwrap() {
        match row.unwrap() {
            (true, entry) => counted.customer = Some(entry),
            (false, entry) => counted.passages.push(entry),
        }
    }
    let sql = format!("SELECT {OFFER} FROM offers ORDER BY place");
    let mut statement = connection.prepare(&sql).unwrap();
    counted.offers = statement.query_map([], offer).unwrap().map(Result::unwrap).collect();
    let sql = format!("SELECT {BESIDE}, at_ms FROM beside");
    let mut statement = connection.prepare(&sql).unwrap();
    for row in statement.query_map([], |row| Ok((beside(row)?, row.get(9)?))).unwrap() {
        let (beside, at) = row.unwrap();
        (counted.beside, counted.start) = (beside, Some(UnixMs(at)));
    }
    counted
}

fn ms() -> impl Strategy<Value = u64> {
    prop_oneof![0..100_000_u64, Just(0), Just(i64::MAX as u64)]
}

fn at() -> impl Strategy<Value = UnixMs> {
    any::<i64>().prop_map(UnixMs)
}

fn a_stand() -> impl Strategy<Value = Stand> {
    prop_oneof![
        ms().prop_map(|wait_ms| Stand::Handled { wait_ms }),
        ms().prop_map(|wait_ms| Stand::Abandoned { wait_ms }),
        prop::sample::select(vec![
            Stand::Open,
            Stand::Timeout,
            Stand::Full,
            Stand::Empty,
            Stand::Digit,
            Stand::Callback,
            Stand::Voicemail,
            Stand::Redirected,
            Stand::Other,
        ]),
    ]
}

fn an_entry() -> impl Strategy<Value = Entry> {
    let counts = (any::<[u32; 3]>(), any::<bool>(), any::<u32>(), ms(), ms());
    ("[a-zåäö' 0-9]{1,8}", at(), a_stand(), counts).prop_map(
        |(queue, at, stand, (callbacks, transferred, talks, talk_ms, hold_ms))| Entry {
            queue: queue.into(),
            at,
            stand,
            callbacks,
            transferred,
            talks,
            talk_ms,
            hold_ms,
        },
    )
}

fn an_offer() -> impl Strategy<Value = Offer> {
    let flags = any::<[bool; 3]>();
    ("[a-z0-9]{1,8}", prop::option::of("[a-z0-9]{1,4}"), at(), flags, [ms(), ms(), ms()]).prop_map(
        |(agent, queue, at, [answered, missed, hung_up_first], [ring_ms, talk_ms, hold_ms])| {
            Offer {
                agent: agent.into(),
                queue: queue.map(QueueKey::from),
                at,
                answered,
                missed,
                hung_up_first,
                ring_ms,
                talk_ms,
                hold_ms,
            }
        },
    )
}

fn a_beside() -> impl Strategy<Value = Beside> {
    any::<[u32; 9]>().prop_map(|n| Beside {
        outgoing: n[0],
        outgoing_answered: n[1],
        menu: n[2],
        menu_lost: n[3],
        menu_closed: n[4],
        internal: n[5],
        transferred: n[6],
        transferred_blind: n[7],
        transferred_in_vain: n[8],
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn contributions_come_back_as_they_went(
        start in at(),
        customer in prop::option::of(an_entry()),
        passages in prop::collection::vec(an_entry(), 0..4),
        offers in prop::collection::vec(an_offer(), 0..4),
        beside in a_beside(),
    ) {
        let connection = database();
        let sql = "INSERT INTO calls (key, id_call, start_ms, seen_ms, active, answered, dictionary, body) VALUES (7, 'a', 0, 0, 1, 0, 0, x'')";
        connection.execute(sql, []).unwrap();
        let start = (beside != Beside::default()).then_some(start);
        let counted = Contribution { start, customer, passages, offers, beside };
        put_contribution(&connection, 7, &counted, UnixMs(0)).unwrap();
        prop_assert_eq!(read(&connection), counted);
    }
}

#[test]
fn a_call_that_changes_leaves_nothing_behind() {
    let connection = database();
    let mut packer = Packer::load(&connection, Kind::Calls).unwrap();
    let mut board = Board::new(UnixMs(0));
    let id = CallId::from("a");
    for (stream, frame) in [
        (
            Stream::Calls,
            r#"{"id_call":"a","active":1,"call_direction":"incoming","internal":0,"time":{"start":1795337000000},"customer_target":{"number":"0701234567"},"queue_first":{"id":71,"name":"Support","timestart":1795337001000}}"#,
        ),
        (
            Stream::Agents,
            r#"{"id_call":"a","active":1,"agent":{"id":5,"name":"Ada Byron"},"queue":{"id":71},"time":{"start":1795337002000}}"#,
        ),
        (
            Stream::Calls,
            r#"{"id_call":"a","active":0,"time":{"start":1795337000000,"end":1795337009000},"queue_last":{"id":72,"name":"Sales","timestart":1795337005000,"fail_reason":"queue_leave_abandon"}}"#,
        ),
    ] {
        let document = decode(frame.as_bytes()).unwrap().documents.remove(0);
        board.apply(stream, document, UnixMs(1_795_337_010_000));
        put_call(&connection, &id, &board.calls[&id], &mut packer).unwrap();
        let mut counted = board.calls[&id].counted.clone();
        // Where nothing is beside, its instant is not kept.
        counted.start = counted.start.filter(|_| counted.beside != Beside::default());
        assert_eq!(read(&connection), counted);
    }
    let row: (i64, String, String, i64, bool) = connection
        .query_row("SELECT count(*), outcome, number, waited_ms, active FROM calls", [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
        })
        .unwrap();
    assert_eq!(row, (1, "abandoned".into(), "0701234567".into(), 8_000, false));
    let number = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(number("SELECT count(*) FROM call_queues"), 2);
    assert_eq!(number("SELECT count(*) FROM call_agents WHERE agent = '5'"), 1);
    assert_eq!(number("SELECT count(*) FROM agents WHERE name = 'Ada Byron'"), 1);
}
