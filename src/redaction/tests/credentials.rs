//! Keys, tokens and passwords. Keys are written in pieces, so that no scanner takes them for real ones.

use super::{becomes, redacted, stays};

/// A key of these pieces.
fn key(pieces: &[&str]) -> String {
    pieces.concat()
}

#[test]
fn keys_of_known_shapes_are_replaced() {
    let keys = [
        key(&["sk-", "proj-", "A1b2C3d4E5f6G7h8I9j0"]),
        key(&["sk-", "ant-api03-", "abcdefgh12345678-ABCD_efgh"]),
        key(&["gh", "p_", "16C7e42F292c6912E7710c838347Ae178B4a"]),
        key(&["github_", "pat_", "11ABCDEFG0abcdefghij_0123456789"]),
        key(&["glpat", "-", "abcDEF123456ghiJKL78"]),
        key(&["AKIA", "IOSFODNN7EXAMPLE"]),
        key(&["xox", "b-", "123456789012-abcdefABCDEF"]),
        key(&["AIza", "SyA1234567890abcdefghijklmnopqrstuv"]),
        key(&["sk_", "live_", "51H8abcDEF1234567890"]),
        key(&["hf_", "abcdefghijklmnop1234567890QRSTUVWX"]),
        key(&["npm_", "abcdefghijklmnop1234567890QRSTUVWXYZ"]),
        key(&["SG.", "abcdefghijklmnop12.", "qrstuvwxyz1234567890ABCD"]),
        key(&[
            "troupe_",
            "abcdefghijklmnopqrstuvwxyz234567abcdefghijklmnopqrstuvwxyz2",
        ]),
        key(&["ts_", "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNO_3"]),
    ];
    for key in keys {
        assert_eq!(
            redacted(&format!("Use {key}, please.")),
            "Use [REDACTED:api_key], please.",
            "{key}"
        );
    }
}

#[test]
fn words_with_the_beginning_of_a_key_stay() {
    stays(&[
        "sk-learn-compatible-estimators",
        "the metric troupe_database_connections_max_of_all_processes",
        "risk-assessment-for-2024-and-later-years",
        "task-0123456789abcdef",
        "npm_config_registry",
        "ts_node",
    ]);
}

#[test]
fn tokens_are_replaced() {
    let jwt = key(&[
        "eyJ",
        "hbGciOiJIUzI1NiJ9.",
        "eyJzdWIiOiIxMjM0In0.",
        "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
    ]);
    becomes(&[
        (&format!("It is {jwt}."), "It is [REDACTED:jwt]."),
        (
            &format!("Authorization: Bearer {jwt}"),
            "Authorization: Bearer [REDACTED:jwt]",
        ),
        (
            "curl -H 'Authorization: Bearer abc123def456ghi'",
            "curl -H 'Authorization: Bearer [REDACTED:token]'",
        ),
        (
            "Authorization: Basic YWRhOnNlY3JldA==",
            "Authorization: Basic [REDACTED:token]",
        ),
        (
            "https://api.example.com/x?access_token=9f8e7d6c5b4a&page=2",
            "https://api.example.com/x?access_token=[REDACTED:api_key]&page=2",
        ),
        ("API key: 9f8e7d6c-5b4a", "API key: [REDACTED:api_key]"),
        (
            "AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCY",
            "AWS_SECRET_ACCESS_KEY=[REDACTED:api_key]",
        ),
    ]);
    stays(&[
        "The bearer of this letter may enter.",
        "Bearer documentation",
        "The token is expired.",
        "The token limit is 100000 a month.",
        "max_tokens: 4096",
        "eyJ is how they begin",
    ]);
}

#[test]
fn pem_is_replaced_also_without_its_end() {
    let begin = key(&["-----BEGIN ", "RSA PRIVATE KEY-----"]);
    let end = key(&["-----END ", "RSA PRIVATE KEY-----"]);
    becomes(&[
        (
            &format!("Key:\n{begin}\nMIIEow\n12/+ab==\n{end}\nThanks"),
            "Key:\n[REDACTED:pem]\nThanks",
        ),
        (
            &format!("Key:\n{begin}\nMIIEow\n12"),
            "Key:\n[REDACTED:pem]",
        ),
    ]);
    stays(&["----- begin of the letter -----", "-- BEGIN --"]);
}

#[test]
fn urls_lose_their_credentials() {
    becomes(&[
        (
            "postgres://ada:s3cret@db.example.com:5432/orders?sslmode=require",
            "postgres://[REDACTED:credentials]/orders?sslmode=require",
        ),
        (
            "redis://:hunter2@localhost",
            "redis://[REDACTED:credentials]",
        ),
        (
            "see \"https://ada:p@ss@example.com\", it works",
            "see \"https://[REDACTED:credentials]\", it works",
        ),
        (
            "git clone https://abcdefghij0123456789@github.com/a/b.git",
            "git clone https://[REDACTED:credentials]/a/b.git",
        ),
    ]);
    stays(&[
        "https://example.com:8443/users/@me",
        "https://example.com/a:b/c",
        "http://localhost:8080/graphql",
        "ssh://host.example.com:22/path",
    ]);
}

#[test]
fn passwords_after_a_word_are_replaced() {
    becomes(&[
        ("password: hunter2", "password: [REDACTED:password]"),
        ("Passwort: Sommer!", "Passwort: [REDACTED:password]!"),
        (
            "Mein WLAN-Passwort:\ngeheim",
            "Mein WLAN-Passwort:\n[REDACTED:password]",
        ),
        ("DB_PASSWORD=tiger", "DB_PASSWORD=[REDACTED:password]"),
        (
            "{\"password\": \"tiger\", \"a\": 1}",
            "{\"password\": \"[REDACTED:password]\", \"a\": 1}",
        ),
        ("**Password:** tiger", "**Password:** [REDACTED:password]"),
        (
            "My password is hunter2.",
            "My password is [REDACTED:password].",
        ),
        (
            "Das Kennwort für das Portal lautet: geheim",
            "Das Kennwort für das Portal lautet: [REDACTED:password]",
        ),
        (
            "Das Passwort für unser altes System ist Winter2024",
            "Das Passwort für unser altes System ist [REDACTED:password]",
        ),
        (
            "mot de passe : s3same",
            "mot de passe : [REDACTED:password]",
        ),
        ("PIN: 1234", "PIN: [REDACTED:password]"),
        (
            "Meine PIN ist 4711, danke",
            "Meine PIN ist [REDACTED:password], danke",
        ),
        (
            "Seed phrase: correct horse battery staple",
            "Seed phrase: [REDACTED:password]",
        ),
    ]);
    stays(&[
        "The password is required.",
        "Das Passwort ist leider falsch.",
        "I forgot my password, how do I reset it?",
        "Passwordless login: a new feature",
        "Is the password policy strict?",
        "The pin is bent.",
    ]);
}
