//! What a role may not see: not told, not found, not counted.

use callboard_shared::AgentKey;

use super::*;

const ROUTES: [&str; 8] = [
    "/api/calls",
    "/api/calls.csv",
    "/api/calls.ndjson",
    "/api/calls/one",
    "/api/metrics?by=queue,agent,interval",
    "/api/day",
    "/api/explain?figure=offered",
    "/api/lost",
];

#[tokio::test]
async fn what_a_role_may_not_see_is_in_no_answer() {
    let board = board().await;
    let seen = async |role| {
        let mut all = String::new();
        let begun = board.begun.0;
        let back =
            [format!("/api/replay?at={begun}"), format!("/api/replay?at={}", clock::now().0)];
        for route in ROUTES.into_iter().map(str::to_owned).chain(back) {
            let route = route.as_str();
            let (status, body) = board.ask(&audience(role, None), route).await;
            assert_eq!(status, 200, "{route}: {body}");
            // Each tells of the call, or an absence would prove nothing.
            assert!(!route.contains("replay") || body.contains("\"one\""), "{body}");
            all.push_str(&body);
        }
        all
    };
    let supervisor = seen(Role::Supervisor).await;
    for text in [NUMBER, NAME, AGENT, EXTRA, "Support"] {
        assert!(supervisor.contains(text), "{text}");
    }
    let floor = seen(Role::Floor).await;
    for text in [NAME, AGENT, "•54", "Support"] {
        assert!(floor.contains(text), "{text}");
    }
    let public = seen(Role::Public).await;
    let pseudonym = audience(Role::Public, None).agent_key(&AgentKey::from(AGENT));
    for text in [pseudonym.as_str(), "Support"] {
        assert!(public.contains(text), "{text}");
    }
    for text in [&NUMBER[1..8], EXTRA, "812345"] {
        assert!(!floor.contains(text) && !public.contains(text), "{text}");
    }
    for text in ["Zaphod", AGENT, "\"54\"", "•"] {
        assert!(!public.contains(text), "{text}");
    }
}

#[tokio::test]
async fn what_is_hidden_cannot_be_searched_for() {
    let board = board().await;
    let [supervisor, floor, public] =
        [Role::Supervisor, Role::Floor, Role::Public].map(|role| audience(role, None));
    for number in ["0701987654", "+46 70 198", "198765"] {
        let query = format!("?q={}", number.replace('+', "%2B").replace(' ', "%20"));
        assert_eq!(board.ids(&supervisor, &query).await, "one", "{number}");
        let (status, body) = board.ask(&floor, &format!("/api/calls{query}")).await;
        assert_eq!(status, 400, "{body}");
        assert!(body.contains(r#""parameter":"q""#), "{body}");
        assert_eq!(board.ids(&public, &query).await, "");
    }
    for (query, by_floor, by_public) in [
        ("?q=zaphod", "one", ""),
        ("?q=agent-8061", "one", ""),
        ("?agent=agent-8061", "one", ""),
        ("?q=support", "one", "one"),
        ("?q=Hemlig", "", ""),
        ("?q=%25", "", ""),
        ("?queue=72", "three two", "three two"),
    ] {
        assert_eq!(board.ids(&floor, query).await, by_floor, "{query}");
        assert_eq!(board.ids(&public, query).await, by_public, "{query}");
    }
    let pseudonym = public.agent_key(&AgentKey::from(AGENT)).0.replace('~', "%7E");
    for query in [format!("?agent={pseudonym}"), format!("?q={pseudonym}")] {
        assert_eq!(board.ids(&public, &query).await, "one", "{query}");
        assert_eq!(board.ids(&floor, &query).await, "", "{query}");
    }
}

#[tokio::test]
async fn other_queues_are_as_if_they_were_not() {
    let board = board().await;
    for role in [Role::Supervisor, Role::Floor, Role::Public] {
        let only = audience(role, Some(&["72"]));
        assert_eq!(board.ids(&only, "").await, "three two");
        assert_eq!(board.ids(&only, "?queue=71").await, "");
        assert_eq!(board.ids(&only, "?q=support").await, "");
        let hidden = board.ask(&only, "/api/calls/one").await;
        assert_eq!(hidden.0, 404);
        assert_eq!(hidden, board.ask(&only, "/api/calls/none").await);
        for route in ["/api/calls.csv", "/api/calls.ndjson"] {
            let (_, body) = board.ask(&only, route).await;
            assert!(body.contains("two") && !body.contains("Support"), "{body}");
        }
        let figures = board.json(&only, "/api/metrics").await;
        assert_eq!(
            (&figures["total"]["offered"], &figures["total"]["waiting"]),
            (&2.into(), &1.into())
        );
        assert_eq!(figures["agents"], serde_json::json!({}));
        assert!(figures["queues"]["71"].is_null() && figures.get("beside").is_none());
        let others = board.json(&only, "/api/metrics?queue=71").await;
        assert_eq!(others["total"]["offered"], 0);
        assert_eq!(others["queues"], serde_json::json!({}));
    }
}
