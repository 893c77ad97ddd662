//! Case-insensitive search: text is stored in lower case as Rust defines it, because SQLite lowers only ASCII and
//! PostgreSQL depends on its locale.

use sea_orm::{
    ColumnTrait,
    sea_query::{Expr, LikeExpr},
};

/// The form of a text that is stored for searching.
pub(super) fn fold(text: &str) -> String {
    text.to_lowercase()
}

/// As [`fold`], of several texts, so that a search finds a row by any of them.
pub(super) fn fold_all<'t>(texts: impl IntoIterator<Item = Option<&'t str>>) -> String {
    let texts: Vec<&str> = texts.into_iter().flatten().collect();
    fold(&texts.join("\n"))
}

/// Matches rows whose folded column contains the search text.
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
