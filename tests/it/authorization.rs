//! Who may do what: every operation by every kind of caller, really asked, as a table that a person can read.

use std::{collections::BTreeSet, fmt::Write};

use serde_json::{Value, json};
use troupe::domain::{Operation, Role};

use crate::{
    access::create_key,
    caller::Caller,
    conversation::Exchange,
    schema::Model,
    support::{Reply, TestApp},
    template::{published, template},
};

/// The table as it should be.
const TABLE: &str = include_str!("authorization.txt");

/// Nobody, and then every role, the least first.
const CALLERS: [&str; 6] = [
    "ANONYMOUS",
    "READER",
    "MEMBER",
    "ADMIN",
    "OWNER",
    "OPERATOR",
];

/// What every operation finds in place.
struct Stage {
    app: TestApp,
    callers: Vec<Caller>,
    said: Exchange,
}

impl Stage {
    async fn set() -> Self {
        let app = TestApp::start().await;
        let home = &app.home;
        let mut callers = vec![Caller::nobody(&app)];
        callers.extend(
            [&home.reader, &home.member, &home.admin, &home.owner]
                .map(|client| Caller::of(&app, client)),
        );
        callers.push(Caller::operator_in(&app, &home.id));
        let said = Exchange::of(
            &home.member,
            json!({"message": "Hello", "agentId": home.agent}),
        )
        .await;
        Self { callers, said, app }
    }

    /// The smallest document that asks for the operation, with everything it needs.
    async fn document(&self, operation: &str) -> Option<(&'static str, Value)> {
        let (home, said) = (&self.app.home, &self.said);
        Some(match operation {
            "Query.viewer" => ("{ viewer { role } }", json!({})),
            "Query.node" => (
                "query($id: ID!) { node(id: $id) { id } }",
                json!({"id": home.agent}),
            ),
            "Query.nodes" => (
                "query($id: ID!) { nodes(ids: [$id]) { id } }",
                json!({"id": home.agent}),
            ),
            "Query.account" => ("{ account { id } }", json!({})),
            "Query.accounts" => ("{ accounts { totalCount } }", json!({})),
            "Query.agentTemplates" => ("{ agentTemplates { totalCount } }", json!({})),
            "Query.agentTemplate" => ("{ agentTemplate(name: \"sales_agent\") { id } }", json!({})),
            "Query.agents" => ("{ agents { totalCount } }", json!({})),
            "Query.agent" => (
                "query($id: ID!) { agent(by: {id: $id}) { id } }",
                json!({"id": home.agent}),
            ),
            "Query.conversations" => ("{ conversations { totalCount } }", json!({})),
            "Query.conversation" => (
                "query($id: ID!) { conversation(id: $id) { id } }",
                json!({"id": said.conversation}),
            ),
            "Query.run" => (
                "query($id: ID!) { run(id: $id) { id } }",
                json!({"id": said.run}),
            ),
            "Account.apiKeys" => ("{ viewer { account { apiKeys { id } } } }", json!({})),
            mutation if mutation.starts_with("Mutation.") => return self.mutation(mutation).await,
            subscription => return self.subscription(subscription),
        })
    }

