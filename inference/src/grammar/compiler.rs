//! Compiles a JSON Schema into the states of a grammar, from the end of the text to its beginning: each part is built with
//! the state that follows it.

use serde_json::{Map, Value};

use super::{Grammar, GrammarError, State};

/// The maximum number of states; a schema that needs more is refused before it takes memory or time.
const MOST_STATES: usize = 20_000;
/// The maximum number of states of a tool's arguments, which have more texts than the objects of this program.
const MOST_ARGUMENT_STATES: usize = 100_000;
/// The maximum depth of objects and arrays.
const DEEPEST: usize = 6;
/// The maximum length of a string without a limit of its own, in characters.
const LONGEST_STRING: usize = 128;
/// The maximum number of elements of an array without a limit of its own.
const LONGEST_ARRAY: usize = 8;
/// The maximum number of digits before the decimal point: every such integer is exact as a double.
const MOST_DIGITS: usize = 15;
/// The maximum number of digits after it.
const MOST_DECIMALS: usize = 6;

/// Keywords that say nothing about the texts, or only what a closed object has anyway.
const ANNOTATIONS: [&str; 10] = [
    "$id",
    "$schema",
    "additionalProperties",
    "default",
    "deprecated",
    "description",
    "examples",
    "readOnly",
    "title",
    "writeOnly",
];

/// Keywords that restrict values beyond what a grammar expresses: arguments of tools are checked against them afterwards.
const CHECKED_LATER: [&str; 8] = [
    "exclusiveMaximum",
    "exclusiveMinimum",
    "format",
    "maximum",
    "minimum",
    "multipleOf",
    "pattern",
    "uniqueItems",
];

/// The second and later bytes of a character.
const REST: (u8, u8) = (0x80, 0xBF);
/// The characters of more than one byte, as ranges of their bytes.
const LONG_CHARACTERS: [&[(u8, u8)]; 8] = [
    &[(0xC2, 0xDF), REST],
    &[(0xE0, 0xE0), (0xA0, 0xBF), REST],
    &[(0xE1, 0xEC), REST, REST],
    &[(0xED, 0xED), (0x80, 0x9F), REST],
    &[(0xEE, 0xEF), REST, REST],
    &[(0xF0, 0xF0), (0x90, 0xBF), REST, REST],
    &[(0xF1, 0xF3), REST, REST, REST],
    &[(0xF4, 0xF4), (0x80, 0x8F), REST, REST],
];

/// The states so far.
pub(super) struct Compiler {
    states: Vec<State>,
    dialect: Dialect,
}

/// What the texts of a grammar are for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// Every text is compact JSON, and valid by the schema.
    Exact,
    /// The arguments of a tool, with blanks as models are trained to write them. Their structure is valid by the schema;
    /// [`CHECKED_LATER`] is not looked at.
    Arguments,
}

/// A schema with its place.
#[derive(Clone, Copy)]
struct Part<'a> {
    schema: &'a Map<String, Value>,
    path: &'a str,
    depth: usize,
}

impl Compiler {
    pub(super) fn new(dialect: Dialect) -> Self {
        Self {
            states: vec![State::End],
            dialect,
        }
    }

    /// The texts of a schema between two literal texts.
    pub(super) fn compile(
        mut self,
        before: &str,
        schema: &Value,
        after: &str,
    ) -> Result<Grammar, GrammarError> {
        let after = self.text(after, 0)?;
        let value = self.value(schema, "", 0, after)?;
        let start = self.text(before, value)?;
        Ok(self.grammar(start))
    }

    /// Some literal texts.
    pub(super) fn compile_texts(mut self, texts: &[String]) -> Result<Grammar, GrammarError> {
        let starts = texts.iter().map(|text| self.text(text, 0));
        let starts = starts.collect::<Result<_, _>>()?;
        let start = self.either(starts)?;
        Ok(self.grammar(start))
    }

    fn grammar(self, start: u32) -> Grammar {
        Grammar {
            states: self.states.into(),
            start,
        }
    }

    /// The texts of a schema, followed by `next`.
    fn value(
        &mut self,
        schema: &Value,
        path: &str,
        depth: usize,
        next: u32,
    ) -> Result<u32, GrammarError> {
        let Value::Object(schema) = schema else {
            return Err(unsupported(path, "a schema that is no object"));
        };
        let part = Part {
            schema,
            path,
            depth,
        };
        if let Some(allowed) = part.get("const") {
            return self.text(&allowed.to_string(), next);
        }
        if let Some(allowed) = part.get("enum") {
            return self.any_of_texts(allowed, path, next);
        }
        if self.dialect == Dialect::Arguments
            && let Some(alternatives) = part.get("anyOf")
        {
            return self.any_of_schemas(alternatives, part, next);
        }
        let types = match part.get("type") {
            Some(Value::String(one)) => vec![one.as_str()],
            Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
            _ => return Err(unsupported(path, "a schema without a type")),
        };
        part.check(&types, self.dialect)?;
        let mut starts = Vec::with_capacity(types.len());
        for kind in types {
            starts.push(self.of_type(kind, part, next)?);
        }
        if starts.is_empty() {
            return Err(unsupported(path, "an empty list of types"));
        }
        self.either(starts)
    }

