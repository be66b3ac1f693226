//! The chart of a day: volumes as bars, the service level as a line, other
//! days behind, gaps hatched. Attributes of SVG only, as the page's policy
//! allows no inline style.

use yew::prelude::*;

use crate::text::{D, t};

/// The drawing's own units; its width is a little less where columns do not
/// divide it, so that the last one ends with the drawing.
const WIDTH: u32 = 1000;
const HEIGHT: u32 = 300;

/// One interval as drawn.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Column {
    /// Its beginning, as people write it.
    pub(crate) label: String,
    pub(crate) from: callboard_shared::UnixMs,
    pub(crate) to: callboard_shared::UnixMs,
    pub(crate) offered: u32,
    pub(crate) handled: u32,
    pub(crate) abandoned: u32,
    /// In percent, where there is anything to divide.
    pub(crate) level: Option<u32>,
    /// The same as it is divided.
    pub(crate) share: Option<callboard_shared::figures::Share>,
    /// Offered in the same interval of other days: yesterday, a week ago.
    pub(crate) before: [Option<u32>; 2],
    /// A stream was not live in a part of it.
    pub(crate) gap: bool,
    /// It has not begun yet.
    pub(crate) future: bool,
}

/// Draws columns, with the target of the service level, in percent.
pub(crate) fn chart(columns: &[Column], target: u32) -> Html {
    let most = columns.iter().flat_map(|column| {
        std::iter::once(column.offered).chain(column.before.into_iter().flatten())
    });
    let most = nice(most.max().unwrap_or(0));
    let count = u32::try_from(columns.len()).unwrap_or(1).max(1);
    let width = (WIDTH / count).max(1);
    let whole = width * count;
    html! {
        <div class="chart">
            <div class="chart__scale" aria-hidden="true">
                <span>{ most }</span><span>{ most / 2 }</span><span>{ "0" }</span>
            </div>
            <svg class="chart__drawing" viewBox={format!("0 0 {whole} {HEIGHT}")}
                preserveAspectRatio="none" role="img" aria-label={t(D::ChartIs)}>
                { hatch() }
                { for columns.iter().zip(0..).map(|(column, index)| bars(column, index * width, width, most)) }
                { before(columns, width, most, 1) }
                { before(columns, width, most, 0) }
                { target_line(target, whole) }
                { level(columns, width) }
            </svg>
            <div class="chart__scale chart__scale--right" aria-hidden="true">
                <span>{ "100 %" }</span><span>{ "50 %" }</span><span>{ "0 %" }</span>
            </div>
            <div class="chart__labels" aria-hidden="true">{ labels(columns) }</div>
            { legend() }
        </div>
    }
}

/// A round number that is not smaller.
fn nice(most: u32) -> u32 {
    let steps = [4, 10, 20, 40, 60, 80, 100];
    let scale = (0..7).map(|power| 10_u32.pow(power)).find(|scale| most <= 100 * scale);
    let scale = scale.unwrap_or(1);
    steps.into_iter().map(|step| step * scale).find(|step| most <= *step).unwrap_or(most)
}

fn hatch() -> Html {
    html! {
        <defs>
            <pattern id="gap" width="8" height="8" patternUnits="userSpaceOnUse"
                patternTransform="rotate(45)">
                <rect width="4" height="8" class="chart__hatch" />
            </pattern>
        </defs>
    }
}

fn rect(class: &'static str, x: u32, y: u32, width: u32, height: u32) -> Html {
    html! {
        <rect {class} x={x.to_string()} y={y.to_string()} width={width.to_string()}
            height={height.to_string()} />
    }
}

fn scale(n: u32, most: u32) -> u32 {
    n.saturating_mul(HEIGHT).div_ceil(most.max(1)).min(HEIGHT)
}

