//! A queue's day in a line of bars.

use std::rc::Rc;

use yew::prelude::*;

use crate::day::Bar;
use crate::text::{T, t};

/// Height of the drawing, in its own units.
const HEIGHT: u32 = 20;

/// Draws a day: a bar for what was offered, its foot for what was abandoned.
/// The figures are beside it, and in the view of the day, as text.
pub(crate) fn spark(day: &Rc<[Bar]>) -> Html {
    let most = day.iter().map(|bar| bar.offered).max().unwrap_or(0).max(4);
    let rect = |x: usize, height: u32, class: &'static str| {
        html! {
            <rect {class} x={x.to_string()} y={(HEIGHT - height).to_string()} width="0.8"
                height={height.to_string()} />
        }
    };
    // Rounded up, so that one call is seen.
    let scale = |n: u32| (n * HEIGHT).div_ceil(most);
    html! {
        <svg class="spark" viewBox={format!("0 0 {} {HEIGHT}", day.len().max(1))}
            preserveAspectRatio="none" role="img" aria-label={t(T::TodayByTime)}>
            { for day.iter().enumerate().map(|(x, bar)| html! {
                <>
                    if bar.gap { { rect(x, HEIGHT, "spark__gap") } }
                    if bar.offered > 0 { { rect(x, scale(bar.offered), "spark__offered") } }
                    if bar.abandoned > 0 { { rect(x, scale(bar.abandoned), "spark__abandoned") } }
                </>
            }) }
        </svg>
    }
}
