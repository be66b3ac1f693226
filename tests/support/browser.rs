//! A headless Chromium, driven by WebDriver.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use serde_json::{Value, json};
use tempfile::TempDir;
use thirtyfour::common::capabilities::chrome::ChromeCapabilities;
use thirtyfour::error::WebDriverResult;
use thirtyfour::{
    By, ChromiumLikeCapabilities as _, DesiredCapabilities, LoggingPrefsLogLevel, WebDriver,
};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::clients::package_file;
use crate::family;
use crate::http;
use crate::wait::{DEADLINE, until};

/// Browsers at work at the same time: more would only make each other late.
static TURNS: Semaphore = Semaphore::const_new(2);
/// How long a dying browser may take to go.
const GOODBYE: Duration = Duration::from_secs(5);

/// One browser with one page. Ended when dropped.
pub struct Browser {
    driver: WebDriver,
    service: Service,
    /// After the driver, which may still be using it.
    _profile: TempDir,
    _turn: SemaphorePermit<'static>,
}

impl Browser {
    /// Starts one with a window of this size, when it is its turn.
    ///
    /// # Panics
    ///
    /// When there is no browser: without one nothing is proved.
    pub async fn start(width: u32, height: u32) -> Browser {
        Browser::with(width, height, &json!({})).await
    }

    /// The same for somebody who lets pages keep cookies in other ones, or who
    /// does not: what a browser does unless told is not the same everywhere.
    ///
    /// # Panics
    ///
    /// As [`Browser::start`].
    pub async fn with_foreign_cookies(width: u32, height: u32, allowed: bool) -> Browser {
        // 0: all cookies; 1: none of third parties.
        let preferences = json!({ "profile.cookie_controls_mode": u8::from(!allowed) });
        Browser::with(width, height, &preferences).await
    }

    /// With these preferences.
    async fn with(width: u32, height: u32, preferences: &Value) -> Browser {
        let turn = TURNS.acquire().await.expect("nobody closes it");
        let profile = TempDir::new().expect("a temporary folder can be made");
        let service = Service::start();
        let capabilities = capabilities(profile.path(), width, height, preferences);
        let capabilities = capabilities.expect("our flags are plain texts");
        let url = format!("http://127.0.0.1:{}", service.port);
        let driver = WebDriver::new(url, capabilities).await;
        let driver = driver.unwrap_or_else(|error| panic!("{MISSING} ({error})"));
        Browser { driver, service, _profile: profile, _turn: turn }
    }

    /// Opens a page.
    pub async fn open(&self, url: &str) {
        self.driver.goto(url).await.expect("the page can be opened");
    }

    /// The page's URL.
    pub async fn url(&self) -> String {
        self.driver.current_url().await.expect("a page is open").to_string()
    }

    /// Runs the body of a function in the page.
    pub async fn script(&self, body: &str, arguments: Vec<Value>) -> Value {
        let result = self.driver.execute(body, arguments).await;
        result.unwrap_or_else(|error| panic!("{body}: {error}")).json().clone()
    }

    /// The text of the first element that `selector` finds, hidden parts
    /// included; `None` if there is none.
    pub async fn text(&self, selector: &str) -> Option<String> {
        let body = "return document.querySelector(arguments[0])?.textContent ?? null";
        let text = self.script(body, vec![selector.into()]).await;
        text.as_str().map(|text| text.trim().to_owned())
    }

    /// The classes of the first element that `selector` finds.
    pub async fn class(&self, selector: &str) -> Option<String> {
        self.attribute(selector, "class").await
    }

    /// An attribute of the first element that `selector` finds.
    pub async fn attribute(&self, selector: &str, name: &str) -> Option<String> {
        let body =
            "return document.querySelector(arguments[0])?.getAttribute(arguments[1]) ?? null";
        let value = self.script(body, vec![selector.into(), name.into()]).await;
        value.as_str().map(ToOwned::to_owned)
    }

    /// Waits until an element's text is this one.
    pub async fn until_text(&self, selector: &str, expected: &str) {
        let look = async || self.text(selector).await;
        let what = format!("{selector} to say {expected:?}");
        until(&what, look, |text| text.as_deref() == Some(expected)).await;
    }

