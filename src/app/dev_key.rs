//! The encryption key of a `troupe dev` without a configured one: a file beside its database, for secrets and audit
//! logs.

use std::{
    fs::{self, OpenOptions},
    io::{ErrorKind, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use rand::Rng;

use crate::{
    config::{Config, DatabaseKind, EncryptionKey, KeyRing},
    error::{Error, Result},
};

/// The name of the key file, beside `troupe.db`.
const FILE: &str = "encryption.key";
const ID: &str = "dev";

/// Adds a key ring to the configuration of `troupe dev`: the configured one, else that of the file in the data folder,
/// which is created if it does not exist. A database that the configuration names gets no key, since it may have
/// another installation's key.
pub(crate) fn with_dev_key(config: Config) -> Result<Config> {
    if config.encryption_keys.is_some() || !config.database.is_default {
        return Ok(config);
    }
    let file = config.data_dir.join(FILE);
    let ring = match read(&file)? {
        Some(ring) => ring,
        None => make(&file)?,
    };
    Ok(Config {
        encryption_keys: Some(ring),
        ..config
    })
}

/// The configuration of a command on the database of a `troupe dev`: with the key of the file beside it, unless a key
/// ring is configured.
pub fn with_key_beside(config: Config) -> Result<Config> {
    if config.encryption_keys.is_some() || config.database.kind() != DatabaseKind::Sqlite {
        return Ok(config);
    }
    let Some(folder) = folder_of(config.database.url.reveal()) else {
        return Ok(config);
    };
    Ok(Config {
        encryption_keys: read(&folder.join(FILE))?,
        ..config
    })
}

/// The folder of a SQLite database.
fn folder_of(url: &str) -> Option<PathBuf> {
    let path = url.strip_prefix("sqlite:")?;
    let path = path.strip_prefix("//").unwrap_or(path);
    let path = path.split('?').next()?;
    Some(Path::new(path).parent()?.to_owned())
}

fn read(file: &Path) -> Result<Option<KeyRing>> {
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed("reading", file, &error)),
    };
    let key = BASE64_STANDARD.decode(text.trim()).ok();
    let bytes: Option<[u8; 32]> = key.and_then(|key| key.try_into().ok());
    let bytes = bytes.ok_or_else(|| {
        Error::unavailable(format!(
            "{} does not hold a key, which is 32 bytes as base64; put the key back, or set TROUPE_ENCRYPTION_KEYS",
            file.display()
        ))
    })?;
    Ok(Some(ring(bytes)))
}

/// Creates a key file that only its owner can read.
fn make(file: &Path) -> Result<KeyRing> {
    let mut bytes = [0; 32];
    rand::rng().fill_bytes(&mut bytes);
    let text = format!("{}\n", BASE64_STANDARD.encode(bytes));
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(file)
        .and_then(|mut out| out.write_all(text.as_bytes()).and_then(|()| out.sync_all()))
        .map_err(|error| failed("making", file, &error))?;
    Ok(ring(bytes))
}

fn ring(bytes: [u8; 32]) -> KeyRing {
    let key = EncryptionKey {
        id: ID.to_owned(),
        bytes,
    };
    KeyRing::new(key, Vec::new())
}

fn failed(what: &str, file: &Path, error: &std::io::Error) -> Error {
    Error::unavailable(format!("{what} {} failed: {error}", file.display()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_key_is_made_once_and_read_by_its_owner_alone() {
        let folder = std::env::temp_dir().join(format!("troupe-key-{}", Uuid::now_v7().simple()));
        fs::create_dir_all(&folder).unwrap();
        let file = folder.join(FILE);
        assert_eq!(read(&file).unwrap(), None);
        let made = make(&file).unwrap();
        assert_eq!(read(&file).unwrap(), Some(made));
        let permissions = fs::metadata(&file).unwrap().permissions();
        assert_eq!(permissions.mode() & 0o777, 0o600);
        assert!(make(&file).is_err(), "one that is there is not replaced");
        fs::write(&file, "no key").unwrap();
        assert!(
            read(&file)
                .unwrap_err()
                .message()
                .contains("encryption.key")
        );
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn the_folder_of_a_database_is_that_of_its_file() {
        for (url, folder) in [
            ("sqlite://data/troupe.db?mode=rwc", Some("data")),
            ("sqlite:///srv/troupe.db", Some("/srv")),
            ("sqlite:data/troupe.db", Some("data")),
            ("sqlite://troupe.db", Some("")),
            ("postgres://a@b/c", None),
        ] {
            assert_eq!(folder_of(url), folder.map(PathBuf::from), "{url}");
        }
    }
}
