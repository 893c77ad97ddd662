//! `POST /documents`: one document of an agent, as a form or as the bytes of the file.

use std::pin::pin;

use axum::{
    Json,
    body::Body,
    extract::{Extension, Query, Request, State},
    http::{StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use futures::StreamExt;
use serde_json::{Value, json};

use super::{
    super::{HttpState, refusal::Refusal, reply},
    admit,
    form::Form,
    incoming::incoming,
    is_form,
};
use crate::{
    domain::{Actor, AgentId, Document, RequestId},
    service::{DocumentInput, UploadedFile},
};

/// The maximum size of a form's text in bytes.
const LARGEST_TEXT: usize = 8 * 1024;

/// The fields of a document beside its content.
#[derive(Default)]
struct Fields {
    agent: Option<String>,
    title: Option<String>,
    source: Option<String>,
    media_type: Option<String>,
}

/// Handles `POST /documents`. The reply has the document, which is processed in the background.
pub(in crate::http) async fn ingest(
    State(state): State<HttpState>,
    Extension(request_id): Extension<RequestId>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let caller = reply::HttpCaller::of(&state, &parts, request_id);
    let taken = async {
        let _slot = admit(&state, caller.actor(), &parts.headers).await?;
        let actor = caller
            .actor()
            .ok_or_else(|| Refusal::internal(&request_id))?;
        let (fields, file) = if is_form(&parts.headers) {
            from_form(&state, &parts, body).await?
        } else {
            from_body(&state, &parts, body).await?
        };
        let input = fields.input(file)?;
        take(&state, actor, input, &request_id).await
    };
    match taken.await {
        Ok(document) => {
            let body = Json(json!({"document": shown(&document)}));
            (StatusCode::ACCEPTED, body).into_response()
        }
        Err(refusal) => refusal.into_response(),
    }
}

/// Stores the document. This completes even if the caller disconnects.
async fn take(
    state: &HttpState,
    actor: &Actor,
    input: DocumentInput,
    request_id: &RequestId,
) -> Result<Document, Refusal> {
    let documents = state.services().documents.clone();
    let actor = actor.clone();
    let taken = state
        .tasks()
        .spawn(async move { documents.ingest(&actor, input).await });
    match taken.await {
        Ok(Ok(document)) => Ok(document),
        Ok(Err(error)) => Err(Refusal::of(error, request_id, state.failures())),
        Err(_) => Err(Refusal::internal(request_id)),
    }
}

/// The document as the reply shows it, with the names of the API.
fn shown(document: &Document) -> Value {
    json!({
        "id": document.id.to_string(),
        "title": document.title,
        "source": document.source,
        "mediaType": document.media_type.map(|known| known.media_type.name()),
        "status": document.status,
        "createdAt": document.created_at,
    })
}

impl Fields {
    fn set(&mut self, name: &str, text: String) {
        let field = match name {
            "agentId" => &mut self.agent,
            "title" => &mut self.title,
            "source" => &mut self.source,
            "mediaType" => &mut self.media_type,
            _ => return,
        };
        *field = Some(text);
    }

    fn input(self, file: UploadedFile) -> Result<DocumentInput, Refusal> {
        let agent = self.agent.unwrap_or_default();
        let agent = AgentId::parse("agentId", &agent)?;
        let title = self.title.or_else(|| file.name.clone());
        let title = title.ok_or_else(|| {
            Refusal::input(
                "title",
                "is missing, and the file has no name to take instead",
            )
        })?;
        Ok(DocumentInput {
            agent,
            title,
            source: self.source,
            media_type: self.media_type,
            text: None,
            url: None,
            content_base64: None,
            file: Some(file),
        })
    }
}

/// The fields and the file of a form; the file is the part `file`.
async fn from_form(
    state: &HttpState,
    parts: &Parts,
    body: Body,
) -> Result<(Fields, UploadedFile), Refusal> {
    let mut form = Form::begin(state, parts, body)?;
    let (mut fields, mut file) = (Fields::default(), None);
    while let Some(part) = form.next().await? {
        let name = part.name().unwrap_or_default().to_owned();
        if name == "file" {
            if file.is_some() {
                return Err(Refusal::malformed(
                    "the form has two parts \"file\"; send each file in a request of its own",
                ));
            }
            file = Some(form.file(part).await?);
        } else {
            let text = Form::text(part, LARGEST_TEXT).await?;
            fields.set(&name, text);
        }
    }
    let file = file.ok_or_else(|| Refusal::malformed("the form has no part \"file\""))?;
    Ok((fields, file))
}

/// The fields of the query string, and the body as the file.
async fn from_body(
    state: &HttpState,
    parts: &Parts,
    body: Body,
) -> Result<(Fields, UploadedFile), Refusal> {
    let mut fields = Fields::default();
    let mut file_name = None;
    let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri)
        .map_err(|_| Refusal::malformed("the query string is not URL-encoded UTF-8"))?;
    for (name, text) in pairs {
        if name == "name" {
            file_name = Some(text);
        } else {
            fields.set(&name, text);
        }
    }
    let mut chunks = pin!(incoming(state, parts, body, state.uploads().largest)?);
    let mut content = Vec::new();
    while let Some(chunk) = chunks.next().await {
        content.extend_from_slice(&chunk?);
    }
    let media_type = parts.headers.get(header::CONTENT_TYPE);
    let media_type = media_type.and_then(|value| value.to_str().ok());
    let file = UploadedFile {
        name: file_name,
        media_type: media_type.map(str::to_owned),
        content: content.into(),
    };
    Ok((fields, file))
}
