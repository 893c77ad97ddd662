//! The order of lines: columns of prose one after the other, and tables row by row.

use super::{
    gutter::{Gutter, GutterKind},
    line::Line,
    row::{Row, rows},
    word::Word,
};
use crate::{budget::Budget, problem::Problem};

/// The maximum nesting depth of columns; deeper ones are read row by row.
const DEEPEST: usize = 12;
/// The number of gutters that are examined in a region.
const EXAMINED: usize = 24;

/// Adds the lines of words in the order in which they are read.
pub(super) fn read(
    words: Vec<Word>,
    lines: &mut Vec<Line>,
    budget: &Budget,
) -> Result<(), Problem> {
    read_rows(rows(words), lines, DEEPEST, budget)
}

fn read_rows(
    rows: Vec<Row>,
    lines: &mut Vec<Line>,
    depth: usize,
    budget: &Budget,
) -> Result<(), Problem> {
    budget.check_time()?;
    let gutters = if depth == 0 {
        Vec::new()
    } else {
        Gutter::all(&rows)
    };
    let examined: Vec<(Gutter, GutterKind)> = gutters
        .into_iter()
        .take(EXAMINED)
        .map(|gutter| {
            let kind = gutter.kind(&rows);
            (gutter, kind)
        })
        .collect();
    let of_kind = |kind| {
        examined
            .iter()
            .find(|(_, own)| *own == kind)
            .map(|(gutter, _)| gutter)
    };
    if let Some(gutter) = of_kind(GutterKind::Columns) {
        let (above, crossed, below) = cut(rows, gutter);
        read_rows(above, lines, depth - 1, budget)?;
        for side in sides(crossed, gutter) {
            read_rows(side, lines, depth - 1, budget)?;
        }
        return read_rows(below, lines, depth - 1, budget);
    }
    if let Some(gutter) = of_kind(GutterKind::Cells) {
        let (above, crossed, below) = cut(rows, gutter);
        read_rows(above, lines, depth - 1, budget)?;
        add_table(&crossed, lines);
        return read_rows(below, lines, depth - 1, budget);
    }
    add_lines(&rows, lines);
    Ok(())
}

/// The rows above a gutter, those that it crosses, and those below.
fn cut(mut rows: Vec<Row>, gutter: &Gutter) -> (Vec<Row>, Vec<Row>, Vec<Row>) {
    let below = rows.split_off((gutter.last + 1).min(rows.len()));
    let crossed = rows.split_off(gutter.first.min(rows.len()));
    (rows, crossed, below)
}

/// The rows on the left and on the right. Their baselines may differ.
fn sides(crossed: Vec<Row>, gutter: &Gutter) -> [Vec<Row>; 2] {
    let middle = f32::midpoint(gutter.left, gutter.right);
    let words = crossed.into_iter().flat_map(|row| row.words);
    let (left, right) = words.partition(|word| word.x < middle);
    [rows(left), rows(right)]
}

fn add_table(rows: &[Row], lines: &mut Vec<Line>) {
    let region = next_region(lines);
    lines.extend(rows.iter().map(|row| Line {
        region,
        cells: Some(cells(row)),
        ..row.line()
    }));
}

fn add_lines(rows: &[Row], lines: &mut Vec<Line>) {
    let region = next_region(lines);
    let edge = rows.iter().map(Row::end).fold(f32::MIN, f32::max);
    lines.extend(rows.iter().map(|row| Line {
        edge,
        region,
        ..row.line()
    }));
}

fn next_region(lines: &[Line]) -> usize {
    lines.last().map_or(0, |line| line.region + 1)
}

/// The number of parts of a row with wide gaps between them.
fn cells(row: &Row) -> usize {
    let pairs = row.words.iter().zip(row.words.iter().skip(1));
    1 + pairs
        .filter(|(word, next)| next.x - word.end >= row.size)
        .count()
}