/// Offered as a whole; within it handled from below, and abandoned on top of
/// that.
fn bars(column: &Column, x: u32, width: u32, most: u32) -> Html {
    let (inner, left) = ((width * 7 / 10).max(2), x + width * 15 / 100);
    let offered = scale(column.offered, most);
    let handled = scale(column.handled, most).min(offered);
    let abandoned = scale(column.abandoned, most).min(offered - handled);
    html! {
        <g>
            <title>{ format!("{}: {}", column.label, column.offered) }</title>
            if column.gap { { rect("chart__gap", x, 0, width, HEIGHT) } }
            { rect("chart__offered", left, HEIGHT - offered, inner, offered) }
            { rect("chart__handled", left, HEIGHT - handled, inner, handled) }
            { rect("chart__abandoned", left, HEIGHT - handled - abandoned, inner, abandoned) }
        </g>
    }
}

/// Points with gaps between them are lines of their own.
fn lines(points: impl Iterator<Item = Option<(u32, u32)>>, class: &'static str) -> Html {
    let mut lines = vec![String::new()];
    for point in points {
        match (point, lines.last_mut()) {
            (Some((x, y)), Some(line)) => line.push_str(&format!("{x},{y} ")),
            (None, _) => lines.push(String::new()),
            (Some(_), None) => (),
        }
    }
    let drawn = lines.into_iter().filter(|line| !line.is_empty()).map(|points| {
        html! { <polyline {class} {points} vector-effect="non-scaling-stroke" /> }
    });
    drawn.collect()
}

fn middle(index: usize, width: u32) -> u32 {
    u32::try_from(index).unwrap_or(0) * width + width / 2
}

fn before(columns: &[Column], width: u32, most: u32, day: usize) -> Html {
    let class = if day == 0 { "chart__yesterday" } else { "chart__week-ago" };
    let points = columns.iter().enumerate().map(|(index, column)| {
        column.before[day].map(|n| (middle(index, width), HEIGHT - scale(n, most)))
    });
    lines(points, class)
}

fn level(columns: &[Column], width: u32) -> Html {
    let point =
        |index, percent: u32| (middle(index, width), HEIGHT - percent.min(100) * HEIGHT / 100);
    let points = columns.iter().enumerate();
    let line =
        points.clone().map(|(index, column)| column.level.map(|percent| point(index, percent)));
    let dots =
        points.filter_map(|(index, column)| column.level.map(|percent| point(index, percent)));
    html! {
        <>
            { lines(line, "chart__level") }
            { for dots.map(|(x, y)| html! {
                <line class="chart__dot" x1={x.to_string()} x2={x.to_string()} y1={y.to_string()}
                    y2={y.to_string()} vector-effect="non-scaling-stroke" />
            }) }
        </>
    }
}

fn target_line(target: u32, whole: u32) -> Html {
    let y = (HEIGHT - target.min(100) * HEIGHT / 100).to_string();
    html! {
        <line class="chart__target" x1="0" x2={whole.to_string()} y1={y.clone()} y2={y}
            vector-effect="non-scaling-stroke" />
    }
}

/// Some twelve labels, whatever the number of columns. Each has the room of the
/// columns up to the next one, and stands where the first of them begins.
fn labels(columns: &[Column]) -> Html {
    let every = columns.len().div_ceil(12).max(1);
    columns.iter().step_by(every).map(|column| html! { <span>{ &column.label }</span> }).collect()
}

fn legend() -> Html {
    let one = |class: &'static str, name: D| {
        html! { <li><span class={classes!("key", class)} aria-hidden="true"></span>{ t(name) }</li> }
    };
    html! {
        <ul class="chart__legend">
            { one("key--handled", D::LegendHandled) }
            { one("key--abandoned", D::LegendAbandoned) }
            { one("key--offered", D::LegendOther) }
            { one("key--level", D::LegendLevel) }
            { one("key--target", D::LegendTarget) }
            { one("key--yesterday", D::LegendYesterday) }
            { one("key--week-ago", D::LegendWeekAgo) }
            { one("key--gap", D::LegendGap) }
        </ul>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_end_at_round_numbers() {
        assert_eq!([0, 4, 7, 33, 100, 101, 950].map(nice), [4, 4, 10, 40, 100, 200, 1000]);
        assert_eq!((scale(5, 10), scale(0, 0), scale(20, 10)), (150, 0, 300));
    }
}
