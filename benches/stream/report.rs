//! Tables in Markdown, so that they can be stored as they are.

use std::{fs::File, io::Write, path::Path, sync::OnceLock};

use hdrhistogram::Histogram;
use serde_json::{Value, json};

use crate::{
    Result,
    machine::{self, Machine},
};

/// The file that gets every table as a line of JSON.
static RECORD: OnceLock<File> = OnceLock::new();

/// Writes every table to this file as well: a line of JSON with `title`, `load` and `rows`, whose cells are named as in the
/// table.
pub(crate) fn record_to(path: &Path) -> Result<()> {
    let file = File::create(path)?;
    RECORD
        .set(file)
        .map_err(|_| "the tables are recorded already".into())
}

/// A table with a title that states the conditions.
pub(crate) struct Table {
    title: String,
    head: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

/// Prints where and under which conditions everything below was measured.
pub(crate) fn introduce(machine: &Machine, quick: bool) -> Result<()> {
    println!(
        "# Troupe under load\n\n{}, {} cores, load average {} at the start; {}.\n",
        machine::processor(),
        std::thread::available_parallelism()?.get() + usize::from(machine.server_core.is_some()),
        machine::load(),
        match &machine.server_core {
            Some(core) => format!(
                "the server under test runs on core {core}, the load and the model on the others"
            ),
            None =>
                "no core is kept for the server under test (one core, or no taskset)".to_owned(),
        }
    );
    if quick {
        println!("**Quick: a tenth of the load. These figures mean little.**\n");
    }
    Ok(())
}

impl Table {
    pub(crate) fn new(title: impl Into<String>, head: &[&'static str]) -> Self {
        Self {
            title: title.into(),
            head: head.to_vec(),
            rows: Vec::new(),
        }
    }

    pub(crate) fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// Prints the table with aligned columns, and records it if that is wanted.
    pub(crate) fn print(&self) -> Result<()> {
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            let longest = cells.map(|cell| cell.chars().count()).max();
            let head = self.head.get(column).map_or(0, |head| head.chars().count());
            head.max(longest.unwrap_or(0))
        };
        let line = |cells: &[String]| {
            let padded: Vec<_> = cells
                .iter()
                .enumerate()
                .map(|(column, cell)| format!("{cell:<width$}", width = width(column)))
                .collect();
            format!("| {} |", padded.join(" | "))
        };
        let head: Vec<_> = self.head.iter().map(|head| (*head).to_owned()).collect();
        println!("## {}\n\nLoad average {}.\n", self.title, machine::load());
        println!("{}", line(&head));
        println!("|{}|", vec!["---"; self.head.len()].join("|"));
        for row in &self.rows {
            println!("{}", line(row));
        }
        println!();
        self.record()
    }

    fn record(&self) -> Result<()> {
        let Some(mut file) = RECORD.get() else {
            return Ok(());
        };
        let named = |row: &Vec<String>| -> Value {
            let cells = self.head.iter().zip(row);
            cells
                .map(|(name, cell)| ((*name).to_owned(), Value::from(cell.as_str())))
                .collect()
        };
        let rows: Vec<_> = self.rows.iter().map(named).collect();
        let table = json!({"title": self.title, "load": machine::load(), "rows": rows});
        Ok(writeln!(file, "{table}")?)
    }
}

/// The median of the values.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// A target value, and whether the figure reaches it.
pub(crate) fn bar(figure: f64, sign: char, bar: f64) -> String {
    let holds = if sign == '≥' {
        figure >= bar
    } else {
        figure <= bar
    };
    format!("{sign} {bar}: {}", if holds { "yes" } else { "no" })
}

/// A whole number with thousands separators.
pub(crate) fn whole(figure: f64) -> String {
    let digits = format!("{figure:.0}");
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A histogram of times, in nanoseconds.
pub(crate) fn times(values: impl IntoIterator<Item = u64>) -> Result<Histogram<u64>> {
    let mut times = Histogram::new(3)?;
    for value in values {
        times.record(value)?;
    }
    Ok(times)
}

/// A quantile in milliseconds.
pub(crate) fn quantile(times: &Histogram<u64>, quantile: f64) -> f64 {
    times.value_at_quantile(quantile) as f64 / 1e6
}
