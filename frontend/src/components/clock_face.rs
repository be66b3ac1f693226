//! The time of day, by the proxy's clock, where the centre is.

use gloo_timers::callback::Interval;
use yew::prelude::*;

use crate::text::{T, t};
use crate::{clock, format};

/// Four times a second: the second that is shown changes in time.
const EVERY_MS: u32 = 250;

/// Ticks on its own, so that the strip around it need not be drawn anew.
#[component]
pub(crate) fn ClockFace() -> Html {
    let shown = use_state_eq(|| (String::new(), None));
    use_effect_with((), {
        let shown = shown.clone();
        move |()| {
            let interval = Interval::new(EVERY_MS, move || {
                if let Some(now) = clock::now() {
                    shown.set((format::time_of_day(now), format::elsewhere(now)));
                }
            });
            move || drop(interval)
        }
    });
    let (time, place) = (*shown).clone();
    let title = place.clone();
    html! {
        <time class="clock" role="timer" aria-label={t(T::Clock)} {title}>
            if let Some(place) = place {
                <small class="clock__place">{ place }{ " " }</small>
            }
            { time }
        </time>
    }
}
