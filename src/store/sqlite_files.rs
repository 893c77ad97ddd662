//! Permissions of a SQLite database: its files are 0600, in a folder of 0700 where the folder is the program's own.
//!
//! SQLite gives `-wal` and `-shm` the mode of the database's file, so that file is created before SQLite creates it
//! with the process's umask: <https://github.com/sqlite/sqlite/blob/master/src/os_unix.c> (`findCreateFileMode`). The
//! permissions of files of an earlier start are reduced. The data folder of `troupe dev` is created with 0700. The
//! permissions of an existing folder are reduced only when it contains nothing but the program's files: any other
//! folder, such as `/tmp`, is not the program's to change.

use std::{
    fs::{self, DirBuilder, OpenOptions, Permissions},
    io::ErrorKind,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    str::FromStr,
};

use sea_orm::sqlx::sqlite::SqliteConnectOptions;

use crate::error::{Error, Result};

const FILE_MODE: u32 = 0o600;
const FOLDER_MODE: u32 = 0o700;
/// What SQLite appends to the database's name for its other files.
const BESIDE: [&str; 4] = ["", "-wal", "-shm", "-journal"];
/// The other files that `troupe dev` writes to its data folder.
const OF_DEV: [&str; 4] = ["dev.json", "dev.json.new", "encryption.key", "models"];
/// What follows the database's name in the files that `/readyz` writes, which a killed process leaves behind.
const PROBE: &str = "-probe-";
/// The database's file name in the data folder.
const USUAL_DATABASE: &str = "troupe.db";

/// Creates the database's file where it is missing and the address allows it, and reduces the permissions of the
/// existing files, and of their folder when it is the program's own. A missing folder is not created: it may be a
/// mistake in the address.
pub(super) fn prepare(url: &str) -> Result<()> {
    let Some(file) = file_of(url) else {
        return Ok(());
    };
    let folder = file
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    if url.contains("mode=rwc") {
        make_file(&file)?;
    }
    for path in BESIDE.iter().map(|ending| beside(&file, ending)) {
        tighten(&path, FILE_MODE);
    }
    if let (Some(folder), Some(name)) = (folder, file.file_name()) {
        tighten_own_folder(folder, &name.to_string_lossy());
    }
    Ok(())
}

/// Creates a folder with mode 0700, with its missing parents; reduces the permissions of an existing one that contains
/// nothing but the program's files.
pub fn private_folder(folder: &Path) -> Result<()> {
    make_folder(folder)?;
    tighten_own_folder(folder, USUAL_DATABASE);
    Ok(())
}

/// The file of a SQLite database; none for one in memory, and for an address that the driver refuses.
fn file_of(url: &str) -> Option<PathBuf> {
    if url.contains(":memory:") || url.contains("mode=memory") {
        return None;
    }
    let options = SqliteConnectOptions::from_str(url).ok()?;
    Some(options.get_filename().to_path_buf())
}

fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

fn make_folder(folder: &Path) -> Result<()> {
    let made = DirBuilder::new()
        .recursive(true)
        .mode(FOLDER_MODE)
        .create(folder);
    made.map_err(|error| {
        Error::unavailable(format!(
            "making the folder {} failed: {error}",
            folder.display()
        ))
    })
}

fn make_file(file: &Path) -> Result<()> {
    let made = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(FILE_MODE)
        .open(file);
    match made {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(Error::unavailable(format!(
            "making the file {} failed: {error}",
            file.display()
        ))),
        Ok(_) | Err(_) => Ok(()),
    }
}

fn tighten_own_folder(folder: &Path, database: &str) {
    if holds_only_ours(folder, database) {
        tighten(folder, FOLDER_MODE);
    }
}

