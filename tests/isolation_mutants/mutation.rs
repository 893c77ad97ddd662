//! The predicates that narrow rows to an account or to an end user, and how each of them is removed from a copy of the sources.

use std::{fs, path::Path};

/// A change of the copy that lets some mutants remove a predicate.
pub(crate) struct Edit {
    file: &'static str,
    /// The text that is replaced; it stands in the file exactly once.
    find: &'static str,
    replace: &'static str,
}

/// The module of the copy that the edits call. `ISOLATION_MUTANT` names the mutant of the process, and each predicate that is
/// used is appended to the file `ISOLATION_REACHED`.
pub(crate) const MUTANT: &str = r#"//! Removes one predicate: only in the copy of the sources that the mutation test makes.
#![allow(missing_docs, clippy::all, clippy::pedantic, clippy::disallowed_methods, clippy::unwrap_used, clippy::allow_attributes, clippy::allow_attributes_without_reason)]

use std::{collections::BTreeSet, io::Write, sync::{LazyLock, Mutex}};

use sea_orm::{Condition, ExprTrait, sea_query::Expr};

pub(crate) fn is(name: &str) -> bool {
    static ON: LazyLock<Option<String>> = LazyLock::new(|| std::env::var("ISOLATION_MUTANT").ok());
    static REACHED: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    if REACHED.lock().unwrap().insert(name.to_owned()) && let Ok(file) = std::env::var("ISOLATION_REACHED") {
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(file).unwrap();
        writeln!(file, "{name}").unwrap();
    }
    ON.as_deref() == Some(name)
}

pub(crate) fn condition(name: &str, condition: Condition) -> Condition {
    if is(name) { Condition::all() } else { condition }
}

pub(crate) fn expr(name: &str, expr: impl Into<Expr>) -> Expr {
    if is(name) { Expr::val(1).eq(1) } else { expr.into() }
}

/// The filter of pgvector's statements, as text.
pub(crate) struct InCollection;

impl std::fmt::Display for InCollection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let account = if is("pgvectors: account") { "$1::uuid IS NOT NULL" } else { "account_id = $1" };
        write!(f, "{account} AND agent_id = $2 AND generation = $3")
    }
}
"#;

/// The list of tables, from which four mutants of each table are made: its two predicates and its two policies.
const TABLES: &str = "src/store/scoped.rs";
/// The policies of PostgreSQL.
const POLICIES: &str = "src/store/row_security/policies.rs";

