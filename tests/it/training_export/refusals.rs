//! What `troupe export` refuses, and with which words.

use troupe::{
    domain::{AccountId, AgentId},
    port::SystemClock,
};

use super::{account_consents, export, export_of};
use crate::support::TestApp;

#[tokio::test]
async fn an_export_without_consent_says_who_gives_it() {
    let app = TestApp::start().await;
    let refused = export(&app, &["--for", "evaluation"]).await;
    assert_eq!(refused.status.code(), Some(1));
    assert!(refused.stdout.is_empty());
    let reason = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(
        reason.trim_end(),
        "troupe: the account has not consented to the export of its conversations: its owner gives the consent with \
         `updateAccount(input: {trainingConsent: true})`"
    );
    // nothing was exported, so nothing is recorded
    let log = app.audit_log(&app.home.id).await;
    assert!(
        log.iter()
            .all(|entry| entry.note.action != "exportRatedAnswers")
    );
}

#[tokio::test]
async fn wrong_options_are_named() {
    let app = TestApp::start().await;
    account_consents(&app, true).await;
    let unknown_account = AccountId::new(&SystemClock).to_string();
    let unknown_agent = AgentId::new(&SystemClock).to_string();
    let home = app.home.id.as_str();
    let cases: &[(&str, &[&str], i32, &str)] = &[
        (&unknown_account, &[], 1, "no such account"),
        (&app.home.agent, &[], 1, "--account"),
        ("home", &[], 1, "--account"),
        (home, &["--agent", &unknown_agent], 1, "no such agent"),
        (home, &["--agent", &app.stranger.agent], 1, "no such agent"),
        (home, &["--agent", home], 1, "--agent"),
        (
            home,
            &[
                "--since",
                "2026-02-01T00:00:00Z",
                "--until",
                "2026-01-01T00:00:00Z",
            ],
            1,
            "--until: is not after --since",
        ),
        (home, &["--since", "yesterday"], 2, "expected RFC 3339"),
        (home, &["--rating", "good"], 2, "--rating"),
    ];
    for (account, more, code, reason) in cases {
        let arguments = [&["--for", "evaluation"][..], more].concat();
        let refused = export_of(&app, account, &arguments).await;
        let shown = String::from_utf8(refused.stderr).unwrap();
        assert_eq!(refused.status.code(), Some(*code), "{more:?}: {shown}");
        assert!(shown.contains(reason), "{more:?}: {shown}");
        assert!(refused.stdout.is_empty(), "{more:?}");
    }
}
