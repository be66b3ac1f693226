//! Mounts the board into the page.

fn main() {
    callboard_frontend::mount();
}