    async fn mutation(&self, operation: &str) -> Option<(&'static str, Value)> {
        let (home, said) = (&self.app.home, &self.said);
        Some(match operation {
            "Mutation.createAccount" => (
                "mutation { createAccount(input: {name: \"New\", tier: ENTRY}) { account { id } } }",
                json!({}),
            ),
            "Mutation.updateAccount" => (
                "mutation { updateAccount(input: {name: \"Home\"}) { account { id } } }",
                json!({}),
            ),
            "Mutation.createApiKey" => (
                "mutation { createApiKey(input: {name: \"new\", role: READER}) { apiKey { id } } }",
                json!({}),
            ),
            "Mutation.revokeApiKey" => {
                let (key, _) = create_key(&home.owner, "READER").await;
                (
                    "mutation($id: ID!) { revokeApiKey(input: {id: $id}) { apiKey { id } } }",
                    json!({"id": key}),
                )
            }
            "Mutation.publishAgentTemplate" => {
                let input = template("published", "1.0.0");
                (
                    "mutation($input: PublishAgentTemplateInput!) { publishAgentTemplate(input: $input) { template { id } } }",
                    json!({"input": input}),
                )
            }
            "Mutation.deprecateAgentTemplate" => {
                let count = self
                    .app
                    .operator
                    .ok(
                        "{ agentTemplates(includeDeprecated: true) { totalCount } }",
                        json!({}),
                    )
                    .await;
                let version = format!("1.0.{}", count["agentTemplates"]["totalCount"]);
                let id = published(&self.app.operator, "deprecated", &version).await;
                (
                    "mutation($id: ID!) { deprecateAgentTemplate(input: {id: $id}) { template { id } } }",
                    json!({"id": id}),
                )
            }
            "Mutation.createAgent" => (
                "mutation { createAgent(input: {template: \"sales_agent\", tier: \"startup\", name: \"New\"}) { agent { id } } }",
                json!({}),
            ),
            "Mutation.updateAgent" => (
                "mutation($id: ID!) { updateAgent(input: {id: $id, name: \"Support\"}) { agent { id } } }",
                json!({"id": home.agent}),
            ),
            "Mutation.deleteAgent" => {
                let create = "mutation { createAgent(input: {template: \"sales_agent\", tier: \"startup\", name: \"Gone\"}) { agent { id } } }";
                let made = home.owner.ok(create, json!({})).await;
                (
                    "mutation($id: ID!) { deleteAgent(input: {id: $id}) { deletedId } }",
                    json!({"id": made["createAgent"]["agent"]["id"]}),
                )
            }
            "Mutation.suspendAgent" => {
                let create = "mutation { createAgent(input: {template: \"sales_agent\", tier: \"startup\", name: \"Quiet\"}) { agent { id } } }";
                let made = home.owner.ok(create, json!({})).await;
                (
                    "mutation($id: ID!) { suspendAgent(input: {id: $id}) { agent { id } } }",
                    json!({"id": made["createAgent"]["agent"]["id"]}),
                )
            }
            "Mutation.activateAgent" => (
                "mutation($id: ID!) { activateAgent(input: {id: $id}) { agent { id } } }",
                json!({"id": home.agent}),
            ),
            "Mutation.sendMessage" => (
                "mutation($id: ID!) { sendMessage(input: {message: \"Hello\", agentId: $id}) { run { id } } }",
                json!({"id": home.agent}),
            ),
            "Mutation.cancelRun" => (
                "mutation($id: ID!) { cancelRun(input: {runId: $id}) { run { id } } }",
                json!({"id": said.run}),
            ),
            "Mutation.rateMessage" => (
                "mutation($id: ID!) { rateMessage(input: {messageId: $id, score: 1}) { message { id } } }",
                json!({"id": said.answer}),
            ),
            "Mutation.deleteConversation" => {
                let gone = Exchange::of(
                    &home.member,
                    json!({"message": "Hello", "agentId": home.agent}),
                )
                .await;
                (
                    "mutation($id: ID!) { deleteConversation(input: {id: $id}) { deletedId } }",
                    json!({"id": gone.conversation}),
                )
            }
            _ => return None,
        })
    }

    fn subscription(&self, operation: &str) -> Option<(&'static str, Value)> {
        let (home, said) = (&self.app.home, &self.said);
        Some(match operation {
            "Subscription.chat" => (
                "subscription($id: ID!) { chat(input: {message: \"Hello\", agentId: $id}) { runId } }",
                json!({"id": home.agent}),
            ),
            "Subscription.runEvents" => (
                "subscription($id: ID!) { runEvents(runId: $id) { runId } }",
                json!({"id": said.run}),
            ),
            "Subscription.conversationEvents" => {
                let query = "subscription($id: ID!, $after: String) { conversationEvents(conversationId: $id, after: $after) { runId } }";
                (
                    query,
                    json!({"id": said.conversation, "after": said.cursor}),
                )
            }
            "Subscription.agentChanged" => (
                "subscription($id: ID!) { agentChanged(agentId: $id) { id } }",
                json!({"id": home.agent}),
            ),
            _ => return None,
        })
    }