    /// Waits until an element has this class.
    pub async fn until_class(&self, selector: &str, class: &str) {
        let look = async || self.class(selector).await;
        let has = |classes: &Option<String>| {
            classes.iter().any(|all| all.split_whitespace().any(|one| one == class))
        };
        until(&format!("{selector} to be {class}"), look, has).await;
    }

    /// Clicks as a person does: what is covered cannot be clicked.
    pub async fn click(&self, selector: &str) {
        let element = self.driver.find(By::Css(selector)).await;
        let element = element.unwrap_or_else(|error| panic!("{selector}: {error}"));
        element.click().await.unwrap_or_else(|error| panic!("{selector}: {error}"));
    }

    /// Goes into the first frame that `selector` finds: what is asked from now
    /// on is asked there.
    pub async fn enter(&self, selector: &str) {
        let frame = self.driver.find(By::Css(selector)).await;
        let frame = frame.unwrap_or_else(|error| panic!("{selector}: {error}"));
        frame.enter_frame().await.unwrap_or_else(|error| panic!("{selector}: {error}"));
    }

    /// Goes back to the page around all frames.
    pub async fn leave(&self) {
        self.driver.enter_default_frame().await.expect("there is a page");
    }

    /// What axe-core finds in the page as it is now: rule, place, and why.
    pub async fn axe(&self) -> Vec<String> {
        let axe = package_file("axe-core/axe.min.js");
        self.script(&format!("{axe}; window.axe = axe"), vec![]).await;
        let body = "return axe.run().then(({ violations }) => violations.flatMap((found) =>
            found.nodes.map((node) => `${found.id}: ${node.target}: ${node.failureSummary}`)))";
        let found = self.script(body, vec![]).await;
        let texts = found.as_array().into_iter().flatten();
        texts.map(|text| text.as_str().unwrap_or_default().to_owned()).collect()
    }

    /// Gives the page another size, however small.
    pub async fn resize(&self, width: u32, height: u32) {
        let size = json!({
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false,
        });
        self.order("Emulation.setDeviceMetricsOverride", size).await;
    }

    /// Sets the browser's clocks to another time zone, as a television may be.
    pub async fn in_zone(&self, name: &str) {
        self.order("Emulation.setTimezoneOverride", json!({ "timezoneId": name })).await;
    }

    /// Has what the page offers as a file written into this folder.
    pub async fn save_into(&self, folder: &Path) {
        let place = json!({ "behavior": "allow", "downloadPath": folder.display().to_string() });
        self.order("Browser.setDownloadBehavior", place).await;
    }

    /// Draws the page as for paper, or for the screen again.
    pub async fn as_printed(&self, printed: bool) {
        let media = if printed { "print" } else { "" };
        self.order("Emulation.setEmulatedMedia", json!({ "media": media })).await;
    }

    /// Sets what the person at the browser prefers, such as less motion.
    pub async fn prefers(&self, what: &str, value: &str) {
        let features = json!([{ "name": what, "value": value }]);
        self.order("Emulation.setEmulatedMedia", json!({ "features": features })).await;
    }

    /// Lets the pages of `origin` show notifications, as somebody does who is asked.
    pub async fn allow_notifications(&self, origin: &str) {
        let grant = json!({ "origin": origin, "permissions": ["notifications"] });
        self.order("Browser.grantPermissions", grant).await;
    }

    /// Prints the page as a PDF.
    pub async fn pdf(&self) -> Vec<u8> {
        let told = self.order("Page.printToPDF", json!({ "printBackground": true })).await;
        BASE64.decode(told["data"].as_str().unwrap_or_default()).expect("it is in base64")
    }

    /// A command of the browser's own tools, by the driver's own route.
    async fn order(&self, command: &str, params: Value) -> Value {
        let session = self.driver.session_id();
        let url =
            format!("http://127.0.0.1:{}/session/{session}/goog/cdp/execute", self.service.port);
        let order = json!({ "cmd": command, "params": params });
        let answer = http::client().post(&url).json(&order).send().await.expect("an answer");
        let answer: Value = answer.json().await.expect("it answers in JSON");
        answer["value"].clone()
    }

    /// What the browser itself counts: nodes, listeners, documents, after what
    /// is not held any longer has been collected.
    pub async fn metrics(&self) -> BTreeMap<String, f64> {
        self.order("HeapProfiler.collectGarbage", json!({})).await;
        self.counted().await
    }

    /// The same, as it is: seconds of work of the main thread among it, by the
    /// thread's own clock, which stands still while others have the processor.
    pub async fn counted(&self) -> BTreeMap<String, f64> {
        self.order("Performance.enable", json!({ "timeDomain": "threadTicks" })).await;
        let told = self.order("Performance.getMetrics", json!({})).await;
        let metrics = told["metrics"].as_array().into_iter().flatten();
        let pair =
            |metric: &Value| Some((metric["name"].as_str()?.to_owned(), metric["value"].as_f64()?));
        metrics.filter_map(pair).collect()
    }

    /// Memory that the page's own process has written and shares with none, in bytes.
    pub fn memory(&self) -> u64 {
        family::renderer_memory(self.service.child.id())
    }

    /// The errors that the page has logged since this was asked last.
    /// Violations of the Content-Security-Policy are among them.
    pub async fn errors(&self) -> Vec<String> {
        let entries = self.driver.browser_log().await.expect("the log can be read");
        let errors = entries.into_iter().filter(|entry| entry.level == "SEVERE");
        errors.map(|entry| entry.message).collect()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let session = self.driver.session_id().to_string();
        // Or it would do the same again, blocking the runtime.
        let _ = self.driver.clone().leak();
        self.service.end_session(&session);
    }
}

