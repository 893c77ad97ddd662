//! The copy of the sources in which predicates are removed: the sources themselves are never changed.

use std::{fs, path::Path, process::Command};

use crate::mutation;

/// Copies every file that git does not ignore, with the edits; only those that are not the same already, so that a second build
/// is short.
pub(crate) fn refresh(root: &Path, copy: &Path) {
    let listed = Command::new("git")
        .args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ])
        .current_dir(root)
        .output()
        .unwrap();
    assert!(listed.status.success(), "git ls-files failed");
    let listed = String::from_utf8(listed.stdout).unwrap();
    let files = listed.split('\0').filter(|file| !file.is_empty());
    for file in files {
        let (from, to) = (root.join(file), copy.join(file));
        let Ok(mut new) = fs::read(&from) else {
            // deleted and not committed
            let _ = fs::remove_file(&to);
            continue;
        };
        if mutation::has_edits(file) {
            new = mutation::edited(file, String::from_utf8(new).unwrap()).into_bytes();
        }
        put(&to, &new);
    }
    put(
        &copy.join(mutation::MUTANT_FILE),
        mutation::MUTANT.as_bytes(),
    );
}

/// Writes a file, unless it is the same already.
fn put(file: &Path, text: &[u8]) {
    if fs::read(file).is_ok_and(|old| old == text) {
        return;
    }
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, text).unwrap();
}