    /// What the caller gets: `ok`, or why not.
    async fn outcome(&self, operation: &str, caller: &Caller) -> String {
        let document = self.document(operation).await;
        let (query, variables) = document
            .unwrap_or_else(|| panic!("{operation} is not in this test: add how it is asked"));
        let reply = if query.starts_with("subscription") {
            let mut socket = caller.subscribe(query, variables).await;
            if operation == "Subscription.agentChanged" {
                socket
                    .answer_while(async || self.change_agent().await)
                    .await
            } else {
                socket.answer().await
            }
        } else {
            caller.ask(query, variables).await
        };
        outcome(operation, &reply)
    }

    async fn change_agent(&self) {
        let change = "mutation($id: ID!) { updateAgent(input: {id: $id, name: \"Support\"}) { agent { id } } }";
        self.app
            .home
            .admin
            .ask(change, json!({"id": self.app.home.agent}))
            .await;
    }
}

fn outcome(operation: &str, reply: &Reply) -> String {
    match reply.code() {
        "UNAUTHENTICATED" => "UNAUTHENTICATED".to_owned(),
        "FORBIDDEN" => "FORBIDDEN".to_owned(),
        _ => {
            let field = operation.split('.').next_back().unwrap();
            let found = reply.data();
            let found = if operation == "Account.apiKeys" {
                &found["viewer"]["account"][field]
            } else {
                &found[field]
            };
            assert!(!found.is_null(), "{operation}: {reply:?}");
            "ok".to_owned()
        }
    }
}

/// Every root field, and the fields that need a role of their own.
fn operations() -> Vec<String> {
    let mut operations = Model::ours().root_fields();
    let fields = Operation::ALL.iter().map(|operation| operation.name());
    operations.extend(fields.filter(|name| name.contains('.')).map(str::to_owned));
    operations
}

/// The policy's own words about an operation.
fn policy(operation: &str) -> Operation {
    let field = operation.split('.').next_back().unwrap();
    let named = Operation::ALL
        .iter()
        .find(|known| known.name() == operation || known.name() == field);
    *named.unwrap_or_else(|| panic!("{operation} is not in domain::Operation: say who may call it"))
}

#[test]
fn the_policy_knows_every_root_field_and_nothing_that_is_not_there() {
    let schema = Model::ours();
    let fields = schema.root_fields();
    let known: BTreeSet<_> = fields
        .iter()
        .map(|operation| policy(operation).name())
        .collect();
    for operation in Operation::ALL.iter().map(|operation| operation.name()) {
        let here = match operation.split_once('.') {
            Some((kind, field)) => schema.0[kind].members.contains_key(field),
            None => known.contains(operation),
        };
        assert!(
            here,
            "{operation} is in domain::Operation and not in the schema"
        );
    }
}

#[tokio::test]
async fn every_operation_answers_every_caller_as_the_table_says() {
    let stage = Stage::set().await;
    let mut table = format!("{:<36}", "");
    for caller in CALLERS {
        write!(table, "{caller:<17}").unwrap();
    }
    let mut against_policy = Vec::new();
    for operation in operations() {
        table = table.trim_end().to_owned();
        write!(table, "\n{operation:<36}").unwrap();
        for (name, caller) in CALLERS.iter().zip(&stage.callers) {
            let outcome = stage.outcome(&operation, caller).await;
            let role = Role::ALL.iter().find(|role| role.name() == *name);
            let expected = match role {
                None => "UNAUTHENTICATED",
                Some(role) if *role < policy(&operation).least_role() => "FORBIDDEN",
                Some(_) => "ok",
            };
            if outcome != expected {
                against_policy.push(format!(
                    "{operation} by {name}: {outcome}, the policy says {expected}"
                ));
            }
            write!(table, "{outcome:<17}").unwrap();
        }
    }
    let table = format!("{}\n", table.trim_end());
    assert!(against_policy.is_empty(), "{against_policy:#?}");
    assert!(
        table == TABLE,
        "tests/it/authorization.txt is another table; if this one is meant, put it there:\n{table}"
    );
}
