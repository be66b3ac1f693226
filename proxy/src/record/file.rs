//! The file: appended to in whole lines, one writer at a time, put aside when
//! it is large or old.

use std::fs::{File, OpenOptions, Permissions, TryLockError};
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use callboard_shared::UnixMs;

use super::{Line, Options};

/// How much is read at a time when the last line's end is looked for.
const STEP: u64 = 64 * 1024;
/// How each of our lines begins.
const BEGINNING: &[u8] = br#"{"at":"#;

/// A recording that is being written.
pub(super) struct Recording {
    file: File,
    path: PathBuf,
    bytes: u64,
    /// When its first line came.
    since: Option<UnixMs>,
    most_bytes: Option<u64>,
    most_ms: Option<u64>,
}

impl Recording {
    /// Opens or makes the file; cuts off a line that a crash has left half
    /// written, and says so.
    pub(super) fn open(options: &Options) -> io::Result<(Recording, Option<String>)> {
        let path = options.out.clone();
        let mut file = open(&path)?;
        let since = first_line(&file)?;
        let (bytes, cut) = mend(&mut file)?;
        let notice = (cut > 0).then(|| {
            format!(
                "{}: the last line was half written; its {cut} bytes are cut off",
                path.display()
            )
        });
        let recording = Recording {
            file,
            path,
            bytes,
            since,
            most_bytes: options.rotate_mb.map(|mb| mb * 1_000_000),
            most_ms: options.rotate_hours.map(|hours| hours * 3_600_000),
        };
        Ok((recording, notice))
    }

    /// Appends whole lines; they are on the disk when this returns.
    pub(super) fn append(&mut self, lines: &[u8], now: UnixMs) -> io::Result<()> {
        if self.is_full(now) {
            self.put_aside(now)?;
        }
        self.file.write_all(lines)?;
        self.file.sync_data()?;
        self.bytes += lines.len() as u64;
        self.since.get_or_insert(now);
        Ok(())
    }

    fn is_full(&self, now: UnixMs) -> bool {
        let large = self.most_bytes.is_some_and(|most| self.bytes >= most);
        let old =
            self.since.zip(self.most_ms).is_some_and(|(since, most)| now.since_ms(since) >= most);
        self.bytes > 0 && (large || old)
    }

    /// Gives the file a name with the time and begins a new one.
    fn put_aside(&mut self, now: UnixMs) -> io::Result<()> {
        let aside = free_name(&self.path, now);
        std::fs::rename(&self.path, &aside)?;
        self.file = open(&self.path)?;
        (self.bytes, self.since) = (0, None);
        tracing::info!(file = %aside.display(), "recording put aside");
        Ok(())
    }
}

/// Opens for appending, for nobody else to read or write.
fn open(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path)?;
    match file.try_lock() {
        Ok(()) => (),
        Err(TryLockError::WouldBlock) => {
            return Err(io::Error::other("another recorder writes to it: choose another file"));
        }
        Err(TryLockError::Error(error)) => return Err(error),
    }
    // Permissions of a device are not ours to change.
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is no plain file: choose another one"));
    }
    file.set_permissions(Permissions::from_mode(0o600))?;
    // A new file is only there once its folder says so.
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
    Ok(file)
}

/// Cuts the file after its last whole line; returns its size and what was cut.
fn mend(file: &mut File) -> io::Result<(u64, u64)> {
    let size = file.metadata()?.len();
    let (mut end, mut part) = (size, Vec::new());
    let whole = loop {
        if end == 0 {
            break 0;
        }
        let start = end.saturating_sub(STEP);
        part.clear();
        file.seek(SeekFrom::Start(start))?;
        (&*file).take(end - start).read_to_end(&mut part)?;
        if let Some(at) = part.iter().rposition(|byte| *byte == b'\n') {
            break start + at as u64 + 1;
        }
        end = start;
    };
    if whole < size {
        file.set_len(whole)?;
        file.sync_all()?;
    }
    Ok((whole, size - whole))
}

/// When the first line came. Somebody else's file is refused before it could
/// lose a byte.
fn first_line(file: &File) -> io::Result<Option<UnixMs>> {
    let foreign = || io::Error::other("it is there and no recording: choose another file");
    let mut line = Vec::new();
    BufReader::new(file).read_until(b'\n', &mut line)?;
    if line.ends_with(b"\n") {
        let line: Line<'_> = serde_json::from_slice(&line).map_err(|_| foreign())?;
        return Ok(Some(line.at));
    }
    // Nothing, or the very first line half written.
    let ours = line.starts_with(BEGINNING) || BEGINNING.starts_with(&line);
    if ours { Ok(None) } else { Err(foreign()) }
}

