//! The relay that one writes first: a broadcast channel and axum's WebSocket.

use std::net::{Ipv4Addr, SocketAddr};

use axum::Router;
use axum::extract::WebSocketUpgrade;
use axum::extract::ws::{Message, WebSocket};
use axum::routing::get;
use futures_util::StreamExt as _;
use tokio::net::TcpListener;
use tokio::sync::broadcast::{Receiver, Sender, channel};
use tokio_tungstenite::connect_async;

/// Runs until it is killed.
pub(super) fn relay(upstream: SocketAddr) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.expect("a runtime").block_on(serve(upstream));
}

async fn serve(upstream: SocketAddr) {
    let (send, _) = channel::<String>(1024);
    let (mut socket, _) = connect_async(format!("ws://{upstream}/calls")).await.expect("upstream");
    tokio::spawn({
        let send = send.clone();
        async move {
            while let Some(Ok(message)) = socket.next().await {
                // Without viewers there is nobody to tell.
                let _ = message.into_text().map(|text| send.send(text.to_string()));
            }
        }
    });
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
    super::announce(listener.local_addr().expect("it has an address"));
    let upgrade = move |upgrade: WebSocketUpgrade| {
        let send: Sender<String> = send.clone();
        async move { upgrade.on_upgrade(move |socket| viewer(socket, send.subscribe())) }
    };
    axum::serve(listener, Router::new().route("/calls", get(upgrade))).await.expect("it serves");
}

async fn viewer(mut socket: WebSocket, mut receive: Receiver<String>) {
    loop {
        tokio::select! {
            text = receive.recv() => {
                let Ok(text) = text else { return };
                if socket.send(Message::text(text)).await.is_err() {
                    return;
                }
            },
            heard = socket.recv() => if !matches!(heard, Some(Ok(_))) { return },
        }
    }
}
