//! Files in the variables of a request.

use async_graphql::{
    InputValueError, InputValueResult, Name, Scalar, ScalarType, Value, indexmap::IndexMap,
};

use crate::service::UploadedFile;

/// The members of the value that stands for a file. The content is a binary value, which no JSON and no document can contain: a
/// request cannot make up a file.
const NAME: &str = "name";
const MEDIA_TYPE: &str = "mediaType";
const CONTENT: &str = "content";

/// A file of a form, see <https://github.com/jaydenseric/graphql-multipart-request-spec>: null in `operations`, and named by
/// `map`.
pub(crate) struct Upload(pub(super) UploadedFile);

impl Upload {
    /// The value of a variable that is a file.
    pub(crate) fn value(file: UploadedFile) -> Value {
        let UploadedFile {
            name,
            media_type,
            content,
        } = file;
        let text = |text: Option<String>| text.map_or(Value::Null, Value::String);
        Value::Object(IndexMap::from_iter([
            (Name::new(NAME), text(name)),
            (Name::new(MEDIA_TYPE), text(media_type)),
            (Name::new(CONTENT), Value::Binary(content)),
        ]))
    }
}

/// A file of a form, by the [multipart request specification](https://github.com/jaydenseric/graphql-multipart-request-spec).
#[Scalar]
impl ScalarType for Upload {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::Object(mut members) = value else {
            return Err(not_a_file());
        };
        let Some(Value::Binary(content)) = members.swap_remove(CONTENT) else {
            return Err(not_a_file());
        };
        let mut text = |name| match members.swap_remove(name) {
            Some(Value::String(text)) => Some(text),
            _ => None,
        };
        Ok(Self(UploadedFile {
            name: text(NAME),
            media_type: text(MEDIA_TYPE),
            content,
        }))
    }

    fn to_value(&self) -> Value {
        Value::Null
    }
}

fn not_a_file() -> InputValueError<Upload> {
    InputValueError::custom("expected a file: send the request as multipart/form-data")
}
