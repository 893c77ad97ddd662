//! No tuple parameters: what belongs together has a name.

use super::{
    check,
    source::{Source, Token, product},
};

#[test]
fn a_function_takes_no_tuple() {
    let mut faults = Vec::new();
    for source in product() {
        let tokens = &source.tokens;
        for at in 0..tokens.len() {
            // the parameter of `From` is the type that it converts
            let is_function =
                tokens[at].is("fn") && !tokens.get(at + 1).is_some_and(|name| name.is("from"));
            if is_function && takes_tuple(&tokens[at + 1..]) {
                let (line, name) = (tokens[at].line, &tokens[at + 1].text);
                faults.push(format!(
                    "src/{}:{line}: `{name}` takes a tuple",
                    source.path
                ));
            }
        }
    }
    check(&faults);
}

/// Whether the function whose name and parameters these tokens begin has a parameter that is a tuple.
fn takes_tuple(tokens: &[Token]) -> bool {
    let Some(parameters) = parameters(tokens) else {
        return false;
    };
    let mut depth = 0_i32;
    for (at, token) in parameters.iter().enumerate() {
        let is_at = |back: usize, text: &str| {
            at.checked_sub(back)
                .is_some_and(|at| parameters[at].is(text))
        };
        let begins_pattern = at == 0 || is_at(1, ",");
        let begins_type = is_at(1, ":") && !is_at(2, ":");
        let begins_reference = is_at(1, "&") && is_at(2, ":");
        if depth == 0 && token.is("(") && (begins_pattern || begins_type || begins_reference) {
            let inside = parameters.get(at + 1);
            let is_other = |text: &str| inside.is_some_and(|token| token.is(text));
            if !is_other(")") && !is_other("dyn") && !is_other("impl") {
                return true;
            }
        }
        match token.text.as_str() {
            "(" | "[" | "{" | "<" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            // not the arrow of a function type
            ">" if !is_at(1, "-") => depth -= 1,
            _ => {}
        }
    }
    false
}

/// The tokens between the parentheses of a function.
fn parameters(tokens: &[Token]) -> Option<&[Token]> {
    let mut angles = 0_i32;
    let open = tokens.iter().enumerate().position(|(at, token)| {
        let is_arrow = at > 0 && tokens[at - 1].is("-");
        angles += i32::from(token.is("<"));
        angles -= i32::from(token.is(">") && !is_arrow);
        angles == 0 && token.is("(")
    })?;
    let mut depth = 0_i32;
    let length = tokens[open..].iter().position(|token| {
        depth += i32::from(token.is("("));
        depth -= i32::from(token.is(")"));
        depth == 0
    })?;
    tokens.get(open + 1..open + length)
}

#[test]
fn the_reader_of_parameters_finds_tuples_only() {
    let takes = |text: &str| takes_tuple(&Source::read("a.rs".to_owned(), text).tokens);
    assert!(takes("one((a, b): (u8, u8)) {}"));
    assert!(takes("one(&self, both: &(u8, u8)) {}"));
    assert!(takes("one<T: Fn() -> u8>(all: (T, T)) {}"));
    for text in [
        "one(a: u8, b: Vec<(u8, u8)>) {}",
        "one(nothing: ()) {}",
        "one(cause: &(dyn Error + Send)) {}",
        "one(&self, act: impl Fn((u8, u8)) -> (u8, u8)) -> (u8, u8) {}",
    ] {
        assert!(!takes(text), "{text}");
    }
}
