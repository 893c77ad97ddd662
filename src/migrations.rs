//! The command `migrate`.

use std::io::{self, BufRead, IsTerminal, Write};

use troupe::{
    error::{Error, Result},
    store::{MigrationEffect, Store},
};

/// Applies all missing migrations.
pub(crate) async fn apply(store: &Store) -> Result<()> {
    let applied = store.migrate_up().await?;
    for migration in &applied {
        println!("applied {migration}");
    }
    if applied.is_empty() {
        println!("nothing to apply{}", after_newer(store).await?);
    }
    Ok(())
}

/// Reports what the missing migrations would do, and changes nothing.
pub(crate) async fn report_effects(store: &Store) -> Result<()> {
    let effects = store.migration_effects().await?;
    for effect in &effects {
        let MigrationEffect {
            name,
            duration,
            locks,
        } = effect;
        println!("would apply {name} in {} ms", duration.as_millis());
        for lock in locks {
            println!(
                "  {} on {}, about {} rows",
                lock.mode, lock.table, lock.rows
            );
        }
    }
    if effects.is_empty() {
        println!("nothing to apply");
    } else {
        println!(
            "nothing was changed; all of them are applied in one transaction, which holds its locks to the end"
        );
    }
    Ok(())
}

/// Reverts the last migration after listing what is deleted; with `check` it only lists. It asks unless `yes`.
pub(crate) async fn revert(store: &Store, check: bool, yes: bool) -> Result<()> {
    let losses = store.migration_losses().await?;
    if losses.is_empty() {
        println!("reverting the last migration deletes no table and no column");
    }
    for loss in &losses {
        println!("would delete {loss} with everything in it");
    }
    if check {
        return Ok(());
    }
    if !yes && !is_confirmed()? {
        return Err(Error::bad_input(
            "--yes",
            "nothing was reverted: confirm with \"yes\", or give --yes where nobody can be asked",
        ));
    }
    for migration in store.migrate_down(1).await? {
        println!("reverted {migration}");
    }
    Ok(())
}

/// Reports which migrations were applied.
pub(crate) async fn report_status(store: &Store) -> Result<()> {
    let newer = store.newer_migrations().await?;
    for (migration, applied) in store.migration_status().await? {
        let state = match (applied, newer.contains(&migration)) {
            (_, true) => "applied by a newer version",
            (true, _) => "applied",
            (false, _) => "missing",
        };
        println!("{state} {migration}");
    }
    Ok(())
}

async fn after_newer(store: &Store) -> Result<String> {
    let newer = store.newer_migrations().await?;
    Ok(newer.last().map_or_else(String::new, |last| {
        format!(": a newer version has migrated the database up to {last}, and this version works with it")
    }))
}

fn is_confirmed() -> Result<bool> {
    if !io::stdin().is_terminal() {
        return Ok(false);
    }
    print!("Revert it? Type \"yes\": ");
    let read = || {
        io::stdout().flush()?;
        let mut answer = String::new();
        io::stdin().lock().read_line(&mut answer)?;
        Ok(answer)
    };
    let answer = read()
        .map_err(|cause: io::Error| Error::internal("ask for a confirmation").with_source(cause))?;
    Ok(answer.trim() == "yes")
}