/// `FILE.20261122T195600Z`, and a number if that is taken.
fn free_name(path: &Path, now: UnixMs) -> PathBuf {
    let time = jiff::Timestamp::from_millisecond(now.0).unwrap_or_default();
    let time = time.strftime("%Y%m%dT%H%M%SZ").to_string();
    let mut number = 0;
    loop {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".{time}"));
        if number > 0 {
            name.push(format!("-{number}"));
        }
        let name = PathBuf::from(name);
        if !name.exists() {
            return name;
        }
        number += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "{\"at\":1795337000000,\"stream\":\"calls\",\"raw\":{}}\n";
    const HOUR: u64 = 3_600_000;

    fn options(path: &Path) -> Options {
        Options { out: path.to_owned(), rotate_mb: None, rotate_hours: None, report_ms: 1 }
    }

    fn read(path: &Path) -> String {
        std::fs::read_to_string(path).unwrap()
    }

    fn refusal(path: &Path) -> String {
        Recording::open(&options(path)).err().unwrap().to_string()
    }

    #[test]
    fn a_torn_line_is_cut_off_with_a_notice() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("r");
        // Also one that is longer than what is read at a time.
        for torn in ["{", "{\"at\":17953", &format!("{{\"at\":{}", "1".repeat(200_000))] {
            for whole in ["", LINE, &LINE.repeat(3)] {
                std::fs::write(&path, format!("{whole}{torn}")).unwrap();
                let (mut recording, notice) = Recording::open(&options(&path)).unwrap();
                assert!(notice.unwrap().contains(&format!("{} bytes", torn.len())));
                recording.append(LINE.as_bytes(), UnixMs(1)).unwrap();
                assert_eq!(read(&path), format!("{whole}{LINE}"));
            }
        }
        assert_eq!(Recording::open(&options(&path)).unwrap().1, None);
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn somebody_elses_file_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("diary");
        for text in ["dear diary", "dear\ndiary", "{\"a\":1}\n", "{\"at\":\"noon\"}\n{"] {
            std::fs::write(&path, text).unwrap();
            assert!(refusal(&path).contains("no recording"), "{text}");
            assert_eq!(read(&path), text, "not a byte is lost");
        }
    }

    #[test]
    fn a_device_is_no_recording() {
        assert!(refusal(Path::new("/dev/null")).contains("no plain file"));
    }

    #[test]
    fn two_recorders_do_not_share_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("r");
        let (_first, _) = Recording::open(&options(&path)).unwrap();
        assert!(refusal(&path).contains("another recorder"));
    }

    #[test]
    fn large_and_old_files_are_put_aside_and_none_is_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("r");
        let now = UnixMs(1_795_337_000_000);
        let rotating = Options { rotate_mb: Some(1), rotate_hours: Some(2), ..options(&path) };
        let (mut recording, _) = Recording::open(&rotating).unwrap();
        let large = format!(
            "{{\"at\":1795337000000,\"stream\":\"calls\",\"raw\":\"{}\"}}\n",
            "x".repeat(1_000_000)
        );
        // Twice within a second: the second name is another one.
        for _ in 0..2 {
            recording.append(large.as_bytes(), now).unwrap();
        }
        recording.append(LINE.as_bytes(), now).unwrap();
        let aside = folder.path().join("r.20261122T084320Z");
        assert_eq!((read(&aside), read(&path)), (large.clone(), LINE.to_owned()));
        assert_eq!(read(&folder.path().join("r.20261122T084320Z-1")), large);

        recording.append(LINE.as_bytes(), now.plus_ms(2 * HOUR - 1)).unwrap();
        assert_eq!(read(&path), LINE.repeat(2));
        drop(recording);
        // The age is that of the first line, not of the process.
        let (mut recording, _) = Recording::open(&rotating).unwrap();
        recording.append(LINE.as_bytes(), now.plus_ms(2 * HOUR)).unwrap();
        assert_eq!(read(&path), LINE);
        assert_eq!(read(&folder.path().join("r.20261122T104320Z")), LINE.repeat(2));
    }
}