const MISSING: &str = "Chromium cannot be started: `cargo xtask setup` installs it";

fn capabilities(
    profile: &Path,
    width: u32,
    height: u32,
    preferences: &Value,
) -> WebDriverResult<ChromeCapabilities> {
    let mut capabilities = DesiredCapabilities::chrome();
    capabilities.set_binary(&chromium())?;
    let flags = [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ];
    for flag in flags {
        capabilities.add_arg(flag)?;
    }
    capabilities.add_arg(&format!("--user-data-dir={}", profile.display()))?;
    capabilities.add_arg(&format!("--window-size={width},{height}"))?;
    capabilities.add_experimental_option("prefs", preferences)?;
    capabilities.set_browser_log_level(LoggingPrefsLogLevel::All)?;
    Ok(capabilities)
}

/// Path of Chromium: what `cargo xtask test` found, else the one on PATH.
fn chromium() -> String {
    if let Some(path) = variable("XTASK_CHROMIUM") {
        return path;
    }
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&folders).map(|folder| folder.join("chromium"));
    let found = found.filter(|path| path.is_file()).map(|path| path.display().to_string()).next();
    found.unwrap_or_else(|| panic!("{MISSING}"))
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// A running chromedriver. Killed when dropped.
struct Service {
    child: Child,
    port: u16,
}

impl Service {
    /// chromedriver takes a free port of IPv6 and then the same of IPv4, and
    /// goes when another program has that one: then it is asked again.
    fn start() -> Service {
        let started = (0..5).find_map(|_| Service::try_start());
        started.unwrap_or_else(|| panic!("{MISSING} (chromedriver names no port)"))
    }

    fn try_start() -> Option<Service> {
        let program = variable("XTASK_CHROMEDRIVER").unwrap_or_else(|| "chromedriver".to_owned());
        let child = Command::new(program)
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let mut child = child.unwrap_or_else(|error| panic!("{MISSING} (chromedriver: {error})"));
        let stdout = child.stdout.take().expect("it is piped");
        let mut service = Service { child, port: 0 };
        let (send, receive) = mpsc::channel();
        // Reads to the end, or the driver would stop at a full pipe.
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                let port = line
                    .split("successfully on port ")
                    .nth(1)
                    .and_then(|rest| rest.trim_end_matches('.').parse::<u16>().ok());
                if let Some(port) = port {
                    // Only the first is waited for.
                    let _ = send.send(port);
                }
            }
        });
        service.port = receive.recv_timeout(DEADLINE).ok()?;
        Some(service)
    }

    /// Ends a session and with it the browser. Blocks, as it runs while a test
    /// may be failing and its runtime going.
    fn end_session(&self, session: &str) {
        let request = format!(
            "DELETE /session/{session} HTTP/1.1\r\nhost: 127.0.0.1:{}\r\nconnection: close\r\n\r\n",
            self.port
        );
        let exchange = || {
            let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
            stream.set_read_timeout(Some(GOODBYE))?;
            stream.write_all(request.as_bytes())?;
            stream.read_to_end(&mut Vec::new())
        };
        // A browser that is gone already needs no farewell.
        let _ = exchange();
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // Fails only when it is over already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