    /// The texts of one type.
    fn of_type(&mut self, kind: &str, part: Part<'_>, next: u32) -> Result<u32, GrammarError> {
        match kind {
            "object" => self.object(part, next),
            "array" => self.array(part, next),
            "string" => self.string(part, next),
            "integer" => self.integer(next),
            "number" => self.number(next),
            "boolean" => {
                let both = vec![self.text("true", next)?, self.text("false", next)?];
                self.either(both)
            }
            "null" => self.text("null", next),
            other => Err(unsupported(part.path, &format!("the type {other}"))),
        }
    }

    fn any_of_texts(
        &mut self,
        allowed: &Value,
        path: &str,
        next: u32,
    ) -> Result<u32, GrammarError> {
        let Value::Array(allowed) = allowed else {
            return Err(unsupported(path, "an enum that is no list"));
        };
        if allowed.is_empty() {
            return Err(unsupported(path, "an empty enum"));
        }
        let mut starts = Vec::with_capacity(allowed.len());
        for one in allowed {
            starts.push(self.text(&one.to_string(), next)?);
        }
        self.either(starts)
    }

    /// The texts of each of some schemas.
    fn any_of_schemas(
        &mut self,
        alternatives: &Value,
        part: Part<'_>,
        next: u32,
    ) -> Result<u32, GrammarError> {
        let Value::Array(alternatives) = alternatives else {
            return Err(unsupported(part.path, "an anyOf that is no list"));
        };
        let mut others = part.schema.keys().filter(|keyword| *keyword != "anyOf");
        if let Some(other) = others.find(|keyword| !ANNOTATIONS.contains(&keyword.as_str())) {
            let what = format!("the keyword {other} beside anyOf");
            return Err(unsupported(part.path, &what));
        }
        if alternatives.is_empty() || part.depth >= DEEPEST {
            return Err(unsupported(part.path, "an anyOf of this kind"));
        }
        let path = join(part.path, "anyOf");
        let mut starts = Vec::with_capacity(alternatives.len());
        for one in alternatives {
            starts.push(self.value(one, &path, part.depth + 1, next)?);
        }
        self.either(starts)
    }

    /// An object: required properties always, the others or not, all in the order of the schema.
    fn object(&mut self, part: Part<'_>, next: u32) -> Result<u32, GrammarError> {
        let nothing = Map::new();
        let properties = match part.get("properties") {
            Some(Value::Object(properties)) => properties,
            None => &nothing,
            Some(_) => return Err(unsupported(part.path, "properties that are no object")),
        };
        let required: Vec<&str> = match part.get("required") {
            Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        if let Some(unknown) = required
            .iter()
            .find(|name| !properties.contains_key(**name))
        {
            let what = format!("the required property {unknown} without a schema");
            return Err(unsupported(part.path, &what));
        }
        if part.depth >= DEEPEST {
            return Err(unsupported(part.path, "a value that is nested so deeply"));
        }
        let close = self.byte(b'}', next)?;
        // before the first property that is written, and after it
        let (mut first, mut later) = (close, close);
        for (name, schema) in properties.iter().rev() {
            let path = join(part.path, &format!("properties.{name}"));
            let value = self.value(schema, &path, part.depth + 1, later)?;
            let key = Value::String(name.clone()).to_string();
            let blank = self.blank();
            let member = self.text(&format!("{key}:{blank}"), value)?;
            let with_comma = self.text(&format!(",{blank}"), member)?;
            if required.contains(&name.as_str()) {
                (first, later) = (member, with_comma);
            } else {
                first = self.either(vec![member, first])?;
                later = self.either(vec![with_comma, later])?;
            }
        }
        self.byte(b'{', first)
    }

    fn array(&mut self, part: Part<'_>, next: u32) -> Result<u32, GrammarError> {
        let Some(items) = part.get("items") else {
            return Err(unsupported(part.path, "an array without items"));
        };
        if part.depth >= DEEPEST {
            return Err(unsupported(part.path, "a value that is nested so deeply"));
        }
        let (fewest, most) = part.bounds("minItems", "maxItems", LONGEST_ARRAY)?;
        let path = join(part.path, "items");
        let close = self.byte(b']', next)?;
        let mut after = close;
        for number in (0..most).rev() {
            // `after` follows the element with this number
            let element = self.value(items, &path, part.depth + 1, after)?;
            let element = if number == 0 {
                element
            } else {
                self.text(&format!(",{}", self.blank()), element)?
            };
            after = if number < fewest {
                element
            } else {
                self.either(vec![element, close])?
            };
        }
        self.byte(b'[', after)
    }

    fn string(&mut self, part: Part<'_>, next: u32) -> Result<u32, GrammarError> {
        let (fewest, most) = part.bounds("minLength", "maxLength", LONGEST_STRING)?;
        let close = self.byte(b'"', next)?;
        let mut after = close;
        for number in (0..most).rev() {
            let character = self.character(after)?;
            after = if number < fewest {
                character
            } else {
                self.either(vec![character, close])?
            };
        }
        self.byte(b'"', after)
    }

    /// One character of a string.
    fn character(&mut self, next: u32) -> Result<u32, GrammarError> {
        let mut starts = Vec::new();
        for (low, high) in [(b' ', b'!'), (b'#', b'['), (b']', b'~')] {
            starts.push(self.range(low, high, next)?);
        }
        let mut escaped = Vec::new();
        for letter in *b"\"\\nt" {
            escaped.push(self.byte(letter, next)?);
        }
        let escaped = self.either(escaped)?;
        starts.push(self.byte(b'\\', escaped)?);
        for bytes in LONG_CHARACTERS {
            let mut state = next;
            for (low, high) in bytes.iter().rev() {
                state = self.range(*low, *high, state)?;
            }
            starts.push(state);
        }
        self.either(starts)
    }

    fn integer(&mut self, next: u32) -> Result<u32, GrammarError> {
        let mut more = next;
        for _ in 1..MOST_DIGITS {
            let digit = self.range(b'0', b'9', more)?;
            more = self.either(vec![digit, next])?;
        }
        let positive = self.range(b'1', b'9', more)?;
        let negative = self.byte(b'-', positive)?;
        let zero = self.byte(b'0', next)?;
        self.either(vec![zero, positive, negative])
    }

    fn number(&mut self, next: u32) -> Result<u32, GrammarError> {
        let mut more = next;
        for _ in 1..MOST_DECIMALS {
            let digit = self.range(b'0', b'9', more)?;
            more = self.either(vec![digit, next])?;
        }
        let digit = self.range(b'0', b'9', more)?;
        let fraction = self.byte(b'.', digit)?;
        let end = self.either(vec![fraction, next])?;
        self.integer(end)
    }

    /// What follows a comma or a colon.
    fn blank(&self) -> &'static str {
        match self.dialect {
            Dialect::Exact => "",
            Dialect::Arguments => " ",
        }
    }