/// One edit for the predicates of every table, and one for each other predicate.
const EDITS: &[Edit] = &[
    Edit {
        file: "src/lib.rs",
        find: "pub mod adapter;\n",
        replace: "pub mod adapter;\npub(crate) mod mutant;\n",
    },
    Edit {
        file: TABLES,
        find: "let of_account = Condition::all().add(E::ACCOUNT.eq(self.account.uuid()));",
        replace: "let of_account = crate::mutant::condition(&format!(\"{}: account\", E::NOUN), Condition::all().add(E::ACCOUNT.eq(self.account.uuid())));",
    },
    Edit {
        file: TABLES,
        find: "let condition = match E::SEEN_BY {",
        replace: "if crate::mutant::is(&format!(\"{}: seen by\", E::NOUN)) { return Condition::all(); }\n let condition = match E::SEEN_BY {",
    },
    Edit {
        file: TABLES,
        find: "E::find().filter(self.seen::<E>())",
        replace: "E::find().filter(crate::mutant::condition(\"TenantStore::rows\", self.seen::<E>()))",
    },
    Edit {
        file: TABLES,
        find: "E::update_many().filter(self.seen::<E>())",
        replace: "E::update_many().filter(crate::mutant::condition(\"TenantStore::change\", self.seen::<E>()))",
    },
    Edit {
        file: TABLES,
        find: "E::delete_many().filter(self.seen::<E>())",
        replace: "E::delete_many().filter(crate::mutant::condition(\"TenantStore::delete\", self.seen::<E>()))",
    },
    Edit {
        file: TABLES,
        find: "open.filter(agent::Column::Status.eq(agent::AgentStatus::Active));",
        replace: "open.filter(crate::mutant::expr(\"agent: only active ones\", agent::Column::Status.eq(agent::AgentStatus::Active)));",
    },
    Edit {
        file: TABLES,
        find: "open.filter(agent::Column::Id.is_in(agents.iter().map(|id| id.uuid()))),",
        replace: "open.filter(crate::mutant::expr(\"agent: only those of the session\", agent::Column::Id.is_in(agents.iter().map(|id| id.uuid())))),",
    },
    Edit {
        file: POLICIES,
        find: "let account = of_account(E::ACCOUNT.as_str());",
        replace: "let account = if crate::mutant::is(&format!(\"{}: account policy\", E::NOUN)) { \"true\".to_owned() } else { of_account(E::ACCOUNT.as_str()) };",
    },
    Edit {
        file: POLICIES,
        find: "let seen = seen_by(E::SEEN_BY);",
        replace: "let seen = if crate::mutant::is(&format!(\"{}: end user policy\", E::NOUN)) { \"true\".to_owned() } else { seen_by(E::SEEN_BY) };",
    },
    Edit {
        file: "src/service/tables.rs",
        find: "Some(scope) => tenant.narrowed(Arc::clone(scope)),",
        replace: "Some(_) if crate::mutant::is(\"Tables::tenant: end user\") => tenant,\n Some(scope) => tenant.narrowed(Arc::clone(scope)),",
    },
    Edit {
        file: "src/store/mcp_server/mod.rs",
        find: ".add(mcp_server::Column::AccountId.eq(self.account.uuid()))",
        replace: ".add(crate::mutant::expr(\"MCP servers: account\", mcp_server::Column::AccountId.eq(self.account.uuid())))",
    },
    Edit {
        file: "src/store/mcp_server/mod.rs",
        find: ".add(names_account(self.account, backend));",
        replace: ".add(crate::mutant::expr(\"MCP servers: named account\", names_account(self.account, backend)));",
    },
    Edit {
        file: "src/store/mcp_server/mod.rs",
        find: "Some(account) => mcp_server::Column::AccountId.eq(account.uuid()),",
        replace: "Some(account) => crate::mutant::expr(\"MCP servers: owner\", mcp_server::Column::AccountId.eq(account.uuid())),",
    },
    Edit {
        file: "src/store/event.rs",
        find: ".and(run_event::Column::AccountId.eq(position.account.uuid()))",
        replace: ".and(crate::mutant::expr(\"run events after a position: account\", run_event::Column::AccountId.eq(position.account.uuid())))",
    },
    Edit {
        file: "src/store/event.rs",
        find: ".filter(run::Column::AccountId.eq(lease.account.uuid()))",
        replace: ".filter(crate::mutant::expr(\"epoch of a lease: account\", run::Column::AccountId.eq(lease.account.uuid())))",
    },
    Edit {
        file: "src/store/event.rs",
        find: ".and(Expr::col((run::Entity, run::Column::AccountId)).equals((\"given\", \"column3\")))",
        replace: ".and(crate::mutant::expr(\"append under a lease: account\", Expr::col((run::Entity, run::Column::AccountId)).equals((\"given\", \"column3\"))))",
    },
    Edit {
        file: "src/store/vector.rs",
        find: ".action_and_where(account.eq(self.account.uuid()))",
        replace: ".action_and_where(crate::mutant::expr(\"vector collections: account\", account.eq(self.account.uuid())))",
    },
    Edit {
        file: "src/store/pgvector/statement.rs",
        find: "pub(super) const IN_COLLECTION: &str = \"account_id = $1 AND agent_id = $2 AND generation = $3\";",
        replace: "pub(super) const IN_COLLECTION: crate::mutant::InCollection = crate::mutant::InCollection;",
    },
    Edit {
        file: "src/store/pgvector/mod.rs",
        find: "WHERE pgvectors.account_id = excluded.account_id\",\n                    rows.join(\", \")",
        replace: "WHERE {}\",\n rows.join(\", \"), if crate::mutant::is(\"pgvectors: account of a replaced row\") { \"true\" } else { \"pgvectors.account_id = excluded.account_id\" }",
    },
    Edit {
        file: "src/store/run/accept.rs",
        find: ".filter(run::Column::SentBy.eq(sent_by(sender)))",
        replace: ".filter(crate::mutant::expr(\"idempotency key: end user\", run::Column::SentBy.eq(sent_by(sender))))",
    },
    Edit {
        file: "src/domain/actor.rs",
        find: "if account != self.account && !self.is_operator() {",
        replace: "if account != self.account && !self.is_operator() && !crate::mutant::is(\"Actor::acting_in: operator\") {",
    },
    Edit {
        file: "src/domain/actor.rs",
        find: "scope.is_none_or(|scope| scope.may_talk_to(agent))",
        replace: "crate::mutant::is(\"Permission::may_talk_to: agents of the session\") || scope.is_none_or(|scope| scope.may_talk_to(agent))",
    },
    Edit {
        file: "src/domain/actor.rs",
        find: "Caller::EndUser { scope, .. } if operation.is_for_end_users() => {",
        replace: "Caller::EndUser { scope, .. } if operation.is_for_end_users() || crate::mutant::is(\"Actor::authorize: operations for end users\") => {",
    },
    Edit {
        file: "src/service/conversation.rs",
        find: "(Some(named), Some(own)) if named != own =>",
        replace: "(Some(named), Some(own)) if named != own && !crate::mutant::is(\"check_own: named end user\") =>",
    },
    Edit {
        file: "src/service/new_message.rs",
        find: ".is_some_and(|named| *named != scope.external_id)",
        replace: ".is_some_and(|named| *named != scope.external_id && !crate::mutant::is(\"NewMessage::sent_by: named end user\"))",
    },
    Edit {
        file: "src/service/session.rs",
        find: "if new.account() != actor.account() || new_scope.end_user != scope.end_user {",
        replace: "if (new.account() != actor.account() || new_scope.end_user != scope.end_user) && !crate::mutant::is(\"renewSession: end user\") {",
    },
    Edit {
        file: "src/service/conversation_changes.rs",
        find: "return Ok(owner == Some(watched));",
        replace: "return Ok(owner == Some(watched) || crate::mutant::is(\"conversationChanged: end user of a deleted one\"));",
    },
    Edit {
        file: "src/service/tool_call.rs",
        find: "approver: actor.end_user().map(|_| ToolApprover::EndUser),",
        replace: "approver: actor.end_user().map(|_| ToolApprover::EndUser).filter(|_| !crate::mutant::is(\"toolApprovals: approver\")),",
    },
    Edit {
        file: "src/service/tool_call.rs",
        find: "if named.is_some() && named != conversation.end_user.as_deref() {",
        replace: "if named.is_some() && named != conversation.end_user.as_deref() && !crate::mutant::is(\"resolveToolCall: named end user\") {",
    },
    Edit {
        file: "src/service/tool_call.rs",
        find: "if !is_staff && !is_asked_of_end_user {",
        replace: "if !is_staff && !is_asked_of_end_user && !crate::mutant::is(\"resolveToolCall: approver\") {",
    },
    Edit {
        file: "src/domain/tool_call.rs",
        find: ".filter(|approver| actor.end_user().is_none() || *approver == ToolApprover::EndUser)",
        replace: ".filter(|approver| actor.end_user().is_none() || *approver == ToolApprover::EndUser || crate::mutant::is(\"ToolCall.approval: approver\"))",
    },
    Edit {
        file: "src/graphql/node.rs",
        find: "if actor.end_user().is_some() && is_for_keys(&id) {",
        replace: "if actor.end_user().is_some() && is_for_keys(&id) && !crate::mutant::is(\"node: kinds for keys\") {",
    },
    Edit {
        file: "src/adapter/memory/announcements.rs",
        find: "fn publish(&self, account: AccountId, announcement: Announcement) {",
        replace: "fn publish(&self, account: AccountId, announcement: Announcement) {\n let account = if crate::mutant::is(\"announcements: account\") { AccountId::from_uuid(uuid::Uuid::nil()) } else { account };",
    },
    Edit {
        file: "src/adapter/memory/announcements.rs",
        find: "fn listen(&self, account: AccountId) -> BoxStream<'static, Announcement> {",
        replace: "fn listen(&self, account: AccountId) -> BoxStream<'static, Announcement> {\n let account = if crate::mutant::is(\"announcements: account\") { AccountId::from_uuid(uuid::Uuid::nil()) } else { account };",
    },
    Edit {
        file: "src/http/mcp/sessions.rs",
        find: "open.get(id).is_some_and(|open| open.owner == self.owner)",
        replace: "open.get(id).is_some_and(|open| open.owner == self.owner || crate::mutant::is(\"MCP sessions: owner\"))",
    },
    Edit {
        file: "src/http/mcp/sessions.rs",
        find: "open.get(id).filter(|open| open.owner == self.owner) {",
        replace: "open.get(id).filter(|open| open.owner == self.owner || crate::mutant::is(\"MCP sessions: owner of a closed one\")) {",
    },
];

