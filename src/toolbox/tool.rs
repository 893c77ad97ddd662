//! A tool: a function from typed arguments to a typed answer, which its schemas are generated from.

use futures::{FutureExt, future::BoxFuture};
use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{schema, tool_context::ToolContext};
use crate::{
    domain::{Id, IdKind, ToolDefinition},
    error::{Error, Result},
};

/// A tool of a built-in server.
pub(super) struct Tool {
    /// The definition that clients and models see.
    pub(super) definition: ToolDefinition,
    pub(super) run: Run,
}

/// The implementation of a tool.
pub(super) enum Run {
    /// Answers a call. The tool only reads.
    Reads(Function<Value, Value>),
    /// The tool changes something, once per idempotency key.
    Writes {
        /// Makes the change and returns the id of the row that it created or changed.
        write: Function<Value, Uuid>,
        /// Returns the row that this call, or an earlier one with the same key, created or changed.
        show: Function<Uuid, Value>,
    },
}

/// A function of a tool. Arguments match the tool's schema.
pub(super) type Function<I, O> =
    Box<dyn for<'c> Fn(&'c ToolContext, I) -> BoxFuture<'c, Result<O>> + Send + Sync>;

/// An async function with typed input and output, for a context that lives as long as `'c`.
pub(super) trait ContextFunction<'c, I>: Send + Sync {
    type Output;

    fn call(&self, context: &'c ToolContext, input: I) -> BoxFuture<'c, Result<Self::Output>>;
}

impl<'c, F, I, O, C> ContextFunction<'c, I> for F
where
    F: Fn(&'c ToolContext, I) -> C + Send + Sync,
    C: Future<Output = Result<O>> + Send + 'c,
{
    type Output = O;

    fn call(&self, context: &'c ToolContext, input: I) -> BoxFuture<'c, Result<O>> {
        self(context, input).boxed()
    }
}

/// An async function from `I` to `O`, for any context.
pub(super) trait TypedFunction<I, O>:
    for<'c> ContextFunction<'c, I, Output = O> + 'static
{
}

impl<F, I, O> TypedFunction<I, O> for F where F: for<'c> ContextFunction<'c, I, Output = O> + 'static
{}

/// The arguments of a tool. Their doc comment is the tool's description, written for a model: what the tool does, when
/// to use it, and what it returns.
pub(super) trait Arguments: DeserializeOwned + JsonSchema {}

impl<T: DeserializeOwned + JsonSchema> Arguments for T {}

/// The answer of a tool.
pub(super) trait Answer: Serialize + JsonSchema + 'static {}

impl<T: Serialize + JsonSchema + 'static> Answer for T {}

impl Tool {
    /// A tool that only reads.
    pub(super) fn reads<A: Arguments, V: Answer>(
        name: &'static str,
        title: &'static str,
        read: impl TypedFunction<A, V>,
    ) -> Self {
        let hints = json!({
            "title": title,
            "readOnlyHint": true,
            "openWorldHint": false,
        });
        let read = function(move |context, arguments| {
            let answer = arguments_from(arguments).map(|arguments| read.call(context, arguments));
            async move { answer_json(&answer?.await?) }.boxed()
        });
        Self {
            definition: definition::<A, V>(name, hints),
            run: Run::Reads(read),
        }
    }

    /// A tool that adds something; a repetition adds it again.
    pub(super) fn adds<A: Arguments, K: IdKind + 'static, V: Answer>(
        name: &'static str,
        title: &'static str,
        write: impl TypedFunction<A, Id<K>>,
        show: impl TypedFunction<Id<K>, V>,
    ) -> Self {
        Self::writes(name, write_hints(title, false, false), write, show)
    }

    /// A tool that updates something; a repetition changes nothing more.
    pub(super) fn sets<A: Arguments, K: IdKind + 'static, V: Answer>(
        name: &'static str,
        title: &'static str,
        write: impl TypedFunction<A, Id<K>>,
        show: impl TypedFunction<Id<K>, V>,
    ) -> Self {
        Self::writes(name, write_hints(title, false, true), write, show)
    }

    /// A tool that removes something.
    pub(super) fn removes<A: Arguments, K: IdKind + 'static, V: Answer>(
        name: &'static str,
        title: &'static str,
        write: impl TypedFunction<A, Id<K>>,
        show: impl TypedFunction<Id<K>, V>,
    ) -> Self {
        Self::writes(name, write_hints(title, true, true), write, show)
    }

    /// A tool that changes something: `write` returns the id of the row, and `show` the answer.
    fn writes<A: Arguments, K: IdKind + 'static, V: Answer>(
        name: &'static str,
        hints: Value,
        write: impl TypedFunction<A, Id<K>>,
        show: impl TypedFunction<Id<K>, V>,
    ) -> Self {
        let write = function(move |context, arguments| {
            let id = arguments_from(arguments).map(|arguments| write.call(context, arguments));
            async move { Ok(id?.await?.uuid()) }.boxed()
        });
        let show = function(move |context, id| {
            let answer = show.call(context, Id::from_uuid(id));
            async move { answer_json(&answer.await?) }.boxed()
        });
        Self {
            definition: definition::<A, V>(name, hints),
            run: Run::Writes { write, show },
        }
    }
}