fn holds_only_ours(folder: &Path, database: &str) -> bool {
    let Ok(entries) = fs::read_dir(folder) else {
        return false;
    };
    let is_ours = |name: &str| {
        OF_DEV.contains(&name)
            || BESIDE
                .iter()
                .any(|ending| name.strip_suffix(ending) == Some(database))
            || name
                .strip_prefix(database)
                .is_some_and(|rest| rest.starts_with(PROBE))
    };
    let mut any = false;
    for entry in entries {
        let Ok(entry) = entry else { return false };
        if !is_ours(&entry.file_name().to_string_lossy()) {
            return false;
        }
        any = true;
    }
    any
}

/// Removes the permissions of the group and of others, and logs it. A file whose mode cannot be changed belongs to
/// another user.
fn tighten(path: &Path, mode: u32) {
    let Ok(metadata) = fs::metadata(path) else {
        return;
    };
    let before = metadata.permissions().mode() & 0o777;
    if before & !mode == 0 {
        return;
    }
    let path_shown = path.display();
    match fs::set_permissions(path, Permissions::from_mode(before & mode)) {
        Ok(()) => tracing::info!(
            "{path_shown} was open to others ({before:03o}); it is for its owner alone now ({:03o})",
            before & mode
        ),
        Err(error) => tracing::warn!(
            %error,
            "{path_shown} is open to others ({before:03o}), and its mode cannot be changed; run `chmod {mode:03o}` on it"
        ),
    }
}

#[cfg(test)]
mod tests {
    use std::{
        fs::{self, Permissions},
        os::unix::fs::PermissionsExt,
        path::{Path, PathBuf},
    };

    use uuid::Uuid;

    use super::{prepare, private_folder};

    /// A folder that is removed at the end of its test.
    struct Folder(PathBuf);

    impl Folder {
        fn new() -> Self {
            let path =
                std::env::temp_dir().join(format!("troupe-files-{}", Uuid::now_v7().simple()));
            fs::create_dir(&path).unwrap();
            Self(path)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    fn open_to_all(path: &Path) {
        fs::set_permissions(path, Permissions::from_mode(0o755)).unwrap();
    }

    #[test]
    fn a_new_database_and_its_folder_are_private_to_the_owner() {
        let outer = Folder::new();
        let folder = outer.0.join("made/here");
        let file = folder.join("troupe.db");
        private_folder(&folder).unwrap();
        prepare(&format!("sqlite://{}?mode=rwc", file.display())).unwrap();
        assert_eq!((mode(&file), mode(&folder)), (0o600, 0o700));
        assert_eq!(mode(&outer.0.join("made")), 0o700);
    }

    #[test]
    fn existing_files_and_their_own_folder_become_private() {
        let folder = Folder::new();
        let paths = ["app.db", "app.db-wal", "app.db-shm"].map(|name| folder.0.join(name));
        for path in &paths {
            fs::write(path, "").unwrap();
            open_to_all(path);
        }
        open_to_all(&folder.0);
        let url = format!("sqlite://{}", paths[0].display());
        prepare(&url).unwrap();
        assert_eq!(paths.each_ref().map(|path| mode(path)), [0o600; 3]);
        assert_eq!(mode(&folder.0), 0o700);

        let other = folder.0.join("somebody-elses");
        fs::write(&other, "").unwrap();
        open_to_all(&other);
        open_to_all(&folder.0);
        prepare(&url).unwrap();
        assert_eq!((mode(&other), mode(&folder.0)), (0o755, 0o755));
    }

    #[test]
    fn an_existing_folder_keeps_its_permissions() {
        let folder = Folder::new();
        open_to_all(&folder.0);
        private_folder(&folder.0).unwrap();
        assert_eq!(mode(&folder.0), 0o755, "it is empty, and not made here");
        fs::write(folder.0.join("dev.json"), "").unwrap();
        private_folder(&folder.0).unwrap();
        assert_eq!(mode(&folder.0), 0o700);
    }

    #[test]
    fn a_database_that_must_exist_is_not_created() {
        let folder = Folder::new();
        let file = folder.0.join("missing.db");
        prepare(&format!("sqlite://{}", file.display())).unwrap();
        prepare("sqlite::memory:").unwrap();
        assert!(!file.exists());
    }
}
