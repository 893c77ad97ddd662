//! Files are read strictly: an error names the file, the case and the field.

use super::{EvalFolder, ONE_AGENT, options};

async fn refused(text: &str) -> String {
    let folder = EvalFolder::new();
    let file = folder.write("cases.yaml", text);
    let error = folder.run(options(&[file])).await.unwrap_err();
    error.message().to_owned()
}

#[tokio::test]
async fn a_mistake_is_named_with_its_case_and_field() {
    for (cases, expected) in [
        (
            "- {message: How much?, expect: {agnet: support}}",
            "cases.yaml: cases[0] \"How much?\": expect",
        ),
        (
            "- {name: Price, message: How much?, expect: {tools: [{name: 7}]}}",
            "cases.yaml: cases[0] \"Price\": expect.tools[0].name",
        ),
        (
            "- {message: How much?, expect: {agent: suport}}",
            "cases[0] \"How much?\": expect.agent \"suport\" is no agent of the file; did you mean \"support\"?",
        ),
        (
            "- {message: How much?, phrasings: [And now?], expect: {noTools: true}}",
            "cases[0] \"How much?\" has several of message, phrasings and turns",
        ),
        (
            "- {message: How much?}",
            "cases[0] \"How much?\" expects nothing",
        ),
        (
            "- {message: Hello, expect: {noTools: true}}\n  - {message: Hello, expect: {noTools: true}}",
            "cases[1] \"Hello\" is the name of cases[0] too",
        ),
        (
            "- {message: Hello, expect: {matches: '('}}",
            "cases[0] \"Hello\": expect.matches[0] is no regular expression",
        ),
        (
            "- {message: Hello, expect: {tools: [{name: a, status: DONE}]}}",
            "expect.tools[0].status \"DONE\" given, expected one of AWAITING_APPROVAL",
        ),
        (
            "- {message: Hello, expect: {noTools: true}, script: [{json: {a: 1}}]}",
            "cases[0] \"Hello\": script[0] has json without extract",
        ),
        (
            "- {turns: [{message: Hello, expect: {noTools: true}}], agent: support}",
            "cases[0] \"Hello\" has turns, and beside them fields of one message",
        ),
    ] {
        let message = refused(&format!("{ONE_AGENT}cases:\n  {cases}\n")).await;
        let message = message.replace(": is", " is").replace(": has", " has");
        let message = message
            .replace(": expects", " expects")
            .replace(": \"", " \"");
        let expected = expected.replace(": \"", " \"");
        assert!(message.contains(&expected), "{message}\n{expected}");
    }
}

#[tokio::test]
async fn a_file_that_cannot_be_read_is_named() {
    let folder = EvalFolder::new();
    let error = folder.run(options(&[folder.path("none.yaml")])).await;
    let message = error.unwrap_err().message().to_owned();
    assert!(message.contains("none.yaml"), "{message}");
    assert!(message.contains("cannot be read"), "{message}");
    let message = refused("cases: [").await;
    assert!(message.contains("is not YAML"), "{message}");
    let message = refused("cases:\n  - {message: Hello, expect: {noTools: true}}\n").await;
    assert!(message.contains("agents"), "{message}");
}

#[tokio::test]
async fn a_mistake_in_the_agents_is_one_of_the_file() {
    let message = refused(
        "agents: [{slug: support, template: support_agent, tier: golden}]\nscript: [{text: Hello.}]\ncases:\n  - {message: Hello, expect: {noTools: true}}\n",
    )
    .await;
    assert!(message.contains("cases.yaml"), "{message}");
    assert!(message.contains("input.tier: no such tier"), "{message}");
}
