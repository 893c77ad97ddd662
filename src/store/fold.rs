//! Text that is found whatever its case: in lower case as Rust knows it, since SQLite lowers ASCII only and PostgreSQL by
//! its locale.

use sea_orm::{
    ColumnTrait,
    sea_query::{Expr, LikeExpr},
};

/// What is kept of a text to find it by.
pub(super) fn fold(text: &str) -> String {
    text.to_lowercase()
}

/// What is kept of several texts to find a row by any of them.
pub(super) fn fold_all<'t>(texts: impl IntoIterator<Item = Option<&'t str>>) -> String {
    let texts: Vec<&str> = texts.into_iter().flatten().collect();
    fold(&texts.join("\n"))
}

/// The search is a part of a column of folded text.
pub(super) fn has_part(column: impl ColumnTrait, search: &str) -> Expr {
    let mut pattern = String::from("%");
    for character in fold(search).chars() {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern.push('%');
    column.like(LikeExpr::new(pattern).escape('\\'))
}
