//! The pages are built by npm. Without them the binary still builds, and says so where they would be.

use std::{fs, io};

#[expect(
    clippy::print_stdout,
    reason = "a build script speaks to cargo through stdout"
)]
fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=web/dist");
    fs::create_dir_all("web/dist")
}