fn function<I, O>(
    function: impl for<'c> Fn(&'c ToolContext, I) -> BoxFuture<'c, Result<O>> + Send + Sync + 'static,
) -> Function<I, O> {
    Box::new(function)
}

fn write_hints(title: &str, destructive: bool, idempotent: bool) -> Value {
    json!({
        "title": title,
        "readOnlyHint": false,
        "destructiveHint": destructive,
        "idempotentHint": idempotent,
        "openWorldHint": false,
    })
}

fn definition<A: Arguments, V: Answer>(name: &str, hints: Value) -> ToolDefinition {
    let (description, input_schema) = schema::of_arguments::<A>();
    ToolDefinition {
        name: name.to_owned(),
        description,
        input_schema,
        output_schema: Some(schema::of_answer::<V>()),
        annotations: Some(hints),
        problem: None,
    }
}

/// Converts arguments that match the schema into the tool's own type. `BAD_USER_INPUT` with the path of the argument
/// when its type refuses it, e.g. the id of another kind.
fn arguments_from<A: DeserializeOwned>(mut arguments: Value) -> Result<A> {
    integers_as_integers(&mut arguments);
    serde_path_to_error::deserialize(arguments).map_err(|refused| {
        // serde does not keep the path of a field of a flattened struct
        let path = match refused.path().iter().next() {
            Some(_) => refused.path().to_string(),
            None => "arguments".to_owned(),
        };
        Error::bad_input(path, refused.into_inner().to_string())
    })
}

/// Writes each integer such as 20.0 as 20: an integer for a schema, but not for serde.
fn integers_as_integers(value: &mut Value) {
    match value {
        Value::Object(fields) => fields.values_mut().for_each(integers_as_integers),
        Value::Array(items) => items.iter_mut().for_each(integers_as_integers),
        Value::Number(number) => {
            let whole = number.as_f64().filter(|real| real.fract() == 0.0);
            if let Some(whole) = whole.filter(|_| number.is_f64())
                && let Ok(integer) = format!("{whole:.0}").parse::<i64>()
            {
                *value = integer.into();
            }
        }
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

/// The answer as JSON. An absent value is left out, never null, as [`schema::of_answer`] declares.
fn answer_json<V: Serialize>(answer: &V) -> Result<Value> {
    let mut answer = serde_json::to_value(answer).map_err(|cause| {
        Error::internal("serialise the answer of a built-in tool").with_source(cause)
    })?;
    drop_nulls(&mut answer);
    Ok(answer)
}

fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, field| !field.is_null());
            fields.values_mut().for_each(drop_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_nulls),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