/// The file of the copy that the edits call.
pub(crate) const MUTANT_FILE: &str = "src/mutant.rs";

/// A file of the copy: its text with every edit of it. A predicate that was moved or reworded stops the tool here.
pub(crate) fn edited(file: &str, text: String) -> String {
    EDITS
        .iter()
        .filter(|edit| edit.file == file)
        .fold(text, |text, edit| {
            let found = text.matches(edit.find).count();
            assert_eq!(found, 1, "{file} has this {found} times: {}", edit.find);
            text.replace(edit.find, edit.replace)
        })
}

/// Whether the file has edits.
pub(crate) fn has_edits(file: &str) -> bool {
    EDITS.iter().any(|edit| edit.file == file)
}

/// The names of all mutants.
pub(crate) fn names(root: &Path) -> Vec<String> {
    for edit in EDITS {
        assert!(root.join(edit.file).exists(), "{} is gone", edit.file);
    }
    let mut names = of_tables(&fs::read_to_string(root.join(TABLES)).unwrap());
    names.extend(EDITS.iter().flat_map(|edit| names_in(edit.replace)));
    names.extend(names_in(MUTANT));
    names.sort();
    names.dedup();
    names
}

/// The mutants of each table of the list.
fn of_tables(list: &str) -> Vec<String> {
    let rows = list.lines().filter_map(|line| {
        let (noun, rule) = line.strip_prefix("    ")?.split_once(" by ")?;
        rule.contains(", seen by ").then(|| noun.to_owned())
    });
    let names: Vec<String> = rows
        .flat_map(|noun| {
            ["account", "seen by", "account policy", "end user policy"]
                .map(|mutant| format!("{noun}: {mutant}"))
        })
        .collect();
    assert!(
        names.len() > 160,
        "the list of tables was not read: {names:?}"
    );
    names
}

/// The names of the mutants that a text of the copy asks for.
fn names_in(text: &str) -> Vec<String> {
    let calls = [
        "mutant::is(\"",
        "mutant::expr(\"",
        "mutant::condition(\"",
        "if is(\"",
    ];
    let after = calls.iter().flat_map(|call| text.split(call).skip(1));
    let names = after.filter_map(|rest| rest.split('"').next());
    names.map(str::to_owned).collect()
}
