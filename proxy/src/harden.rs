//! What the process gives up before it reads a secret.

/// Switches core dumps off, and with them every look into the process by
/// others of the same user: its memory and its first variables, which
/// `/proc/PID/environ` shows for as long as it runs, hold the token.
///
/// Where the system knows no such switch, or refuses, nothing changes.
pub fn no_dumps() {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use rustix::process::{DumpableBehavior, dumpable_behavior};

    #[test]
    fn afterwards_there_are_no_dumps() {
        super::no_dumps();
        assert_eq!(dumpable_behavior(), Ok(DumpableBehavior::NotDumpable));
    }
}