    /// A literal text.
    fn text(&mut self, text: &str, next: u32) -> Result<u32, GrammarError> {
        let bytes = text.bytes().rev();
        bytes
            .into_iter()
            .try_fold(next, |next, byte| self.byte(byte, next))
    }

    fn byte(&mut self, byte: u8, next: u32) -> Result<u32, GrammarError> {
        self.range(byte, byte, next)
    }

    fn range(&mut self, low: u8, high: u8, next: u32) -> Result<u32, GrammarError> {
        self.push(State::Byte { low, high, next })
    }

    fn either(&mut self, states: Vec<u32>) -> Result<u32, GrammarError> {
        match states.as_slice() {
            [only] => Ok(*only),
            _ => self.push(State::Either(states.into())),
        }
    }

    fn push(&mut self, state: State) -> Result<u32, GrammarError> {
        let most = match self.dialect {
            Dialect::Exact => MOST_STATES,
            Dialect::Arguments => MOST_ARGUMENT_STATES,
        };
        if self.states.len() >= most {
            return Err(GrammarError::TooLarge);
        }
        self.states.push(state);
        u32::try_from(self.states.len() - 1).map_err(|_| GrammarError::TooLarge)
    }
}

impl<'a> Part<'a> {
    /// The value of a keyword.
    fn get(&self, keyword: &str) -> Option<&'a Value> {
        self.schema.get(keyword)
    }

    /// Refuses keywords that would restrict the texts in a way that is not known here.
    fn check(&self, types: &[&str], dialect: Dialect) -> Result<(), GrammarError> {
        let known = |keyword: &str| match keyword {
            "type" => true,
            "properties" | "required" => types.contains(&"object"),
            "items" | "minItems" | "maxItems" => types.contains(&"array"),
            "minLength" | "maxLength" => types.contains(&"string"),
            _ if CHECKED_LATER.contains(&keyword) => dialect == Dialect::Arguments,
            _ => ANNOTATIONS.contains(&keyword),
        };
        match self.schema.keys().find(|keyword| !known(keyword)) {
            Some(keyword) => Err(unsupported(self.path, &format!("the keyword {keyword}"))),
            None => Ok(()),
        }
    }

    /// The bounds of a length; an upper one above `most` is lowered to it.
    fn bounds(
        &self,
        lower: &str,
        upper: &str,
        most: usize,
    ) -> Result<(usize, usize), GrammarError> {
        let number = |keyword: &str| {
            let value = self.get(keyword).and_then(Value::as_u64);
            value.map(|value| usize::try_from(value).unwrap_or(usize::MAX))
        };
        let fewest = number(lower).unwrap_or(0);
        let most = number(upper).unwrap_or(most).min(most);
        if fewest > most {
            return Err(unsupported(self.path, &format!("{lower} {fewest}")));
        }
        Ok((fewest, most))
    }
}

fn join(path: &str, step: &str) -> String {
    if path.is_empty() {
        step.to_owned()
    } else {
        format!("{path}.{step}")
    }
}

fn unsupported(path: &str, what: &str) -> GrammarError {
    GrammarError::Unsupported {
        path: path.to_owned(),
        what: what.to_owned(),
    }
}
