//! Checks operations before an account registers them for its end users: what is registered can be executed.

use std::sync::OnceLock;

use async_graphql::{Request, Variables};
use async_trait::async_trait;

use crate::{
    config::DocumentLimits,
    domain::excerpt,
    error::Result,
    graphql::{self, DocumentValidator},
    port::OperationChecker,
};

use super::{Guard, Violation};

/// Checks documents against the schema, the limits of documents and the fields for end users.
pub(crate) struct RegistrationCheck {
    limits: DocumentLimits,
    /// Made when the first document is registered: most processes check none.
    parts: OnceLock<CheckParts>,
}

struct CheckParts {
    guard: Guard,
    validator: DocumentValidator,
}

impl RegistrationCheck {
    /// Checks documents against these limits.
    pub(crate) fn new(limits: DocumentLimits) -> Self {
        Self {
            limits,
            parts: OnceLock::new(),
        }
    }

    fn parts(&self) -> Result<&CheckParts> {
        if let Some(parts) = self.parts.get() {
            return Ok(parts);
        }
        let guard = Guard::new(&graphql::sdl(), self.limits.clone())?;
        Ok(self.parts.get_or_init(|| CheckParts {
            guard,
            validator: DocumentValidator::new(),
        }))
    }
}

#[async_trait]
impl OperationChecker for RegistrationCheck {
    async fn check(&self, document: &str) -> Result<String, String> {
        let parts = self.parts().map_err(|error| error.message().to_owned())?;
        let (request, name) = executable(&parts.guard, document).map_err(Violation::message)?;
        let errors = parts.validator.errors(request).await;
        match errors.into_iter().next() {
            None => Ok(name),
            Some(error) => Err(error.message),
        }
    }
}

/// The request of a document with one named operation over fields for end users, and the operation's name.
fn executable(guard: &Guard, text: &str) -> Result<(Request, String), Violation> {
    let document = guard.parse(text)?;
    let invalid = |message: &str| Violation::Invalid(message.to_owned(), Vec::new());
    let mut operations = document.operations.iter();
    let (Some((Some(name), operation)), None) = (operations.next(), operations.next()) else {
        return Err(invalid("has to have one operation, with a name"));
    };
    let name = excerpt(name);
    let summary = guard.measure(&document, &operation.node, &Variables::default())?;
    if summary.introspects {
        return Err(invalid("asks about the schema, which end users may not"));
    }
    guard.check_for_end_user(&document)?;
    let mut request = Request::new(text);
    request.set_parsed_query(document);
    Ok((request, name))
}

#[cfg(test)]
mod tests {
    use super::RegistrationCheck;
    use crate::{config::DocumentLimits, port::OperationChecker};

    #[tokio::test]
    async fn what_an_end_user_can_execute_is_accepted_with_its_name() {
        let check = RegistrationCheck::new(DocumentLimits::default());
        for (name, text) in [
            ("Me", "query Me { viewer { role endUser { id } } }"),
            (
                "Send",
                "mutation Send($input: ChatInput!) { sendMessage(input: $input) { run { id } } }",
            ),
            (
                "Chat",
                "subscription Chat($input: ChatInput!) { chat(input: $input) { ...E } } fragment E on RunEvent { cursor }",
            ),
        ] {
            assert_eq!(check.check(text).await.as_deref(), Ok(name));
        }
        for (reason, text) in [
            ("syntax error", "query {"),
            ("with a name", "{ viewer { role } }"),
            (
                "with a name",
                "query A { viewer { role } } query B { viewer { role } }",
            ),
            (
                "Query.account is not for end users",
                "query A { account { id } }",
            ),
            ("Query.nonsense", "query A { nonsense }"),
            (
                "about the schema",
                "query A { __schema { types { name } } }",
            ),
            (
                "Unknown type",
                "query A($id: Nonsense!) { node(id: $id) { id } }",
            ),
            ("is not defined", "query A { node(id: $id) { id } }"),
        ] {
            let refused = check.check(text).await.unwrap_err();
            assert!(refused.contains(reason), "{text}: {refused}");
        }
        let long = format!("query A {{ viewer {{ role }} }} #{}", "a".repeat(30_000));
        assert!(check.check(&long).await.is_err());
    }
}
