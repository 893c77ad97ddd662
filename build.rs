//! The pages are built by npm. Without them the binary still builds, and says so where they would be.

use std::{fs, io};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=web/dist");
    fs::create_dir_all("web/dist")
}
