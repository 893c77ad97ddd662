//! The command line: exit codes and the files of reports.

use std::{fs, path::Path};

use tokio::process::Command;

use super::{EvalFolder, ONE_AGENT};
use crate::support::models;

const FAILING: &str = "script: [{text: Hello.}]
cases:
  - {message: Hello, expect: {contains: Hello.}}
  - {message: Bye, expect: {contains: Bye.}}
";

async fn eval(folder: &EvalFolder, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_troupe"))
        .arg("eval")
        .args(arguments)
        .current_dir(folder.path(""))
        .env_clear()
        .env("TROUPE_MODELS_DIR", Path::new(&models()))
        .output()
        .await
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (
        output.status.code(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

#[tokio::test]
async fn the_exit_code_tells_a_gate_from_a_mistake() {
    let folder = EvalFolder::new();
    folder.write("cases.yaml", &format!("{ONE_AGENT}{FAILING}"));
    let (code, shown, log) = eval(&folder, &["cases.yaml"]).await;
    assert_eq!(code, Some(0), "{log}");
    assert!(shown.contains("FAILED  cases.yaml: Bye"), "{shown}");
    assert!(shown.contains("1 of 2"), "{shown}");
    let reports = [
        "cases.yaml",
        "--gate",
        "--json",
        "r.json",
        "--junit",
        "r.xml",
    ];
    let (code, shown, log) = eval(&folder, &reports).await;
    assert_eq!(code, Some(1), "{log}");
    assert!(shown.contains("Gate: not passed"), "{shown}");
    let json = fs::read_to_string(folder.path("r.json")).unwrap();
    assert!(json.contains("\"status\": \"FAILED\""), "{json}");
    let junit = fs::read_to_string(folder.path("r.xml")).unwrap();
    assert!(roxmltree::Document::parse(&junit).is_ok(), "{junit}");

    folder.write(
        "mistake.yaml",
        &format!("{ONE_AGENT}cases: [{{mesage: Hello}}]\n"),
    );
    let (code, shown, log) = eval(&folder, &["mistake.yaml", "--gate"]).await;
    assert_eq!((code, shown.as_str()), (Some(2), ""), "{log}");
    assert!(log.contains("mistake.yaml: cases[0]"), "{log}");
    let (code, _, log) = eval(
        &folder,
        &[
            "cases.yaml",
            "--url",
            "http://127.0.0.1:9",
            "--against",
            "1.0.0",
        ],
    )
    .await;
    assert_eq!(code, Some(2), "{log}");
    let (_, help, _) = eval(&folder, &["--help"]).await;
    assert!(help.contains("Exit codes"), "{help}");
}
